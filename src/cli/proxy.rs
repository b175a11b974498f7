//! `gantry proxy`.

use anyhow::Result;
use serde::Serialize;

use super::failure::Usage;
use super::ui::{Cell, Paint, Ui};
use crate::app::App;
use crate::certs;
use crate::model::{Port, PortRange, PortSet};
use crate::proxy::{self, Caddy, Home, Ports, ProxyError, Published};
use crate::registry::{allocations, reserves, settings};
use crate::route::{self, HTTP_PORT, HTTPS_PORT};
use crate::sys::trees;

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
pub(super) enum Action {
    /// Choose the ports, and see whether everything is there
    Setup(Setup),
    /// Start it
    Start,
    /// Stop it; the names lead nowhere then
    Stop,
    /// Write its configuration anew and load it; what is connected stays connected
    Reload,
    /// Tell whether it runs, and on what
    Status(Status),
    /// Stop it and forget its ports and files
    Remove,
}

#[derive(Debug, clap::Args)]
pub(super) struct Setup {
    /// Where HTTP is served; by default 80
    #[arg(long, value_name = "PORT", conflicts_with = "high_ports")]
    http_port: Option<Port>,
    /// Where HTTPS is served; by default 443
    #[arg(long, value_name = "PORT", conflicts_with = "high_ports")]
    https_port: Option<Port>,
    /// Take free ports that need no privilege; they then stand in each address
    #[arg(long)]
    high_ports: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    is_set_up: bool,
    is_running: bool,
    pid: Option<u32>,
    /// `null` where Caddy is not installed.
    caddy: Option<String>,
    version: Option<String>,
    http_port: Port,
    https_port: Port,
    /// Whether names are served over HTTPS.
    is_secure: bool,
    routes: usize,
    caddyfile: String,
    log: String,
}

/// As the words say.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    act(app, ui, &args.action)
}

pub(super) fn act(app: &mut App, ui: &mut Ui, action: &Action) -> Result<()> {
    match action {
        Action::Setup(args) => setup(app, ui, args),
        Action::Start => start(app, ui),
        Action::Stop => stop(ui),
        Action::Reload => reload(app, ui),
        Action::Status(args) => status(app, ui, args),
        Action::Remove => remove(app, ui),
    }
}

fn setup(app: &mut App, ui: &mut Ui, args: &Setup) -> Result<()> {
    let home = Home::locate()?;
    let (caddy, old) = (Caddy::find(&home)?, route::ports(app)?);
    let wanted = match args.high_ports {
        true => high_ports(app)?,
        false => Ports { http: args.http_port.unwrap_or(old.http), https: args.https_port.unwrap_or(old.https) },
    };
    if wanted.http == wanted.https {
        let message = format!("port {} cannot serve both HTTP and HTTPS", wanted.http);
        return Err(Usage { message, hint: "name two ports".to_owned() }.into());
    }
    // What this proxy serves on already is no obstacle.
    let own = if home.is_running() { vec![old.http, old.https] } else { Vec::new() };
    let blocker = [wanted.http, wanted.https].into_iter().filter(|port| !own.contains(port)).find_map(proxy::blocker);
    let ports = match blocker {
        Some(error) => offer_high_ports(app, ui, error)?,
        None => wanted,
    };
    home.make()?;
    keep(app, ports)?;
    ui.note(&format!("Caddy {} will serve HTTP on {} and HTTPS on {}", caddy.version, ports.http, ports.https));
    match route::refresh(app)?.published {
        Published::NotRunning => ui.note("`gantry proxy start` starts it"),
        Published::Unchanged | Published::Loaded => ui.note("it runs, and serves there now"),
    }
    Ok(())
}

/// The way round ports that cannot be had, where somebody is there to take it.
fn offer_high_ports(app: &mut App, ui: &Ui, error: ProxyError) -> Result<Ports> {
    if !ui.can_ask() {
        return Err(error.into());
    }
    ui.warn(&error.to_string());
    let ports = high_ports(app)?;
    let question = format!("Serve HTTP on {} and HTTPS on {} instead?", ports.http, ports.https);
    if ui.confirm(&question)? { Ok(ports) } else { Err(error.into()) }
}

fn high_ports(app: &mut App) -> Result<Ports> {
    let mut held = PortSet::default();
    if let Some(registry) = app.existing_registry()? {
        for first in [proxy::HIGH_PORTS.0, proxy::HIGH_PORTS.1] {
            let range = Port::new(first).and_then(|first| PortRange::new(first, Port::new(u16::MAX)?));
            if let Some(range) = range {
                registry.read(|reader| allocations::ports_in(reader, range, &mut held))?;
            }
        }
    }
    let ports = proxy::high_ports(&held);
    ports.ok_or_else(|| anyhow::anyhow!("no port from {} on is free", proxy::HIGH_PORTS.0))
}

