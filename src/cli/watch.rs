//! `gantry watch`.

use std::time::Duration;

use anyhow::Result;

use super::target::{Target, seconds};
use super::ui::Ui;
use crate::app::App;
use crate::lifecycle::{self, Event, WatchOptions};
use crate::sys::clock;
use crate::sys::signals::Interrupts;

/// Watch a running project and start again what dies
///
/// A container that ends with an error or by a signal, is dead or was removed is started again: after 1, 2, 4, … at most
/// 60 seconds, until it has died --limit times in a row; a minute of running forgives. One that ends with status 0 has
/// done its work and is left alone, and one that is only unhealthy is told and left running. What happens is told on
/// stderr.
///
/// `gantry stop`, `down`, `restart`, `scale` and `start` in another shell are respected: what runs after them is what is
/// watched, and where nothing does for half a minute the watch ends. What is stopped by hand is not: a container that
/// `docker stop` ends by SIGTERM (143) or SIGKILL (137) comes back. Ctrl-C ends the watch and nothing else.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// Seconds from one look to the next
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    interval: Duration,
    /// Restarts of one container in a row, before it is given up
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    limit: u32,
}

const EXAMPLES: &str = "\
Examples:
  gantry start && gantry watch
  gantry watch shop --limit 10 2>>watch.log

Exit status: 0 after Ctrl-C, 1 where nothing runs or nothing is left to watch, 5 where the engine is gone for a minute.";

/// Watches until there is nothing left, or somebody ends it.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let selected = args.target.select(app)?;
    let options = WatchOptions { interval: args.interval, limit: args.limit, engine: args.target.engine.engine };
    let interrupts = Interrupts::listen()?;
    ui.speak_endlessly();
    let mut tell = |event: Event<'_>| {
        let now = clock::rfc3339(clock::now());
        match event {
            Event::Note(text) | Event::Phase(text) => ui.note(&format!("{now} {text}")),
            Event::Warning(text) => ui.warn(&format!("{now} {text}")),
            Event::Line(_) | Event::Booked => {}
        }
    };
    lifecycle::watch(app, &selected, options, &mut tell, &interrupts)
}
