//! `gantry dns start` and `gantry dns stop`.

use anyhow::Result;
use serde::Serialize;

use crate::cli::ui::Ui;
use crate::dns;

/// Start gantry's own dnsmasq, as after a reboot
///
/// It runs as you, in the background, on a high port, and answers names under the domain alone.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct StartArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry dns start
  @reboot $HOME/.cargo/bin/gantry dns start     # in a crontab

Exit status: 3 where nothing is set up, 4 where somebody else has its port, 5 where dnsmasq is missing.";

/// Stop gantry's own dnsmasq: its names are not resolved until it is started again
#[derive(Debug, clap::Args)]
pub struct StopArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Started {
    pid: u32,
    port: u16,
    changed: bool,
}

#[derive(Serialize)]
struct Stopped {
    changed: bool,
}

/// Starts it where it does not run.
pub fn start(ui: &Ui, args: &StartArgs) -> Result<()> {
    let (pid, port, changed) = dns::start()?;
    if args.json {
        return ui.json(&Started { pid, port, changed });
    }
    let does = if changed { "runs" } else { "runs already" };
    ui.note(&format!("dnsmasq {does} on 127.0.0.1:{port} (process {pid})"));
    Ok(())
}

/// Stops it where it runs.
pub fn stop(ui: &Ui, args: &StopArgs) -> Result<()> {
    let changed = dns::stop()?;
    if args.json {
        return ui.json(&Stopped { changed });
    }
    ui.note(if changed { "dnsmasq has ended" } else { "dnsmasq did not run" });
    Ok(())
}
