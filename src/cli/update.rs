//! `gantry update`.

use anyhow::Result;
use serde::Serialize;

use super::ui::Ui;
use crate::app::App;
use crate::model::ScannedPort;
use crate::project::{Difference, Update, apply_update, plan_update, select_registered};

/// Look at a project's files again and take over what has changed
///
/// Books what is new and gives back what services held that are gone. The hostname, the HTTP port and the time of
/// registration stay. Asks on a terminal.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The project; by default the one of the current directory
    hostname: Option<String>,
    /// Only print what has changed
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long, visible_short_alias = 'f', visible_alias = "force")]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry update -n
  gantry update shop --yes

Exit status: 3 where there is no such project, or its directory is gone.";
