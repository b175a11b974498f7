//! `gantry proxy status`.

use anyhow::Result;
use serde::Serialize;

use crate::app::App;
use crate::certs;
use crate::cli::ui::{Cell, Paint, Ui};
use crate::model::Port;
use crate::proxy::{Caddy, Home, State};
use crate::route;

#[derive(Debug, clap::Args)]
pub struct Args {
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

/// Looks; changes nothing.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let (served, _) = route::shown(app)?;
    let home = Home::locate()?;
    let caddy = Caddy::find().ok();
    let (is_running, pid) = match home.state() {
        State::Running { pid } => (true, Some(pid)),
        State::Mute { pid } => (false, Some(pid)),
        State::Stopped => (false, None),
    };
    let report = Report {
        is_set_up: home.is_set_up(),
        is_running,
        pid,
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
    let https = match report.is_secure {
        true => report.https_port.to_string(),
        false => format!("{}, no certificates", report.https_port),
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
    match (report.is_running, report.pid, report.is_set_up) {
        (true, ..) => {}
        (false, Some(_), _) => ui.note("`gantry proxy stop`, then `gantry proxy start`"),
        (false, None, true) => ui.note("`gantry proxy start` starts it"),
        (false, None, false) => ui.note("`gantry proxy setup` sets it up"),
    }
    Ok(())
}
