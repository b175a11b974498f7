//! `gantry stop`.

use anyhow::Result;

use super::progress::Progress;
use super::target::{StopArgs, Target, select_or_gone};
use super::ui::Ui;
use crate::app::App;
use crate::lifecycle;
use crate::sys::signals::Interrupts;

/// Stop a project's containers; ports, containers and data stay
///
/// Each is asked to end, and killed where it has not after the time given. Works without the compose file too: the
/// engine knows the containers.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    stop: StopArgs,
}

const EXAMPLES: &str = "\
Examples:
  gantry stop
  gantry stop shop --timeout 5";

/// Stops what runs.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let selected = select_or_gone(app, args.target.hostname.as_deref())?;
    let options = args.stop.options(args.target.engine.engine);
    let interrupts = Interrupts::listen()?;
    let mut progress = Progress::new(ui);
    let stopped = lifecycle::stop(app, &selected, options, &mut |event| progress.tell(event), &interrupts)?;
    drop(progress);
    if let Some(silent) = stopped.as_ref().and_then(|stage| stage.silent.as_ref()) {
        ui.warn(&format!("{silent}; whether it runs anything, nobody knows"));
    }
    ui.note(&match stopped {
        Some(stage) if stage.is_stopped => format!("stopped {}", selected.name),
        _ => format!("nothing of {} runs", selected.name),
    });
    Ok(())
}
