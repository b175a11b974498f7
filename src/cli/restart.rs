//! `gantry restart`.

use std::time::Duration;

use anyhow::Result;

use super::news;
use super::progress::Progress;
use super::ps;
use super::target::{StopArgs, Target};
use super::ui::Ui;
use crate::app::App;
use crate::lifecycle::{self, Event, StartOptions};
use crate::sys::signals::Interrupts;

/// Stop a project and start it again, as its files are now
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    stop: StopArgs,
    /// Build the images first
    #[arg(long)]
    build: bool,
    /// Go on where ports are taken
    #[arg(short, long)]
    force: bool,
    /// Print the containers as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry restart
  gantry restart shop --build";

/// Seconds to wait for it to come up at least.
const PATIENCE: u64 = 120;

/// Stops, then starts.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let selected = args.target.select(app)?;
    let (engine, hooks) = (args.target.engine.engine, !args.stop.no_hooks);
    let wait = Some(Duration::from_secs(PATIENCE.max(args.stop.timeout.into())));
    let start = StartOptions { force: args.force, pull: false, build: args.build, wait, hooks, engine };
    let interrupts = Interrupts::listen()?;
    let mut progress = Progress::new(ui);
    let mut tell = |event: Event<'_>| news::follow(&mut progress, &selected, event);
    let stop = args.stop.options(engine);
    let stage = lifecycle::restart(app, &selected, stop, start, &mut tell, &interrupts)?;
    drop(progress);
    ui.note(&format!("{} is up", stage.name));
    ps::print(ui, Some(&stage), args.json)
}
