//! `gantry dns start` and `gantry dns stop`.

use anyhow::Result;
use serde::Serialize;

use crate::cli::ui::Ui;
use crate::dns::{self, Running};
use crate::sys::signals::Interrupts;

/// Start gantry's own dnsmasq, as after a reboot
///
/// It runs as you, in the background, on a high port, and answers names under the domain alone. Where systemd-resolved is
/// led to it by a link, which a reboot takes away, that is made again, with sudo. Other methods need neither.
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
    /// `null` where the method needs no dnsmasq of gantry's.
    pid: Option<u32>,
    port: Option<u16>,
    changed: bool,
}

#[derive(Serialize)]
struct Stopped {
    changed: bool,
}

/// Starts it where it does not run.
pub fn start(ui: &Ui, args: &StartArgs) -> Result<()> {
    let running = dns::start(dns::privilege(ui.can_ask()), &mut |step| ui.note(step), &Interrupts::listen()?)?;
    if args.json {
        let (pid, port) = (running.map(|it| it.pid), running.map(|it| it.port));
        return ui.json(&Started { pid, port, changed: running.is_some_and(|it| it.is_new) });
    }
    match running {
        Some(Running { pid, port, is_new }) => {
            let does = if is_new { "runs" } else { "runs already" };
            ui.note(&format!("dnsmasq {does} on 127.0.0.1:{port} (process {pid})"));
        }
        None => ui.note("there is nothing to start: what is set up needs no dnsmasq of gantry's"),
    }
    Ok(())
}

/// Stops it where it runs.
pub fn stop(ui: &Ui, args: &StopArgs) -> Result<()> {
    let changed = dns::stop(&mut |step| ui.note(step), &Interrupts::listen()?)?;
    if args.json {
        return ui.json(&Stopped { changed });
    }
    ui.note(if changed { "dnsmasq has ended" } else { "dnsmasq did not run" });
    Ok(())
}