/// Writes the ports down, and keeps them from being given to services.
fn keep(app: &mut App, ports: Ports) -> Result<()> {
    let old = route::ports(app)?;
    app.registry()?.write(|writer| {
        for (name, port, old, usual) in [
            (HTTP_PORT, ports.http, old.http, Ports::USUAL.http),
            (HTTPS_PORT, ports.https, old.https, Ports::USUAL.https),
        ] {
            let text = port.to_string();
            settings::set(writer, name, Some(text.as_str()).filter(|_| port != usual))?;
            if old != usual {
                reserves::delete(writer, PortRange::from(old))?;
            }
            if port != usual {
                reserves::insert(writer, PortRange::from(port))?;
            }
        }
        Ok(())
    })
}

fn start(app: &mut App, ui: &Ui) -> Result<()> {
    let ((pid, is_new), notes) = route::with_notes(app, |wanted| proxy::start(wanted))?;
    notes.iter().for_each(|note| ui.warn(note));
    let ports = route::ports(app)?;
    let pid = pid.map(|pid| format!(" (process {pid})")).unwrap_or_default();
    let state = if is_new { "serves" } else { "serves already" };
    ui.note(&format!("the proxy{pid} {state} HTTP on {} and HTTPS on {}", ports.http, ports.https));
    let (served, _) = route::shown(app)?;
    if !certs::is_set_up()? {
        ui.note("there are no certificates, so names are served over HTTP; `gantry cert setup` makes them");
    }
    for site in &served.sites {
        ui.note(&served.address(site, &site.site.domain));
    }
    Ok(())
}

fn stop(ui: &Ui) -> Result<()> {
    let was_running = proxy::stop()?;
    ui.note(if was_running { "the proxy is stopped" } else { "the proxy does not run" });
    Ok(())
}

fn reload(app: &mut App, ui: &Ui) -> Result<()> {
    let ((), notes) = route::with_notes(app, |wanted| proxy::reload(wanted))?;
    notes.iter().for_each(|note| ui.warn(note));
    ui.note("loaded");
    Ok(())
}

fn status(app: &mut App, ui: &mut Ui, args: &Status) -> Result<()> {
    let (served, notes) = route::shown(app)?;
    notes.iter().for_each(|note| ui.warn(note));
    let home = Home::locate()?;
    let caddy = Caddy::find(&home).ok();
    let report = Report {
        is_set_up: home.is_set_up(),
        is_running: home.is_running(),
        pid: home.pid(),
        caddy: caddy.as_ref().map(|caddy| caddy.program.display().to_string()),
        version: caddy.as_ref().map(|caddy| caddy.version.to_string()),
        http_port: served.ports.http,
        https_port: served.ports.https,
        is_secure: certs::is_set_up()?,
        routes: served.sites.iter().map(|site| site.site.routes.len()).sum(),
        caddyfile: home.caddyfile().display().to_string(),
        log: home.log().display().to_string(),
    };
    if args.json { ui.json(&report) } else { tell(ui, &report) }
}

fn tell(ui: &Ui, report: &Report) -> Result<()> {
    let state = match (report.is_running, report.pid) {
        (true, pid) => {
            let pid = pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
            Cell::styled(Paint::Good, "runs", pid)
        }
        (false, Some(pid)) => Cell::styled(Paint::Bad, "does not answer", format!(", process {pid}")),
        (false, None) if report.is_set_up => Cell::styled(Paint::Attention, "does not run", String::new()),
        (false, None) => Cell::styled(Paint::Dim, "not set up", String::new()),
    };
    let caddy = report.caddy.as_ref().zip(report.version.as_ref());
    let caddy = caddy.map_or_else(|| "not installed".to_owned(), |(path, version)| format!("{version}, {path}"));
    let https = if report.is_secure {
        report.https_port.to_string()
    } else {
        format!("{}, no certificates", report.https_port)
    };
    let rows = [
        ("state", state),
        ("caddy", caddy.into()),
        ("http", report.http_port.to_string().into()),
        ("https", https.into()),
        ("routes", report.routes.to_string().into()),
        ("configuration", report.caddyfile.clone().into()),
        ("log", report.log.clone().into()),
    ];
    let rows = rows.into_iter().map(|(name, cell)| vec![Cell::from(name.to_owned()), cell]);
    ui.table(&["proxy", ""], rows.collect())?;
    if !report.is_running {
        ui.note(if report.is_set_up { "`gantry proxy start` starts it" } else { "`gantry proxy setup` sets it up" });
    }
    Ok(())
}

fn remove(app: &mut App, ui: &Ui) -> Result<()> {
    proxy::stop()?;
    let home = Home::locate()?;
    if app.existing_registry()?.is_some() {
        keep(app, Ports::USUAL)?;
    }
    if home.is_set_up() {
        trees::remove(home.path())?;
        // gantry's state directory, where nothing else of it is left.
        home.path().parent().map(trees::remove_empty);
    }
    ui.note("the proxy is stopped, and its ports and files are forgotten");
    Ok(())
}
