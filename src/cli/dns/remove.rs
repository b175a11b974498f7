//! `gantry dns remove`.

use anyhow::Result;
use serde::Serialize;

use super::needs_yes;
use crate::app::App;
use crate::cli::ui::Ui;
use crate::dns::{self, DnsError, Method, Privilege, Record};
use crate::model::Tld;
use crate::sys::signals::Interrupts;

/// Take back what `gantry dns setup` has changed, byte for byte
///
/// Files and directories that were not there before go away; gantry's dnsmasq ends.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only print the commands, as a script
    #[arg(long, conflicts_with = "json")]
    print: bool,
    /// Do not ask, not even where a file was edited since
    #[arg(short, long)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry dns remove --print
  gantry dns remove --yes";

#[derive(Serialize)]
struct Answer {
    changed: bool,
    method: Option<Method>,
    tld: Option<Tld>,
}

/// Shows, asks, takes back.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let Some(record) = Record::load()? else {
        if args.json {
            return ui.json(&Answer { changed: false, method: None, tld: None });
        }
        ui.note("nothing is set up");
        return Ok(());
    };
    if args.print {
        let edited = record.edited();
        if !edited.is_empty() && !args.yes {
            return Err(DnsError::Edited { files: edited }.into());
        }
        return ui.data(dns::script_of_removal(&record, dns::privilege(true)).as_bytes());
    }
    let privilege = dns::privilege(ui.can_ask());
    let interrupts = Interrupts::listen()?;
    if !args.yes && !is_agreed(ui, &record, privilege, &interrupts)? {
        ui.note("nothing was changed");
        return Ok(());
    }
    dns::remove(app, &record, privilege, &mut |step| ui.note(step), &interrupts)?;
    if args.json {
        return ui.json(&Answer { changed: true, method: Some(record.method), tld: Some(record.tld) });
    }
    match record.method {
        Method::Localhost => ui.note("removed; names of projects end in .test again, or what stood before"),
        _ => ui.note(&format!("removed; names under .{} are not resolved to this machine any more", record.tld)),
    }
    Ok(())
}

fn is_agreed(ui: &Ui, record: &Record, privilege: Privilege, interrupts: &Interrupts) -> Result<bool> {
    let order = record.in_order_of_removal();
    let edited = record.edited();
    if !edited.is_empty() && !ui.can_ask() {
        return Err(DnsError::Edited { files: edited }.into());
    }
    for change in &order {
        ui.note(&format!("will {}:", change.undo_summary()));
        change.undo_commands().iter().for_each(|command| ui.note(&format!("    $ {}", command.shown(privilege))));
    }
    for file in edited {
        ui.warn(&format!("{} was changed since gantry wrote it", file.display()));
    }
    if !order.is_empty() && !ui.can_ask() {
        return Err(needs_yes("gantry dns remove"));
    }
    Ok(order.is_empty() || interrupts.while_asking(|| ui.confirm("Take all of it back?"))?)
}
