//! `gantry unregister`.

use anyhow::Result;
use serde::Serialize;

use super::ui::Ui;
use crate::app::App;
use crate::project::{Departure, plan_departure, select_registered, unregister};

/// Forget a project: its hostname, and the ports of its directory
///
/// Takes its containers and networks along; volumes are data, and stay. Asks on a terminal. A project that runs is left
/// alone, unless forced.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The project; by default the one of the current directory
    hostname: Option<String>,
    /// Keep what the directory's contexts have booked
    #[arg(long)]
    keep_ports: bool,
    /// Only print what would be given up
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Stop it first where it runs; does not ask
    #[arg(short, long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry unregister shop
  gantry unregister shop --keep-ports --yes

Exit status: 1 where it runs, 3 where there is no such project.";
