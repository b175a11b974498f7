//! `gantry release`.

use anyhow::Result;

use super::failure::NotFound;
use super::ui::Ui;
use crate::app::App;
use crate::registry::{Allocation, ContextRow};
use crate::remap;
use crate::resolve::{give_back, has_fixed_names, known};
use crate::sys::{env, files};

/// Give a service's port back
///
/// Asks on a terminal before --all. A shell that has the variables already keeps them until it reloads.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub struct Args {
    /// The service's name; SERVICE:CONTAINER_PORT for one port of several
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    service: Option<String>,
    /// Give back every port of this context
    #[arg(long)]
    all: bool,
    /// Only print what would be given back
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long, visible_short_alias = 'f', visible_alias = "force")]
    yes: bool,
}

const USAGE: &str = "gantry release [OPTIONS] <SERVICE>\n       gantry release [OPTIONS] --all";

const EXAMPLES: &str = "\
Examples:
  gantry release mailpit
  gantry release --all -n

Exit status: 3 where no port is booked for it.";

/// Plans, asks where it is more than was named, gives back.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let (context, rows) = plan(app, args.service.as_deref())?;
    let tell = |verb: &str| {
        for row in &rows {
            ui.note(&format!("{verb} {}: {} ({})", context.label, row.service, row.port));
        }
    };
    let is_asked = args.all && !args.yes && ui.can_ask();
    if args.dry_run || is_asked {
        tell("would give back");
    }
    if args.dry_run {
        return Ok(());
    }
    let question = format!("Give back {} ports of {}?", rows.len(), context.label);
    if is_asked && !ui.confirm(&question)? {
        ui.note("nothing was given back");
        return Ok(());
    }
    give_back(app, &context, &rows, args.all)?;
    if args.all {
        remap::remove(&context.hash)?;
    }
    tell("gave back");
    if env::var("GANTRY_CONTEXT").as_deref() == Some(context.hash.as_str()) {
        ui.note("this shell still has the variables; `direnv reload`, or leave the directory and come back");
    }
    Ok(())
}

/// Whether the allocation goes by `SERVICE` or `SERVICE:CONTAINER_PORT`.
fn is_called(row: &Allocation, name: &str) -> bool {
    let service = row.service.as_str();
    name == service || row.container_port.is_some_and(|port| *name == format!("{service}:{port}"))
}

fn plan(app: &mut App, service: Option<&str>) -> Result<(ContextRow, Vec<Allocation>)> {
    let held = known(app)?.and_then(|(claim, rows)| Some((claim.into_row()?, rows)));
    let is_wanted = |row: &Allocation| service.is_none_or(|service| is_called(row, service));
    let wanted = held.map(|(held, rows)| (held, rows.into_iter().filter(is_wanted).collect::<Vec<_>>()));
    match wanted {
        // A context without ports may still hold a container's name, and the override that takes it away.
        Some((held, rows)) if !rows.is_empty() || service.is_none() && has_more(app, &held)? => Ok((held, rows)),
        _ => {
            let what = service.map_or_else(|| "anything".to_owned(), |name| format!("`{}`", name.escape_debug()));
            let message = format!("no port is booked for {what} in {}", app.context()?.label);
            Err(NotFound { message, hint: "`gantry status` lists what is booked".to_owned() }.into())
        }
    }
}

/// Whether the context holds something beside its ports.
fn has_more(app: &mut App, held: &ContextRow) -> Result<bool> {
    Ok(has_fixed_names(app, held)? || files::exists(&remap::override_path(&held.hash)?))
}
