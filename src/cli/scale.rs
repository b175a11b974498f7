//! `gantry scale`.

use anyhow::Result;

use super::failure::Usage;
use super::progress::Progress;
use super::ps;
use super::target::{EngineArg, select_before};
use super::ui::Ui;
use crate::app::App;
use crate::lifecycle::{self, Scale};
use crate::sys::signals::Interrupts;

/// Run several containers of a service
///
/// A service that publishes a port has one container: a port of the host leads to one only.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = "gantry scale [OPTIONS] [HOSTNAME] <SERVICE=N>...")]
pub struct Args {
    /// How many containers each service is to have; a hostname before them names the project
    #[arg(required = true, value_name = "SERVICE=N")]
    scales: Vec<String>,
    #[command(flatten)]
    engine: EngineArg,
    /// Print the containers as JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry scale worker=3
  gantry scale shop worker=3 mailer=0

Exit status: 3 where there is no such service, 4 where it cannot have several containers.";

/// More is a slip of the finger, and takes the machine with it.
const LIMIT: u32 = 1_000;

/// Scales; lists what runs then.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let (hostname, words) = match args.scales.split_first() {
        Some((first, rest)) if !first.contains('=') && !rest.is_empty() => (Some(first.as_str()), rest),
        _ => (None, args.scales.as_slice()),
    };
    let scales = words.iter().map(|word| parse(word)).collect::<Result<Vec<_>>>()?;
    let (selected, _) = select_before(app, hostname, &[])?;
    let interrupts = Interrupts::listen()?;
    let mut progress = Progress::new(ui);
    let mut tell = |event: lifecycle::Event<'_>| progress.tell(event);
    let stage = lifecycle::scale(app, &selected, &scales, args.engine.engine, &mut tell, &interrupts)?;
    drop(progress);
    ps::print(ui, Some(&stage), args.json)
}

fn parse(word: &str) -> Result<Scale> {
    let hint = "write it as SERVICE=N, for example worker=3".to_owned();
    let wrong = |message| Usage { message, hint: hint.clone() };
    let (service, number) = word
        .rsplit_once('=')
        .filter(|(service, _)| !service.is_empty())
        .ok_or_else(|| wrong(format!("`{}` names no service and number", word.escape_debug())))?;
    let number: u32 = number
        .parse()
        .ok()
        .filter(|number| *number <= LIMIT)
        .ok_or_else(|| wrong(format!("`{}` is not a number from 0 to {LIMIT}", number.escape_debug())))?;
    Ok(Scale { service: service.to_owned(), number })
}
