//! `gantry override`.

use anyhow::Result;
use serde::Serialize;

use super::failure::NotFound;
use super::ui::Ui;
use crate::app::App;
use crate::config::Remap;
use crate::model::ContextHash;
use crate::remap;
use crate::resolve::{Slot, booked_already, discover};

/// Print the override that publishes this context's ports, and why each line of it is there
///
/// An override is made where the compose file as it stands would publish other ports, or use a name that another
/// checkout uses. COMPOSE_FILE then lists it behind the project's own files, which are never touched.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Print the file as Compose reads it; the default
    #[arg(long)]
    show: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry override
  docker compose config          # with the context's variables: what Compose makes of it";

#[derive(Serialize)]
struct Answer {
    context: ContextHash,
    /// `null` where the files publish what the context has.
    path: Option<String>,
    document: Option<String>,
}

/// Says what `export --auto` would write now; writes no override itself.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let discovery = discover(app)?;
    let Some(booked) = booked_already(app, &discovery)? else {
        let message = "nothing is booked here yet".to_owned();
        return Err(NotFound {
            message,
            hint: "`gantry export --auto` books what the compose file publishes".to_owned(),
        }
        .into());
    };
    let changes = remap::changes(&discovery, &booked);
    let hash = booked.held.hash.clone();
    let path = remap::override_path(&hash)?.display().to_string();
    let document = (!changes.is_empty()).then(|| remap::document(&booked.held, &changes));
    if args.json {
        let path = document.is_some().then_some(path);
        return ui.json(&Answer { context: hash, path, document });
    }
    let is_booked =
        |slot: &Slot| booked.allocations.iter().any(|row| row.variable.as_deref() == Some(slot.variable.as_str()));
    let missing = discovery.slots.iter().filter(|slot| !is_booked(slot)).count();
    if missing > 0 {
        ui.note(&format!("{missing} of the file's ports are not booked yet; `gantry export --auto` books them"));
    }
    match document {
        Some(_) if app.config()?.remap == Remap::Never => {
            ui.note("no override: gantry.yml says `remap: never`");
            Ok(())
        }
        Some(document) => {
            ui.note(&format!("`gantry export --auto` keeps it in {path}"));
            ui.data(document.as_bytes())
        }
        None if discovery.files.is_empty() => {
            ui.note("no override: there is no compose file here");
            Ok(())
        }
        None if missing > 0 => Ok(()),
        None => {
            ui.note("no override: the compose file publishes the ports that this context has");
            Ok(())
        }
    }
}
