//! `gantry dns`, one file a command in `dns/`.

pub(super) mod remove;
pub(super) mod service;
pub(super) mod setup;
pub(super) mod status;
pub(super) mod test;

use anyhow::Result;
use clap::Subcommand;

use super::failure::Usage;
use super::ui::{Cell, Paint, Ui};
use crate::app::App;
use crate::dns::{Line, State};

/// Have the names of projects resolved: every name under .test is this machine
///
/// Takes the least invasive way that works here: a file for systemd-resolved, NetworkManager or dnsmasq, or on macOS one
/// in /etc/resolver. It never edits /etc/resolv.conf and never takes port 53 from anybody. Where nothing may be changed,
/// names can end in .localhost.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Verb,
}

const EXAMPLES: &str = "\
Examples:
  gantry dns setup --print
  gantry dns setup
  gantry dns test shop
  gantry dns remove";

#[derive(Debug, Subcommand)]
enum Verb {
    Setup(setup::Args),
    Status(status::Args),
    Test(test::Args),
    Start(service::StartArgs),
    Stop(service::StopArgs),
    Remove(remove::Args),
}

/// Runs the command of the group.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    match &args.command {
        Verb::Setup(args) => setup::run(app, ui, args),
        Verb::Status(args) => status::run(app, ui, args),
        Verb::Test(args) => test::run(app, ui, args),
        Verb::Start(args) => service::start(ui, args),
        Verb::Stop(args) => service::stop(ui, args),
        Verb::Remove(args) => remove::run(app, ui, args),
    }
}

/// Nobody can be asked, and nobody has said yes.
fn needs_yes(command: &str) -> anyhow::Error {
    let message = format!("`{command}` changes how this machine resolves names, and nobody can be asked here");
    let hint = format!("`{command} --yes` does it; `{command} --print` prints the commands, and changes nothing");
    Usage { message, hint }.into()
}

/// Layers in a table, with what to do about those that are not good.
fn table(ui: &Ui, lines: &[Line]) -> Result<()> {
    let rows = lines.iter().map(|line| {
        let state = match line.state {
            State::Good => Cell::styled(Paint::Good, "good", String::new()),
            State::Bad => Cell::styled(Paint::Bad, "bad", String::new()),
            State::NotSetUp => Cell::styled(Paint::Dim, "not set up", String::new()),
        };
        vec![
            line.layer.to_owned().into(),
            state,
            line.text.clone().into(),
            line.mend.clone().unwrap_or_default().into(),
        ]
    });
    ui.table(&["layer", "state", "what", "mend"], rows.collect())
}
