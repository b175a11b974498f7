//! `gantry dns status`.

use anyhow::Result;
use serde::Serialize;

use super::table;
use crate::app::App;
use crate::cli::failure::{FAILED, Silent};
use crate::cli::ui::Ui;
use crate::dns::{self, Report};

/// Show how names are resolved here, layer by layer
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry dns status
  gantry dns status --json | jq -r '.layers[] | select(.state == \"bad\") | .mend'

Exit status: 1 where something that is set up does not work.";

#[derive(Serialize)]
struct Answer {
    ok: bool,
    #[serde(flatten)]
    report: Report,
}

/// Looks, and says whether all is well.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let report = dns::state(app)?;
    let ok = report.is_ok();
    if args.json {
        ui.json(&Answer { ok, report })?;
    } else {
        table(ui, &report.layers)?;
    }
    if ok { Ok(()) } else { Err(Silent(FAILED).into()) }
}
