//! `gantry proxy`.

mod setup;
mod status;

use anyhow::Result;

use super::ui::Ui;
use crate::app::App;
use crate::certs::{self, Effort};
use crate::dns;
use crate::model::DomainName;
use crate::proxy::{self, Home, Ports};
use crate::route;
use crate::sys::{files, trees};

pub use setup::Args as SetupArgs;
pub use status::Args as StatusArgs;

/// Serve the names: a reverse proxy on this machine's loopback, which is Caddy
///
/// It is told by itself when a project is registered, updated, started or forgotten, and when a port changes.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

const EXAMPLES: &str = "\
Examples:
  gantry proxy setup
  gantry proxy setup --high-ports
  gantry proxy start
  gantry proxy status --json

Nothing starts it after a reboot but `gantry proxy start`.
Exit status: 4 where a port is taken, 5 where Caddy is missing.";

/// What is done with the proxy.
#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
pub enum Action {
    /// Choose the ports, and see whether everything is there
    Setup(setup::Args),
    /// Start it
    Start,
    /// Stop it; the names lead nowhere then
    Stop,
    /// Write its configuration anew and load it; what is connected stays connected
    Reload,
    /// Tell whether it runs, and on what
    Status(status::Args),
    /// Stop it and forget its ports and files
    Remove,
}

/// As the words say.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    act(app, ui, &args.action)
}

/// `gantry caddy-setup` and its like come here too.
pub fn act(app: &mut App, ui: &mut Ui, action: &Action) -> Result<()> {
    match action {
        Action::Setup(args) => setup::run(app, ui, args),
        Action::Start => start(app, ui),
        Action::Stop => stop(ui),
        Action::Reload => reload(app, ui),
        Action::Status(args) => status::run(app, ui, args),
        Action::Remove => remove(app, ui),
    }
}

fn start(app: &mut App, ui: &Ui) -> Result<()> {
    let ((pid, is_new), notes) = route::with_notes(app, Effort::Full, |wanted| proxy::start(wanted))?;
    notes.iter().for_each(|note| ui.warn(&note.text));
    let (served, _) = route::shown(app)?;
    let state = if is_new { "serves" } else { "serves already" };
    ui.note(&format!("the proxy (process {pid}) {state} {}", served.describe_ports()));
    if !certs::is_set_up()? {
        ui.note("there are no certificates, so names are served over HTTP; `gantry cert setup` makes them");
    }
    for site in &served.sites {
        ui.note(&served.address(site, &site.site.domain));
    }
    if let Some(site) = served.sites.iter().find(|site| !is_resolved(&site.site.domain)) {
        ui.warn(&format!(
            "{} is not known to this machine's resolver; `gantry dns setup` mends that",
            site.site.domain
        ));
    }
    Ok(())
}

/// Whether programs find the name. Where nobody can be asked, that is not this command's concern.
pub(super) fn is_resolved(name: &DomainName) -> bool {
    dns::ask_system(name).is_ok_and(|found| !found.is_empty()) || name.as_str().ends_with(".localhost")
}

fn stop(ui: &Ui) -> Result<()> {
    let was_running = proxy::stop()?;
    ui.note(if was_running { "the proxy is stopped" } else { "the proxy does not run" });
    Ok(())
}

fn reload(app: &mut App, ui: &Ui) -> Result<()> {
    let ((), notes) = route::with_notes(app, Effort::Full, |wanted| proxy::reload(wanted))?;
    notes.iter().for_each(|note| ui.warn(&note.text));
    ui.note("loaded");
    Ok(())
}

fn remove(app: &mut App, ui: &Ui) -> Result<()> {
    let was_running = proxy::stop()?;
    let home = Home::locate()?;
    if !was_running && !home.is_set_up() && route::ports(app)? == Ports::USUAL {
        ui.note("the proxy is not set up");
        return Ok(());
    }
    if app.existing_registry()?.is_some() {
        setup::keep(app, Ports::USUAL)?;
    }
    if files::is_dir(home.path()) {
        trees::remove(home.path())?;
    }
    ui.note("the proxy is stopped, and its ports and files are forgotten");
    Ok(())
}
