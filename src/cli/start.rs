//! `gantry start`.

use std::time::Duration;

use anyhow::Result;

use super::news;
use super::progress::Progress;
use super::ps;
use super::target::Target;
use super::ui::Ui;
use crate::app::App;
use crate::lifecycle::{self, Event, StartOptions};
use crate::sys::signals::Interrupts;

/// Start a project's containers, on the ports that its context has
///
/// Books what has no port yet, refuses where a port is somebody else's, runs the hooks of gantry.yml, and waits until
/// each container runs and, where it can tell, is healthy. It runs `docker compose up` with the variables that `gantry
/// export` prints, so the containers are those that you would start by hand.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// Go on where ports are taken
    #[arg(short, long)]
    force: bool,
    /// Pull the images first
    #[arg(long)]
    pull: bool,
    /// Build the images first
    #[arg(long)]
    build: bool,
    /// Wait until everything is up; the default
    #[arg(long, conflicts_with = "no_wait")]
    wait: bool,
    /// Do not wait
    #[arg(long)]
    no_wait: bool,
    /// How long to wait, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    timeout: u64,
    /// Do not run the hooks of gantry.yml
    #[arg(long)]
    no_hooks: bool,
    /// Print the containers as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry start
  gantry start shop --build --timeout 300

Exit status: 4 where a port is taken, 5 where no engine answers, 1 where something did not come up.";

/// Starts; lists what runs then.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let selected = args.target.select(app)?;
    let options = StartOptions {
        force: args.force,
        pull: args.pull,
        build: args.build,
        wait: (!args.no_wait).then(|| Duration::from_secs(args.timeout)),
        hooks: !args.no_hooks,
        engine: args.target.engine.engine,
    };
    let interrupts = Interrupts::listen()?;
    let mut progress = Progress::new(ui);
    let mut tell = |event: Event<'_>| news::follow(&mut progress, &selected, event);
    let stage = lifecycle::start(app, &selected, options, &mut tell, &interrupts)?;
    drop(progress);
    ui.note(&format!("{} is {}", stage.name, if args.no_wait { "started" } else { "up" }));
    ps::print(ui, Some(&stage), args.json)
}
