//! `gantry proxy setup`.

use anyhow::{Result, anyhow};

use crate::app::App;
use crate::cli::failure::{Conflict, Usage};
use crate::cli::ui::Ui;
use crate::model::{Port, PortRange, PortSet};
use crate::proxy::{self, Caddy, Home, Patience, Ports, ProxyError, Published, State};
use crate::registry::{allocations, contexts, reserves, settings};
use crate::route::{self, HTTP_PORT, HTTPS_PORT};

/// The setting that tells which reserves are the proxy's own, and not the user's: ports with commas between them.
const RESERVES: &str = "proxy_reserves";

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where HTTP is served; by default where it was, at first on 80
    #[arg(long, value_name = "PORT", conflicts_with = "high_ports")]
    http_port: Option<Port>,
    /// Where HTTPS is served; by default where it was, at first on 443
    #[arg(long, value_name = "PORT", conflicts_with = "high_ports")]
    https_port: Option<Port>,
    /// Take free ports that need no privilege; they then stand in each address
    #[arg(long)]
    high_ports: bool,
}

/// Looks whether the ports can be had, writes them down, and serves there where the proxy runs.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let home = Home::locate()?;
    home.require_fit()?;
    let (caddy, old) = (Caddy::find()?, route::ports(app)?);
    let wanted = match args.high_ports {
        true => high_ports(app)?,
        false => Ports { http: args.http_port.unwrap_or(old.http), https: args.https_port.unwrap_or(old.https) },
    };
    if wanted.http == wanted.https {
        let message = format!("port {} cannot serve both HTTP and HTTPS", wanted.http);
        return Err(Usage { message, hint: "name two ports".to_owned() }.into());
    }
    require_unbooked(app, wanted)?;
    // Nothing listens for HTTPS where there is nothing to serve by it.
    let needs_https = args.https_port.is_some() || route::shown(app)?.0.ports_in_use().len() > 1;
    let needed = [Some(wanted.http), Some(wanted.https).filter(|_| needs_https)];
    // What this proxy serves on already is no obstacle.
    let own = match home.state() {
        State::Stopped => Vec::new(),
        State::Running { .. } => home.listening().unwrap_or_else(|| vec![old.http, old.https]),
        State::Mute { pid } => return Err(ProxyError::Mute { pid }.into()),
    };
    let mut foreign = needed.into_iter().flatten().filter(|port| !own.contains(port));
    let ports = match foreign.find_map(|port| proxy::blocker(&home, &caddy, port)) {
        Some(error) => offer_high_ports(app, ui, error)?,
        None => wanted,
    };
    home.make()?;
    keep(app, ports)?;
    let refreshed = match route::refresh(app, Patience::Long) {
        Ok(refreshed) => refreshed,
        Err(error) => {
            // It serves on where it did.
            keep(app, old)?;
            return Err(error);
        }
    };
    ui.note(&format!("Caddy {} will serve HTTP on {} and HTTPS on {}", caddy.version, ports.http, ports.https));
    match refreshed.published {
        Published::NotRunning => ui.note("`gantry proxy start` starts it"),
        _ => ui.note("it runs, and serves there now"),
    }
    Ok(())
}

/// That no context has booked one of the ports.
fn require_unbooked(app: &mut App, ports: Ports) -> Result<()> {
    let Some(registry) = app.existing_registry()? else { return Ok(()) };
    let rows = registry.read(allocations::all)?;
    let Some(row) = rows.iter().find(|row| [ports.http, ports.https].contains(&row.port)) else { return Ok(()) };
    let holder = registry.read(contexts::all)?.into_iter().find(|context| context.id == row.context_id);
    let holder = holder.map_or_else(String::new, |context| format!(" of {}", context.label));
    let message = format!("port {} is booked: it is that of {}{holder}", row.port, row.service);
    let hint = format!("name another port, or give it back there with `gantry release {}`", row.service);
    Err(Conflict { message, hint }.into())
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

/// Ports that nobody listens on, has booked or wants to keep. What the proxy itself reserved for it counts as free.
fn high_ports(app: &mut App) -> Result<Ports> {
    let own = own_reserves(app)?;
    let mut held = PortSet::default();
    if let Some(registry) = app.existing_registry()? {
        let all = "1-65535".parse().expect("a range");
        registry.read(|reader| allocations::ports_in(reader, all, &mut held))?;
        for range in registry.read(reserves::all)? {
            let numbers = range.start.number()..=range.end.number();
            numbers.filter(|number| !own.iter().any(|port| port.number() == *number)).for_each(|it| held.insert(it));
        }
    }
    let first = proxy::HIGH_PORTS;
    proxy::high_ports(&held).ok_or_else(|| anyhow!("no port from {} and from {} on is free", first.0, first.1))
}

/// Writes the ports down, and keeps them from being given to services. A reserve that the user has made stays theirs.
pub(super) fn keep(app: &mut App, ports: Ports) -> Result<()> {
    let own = own_reserves(app)?;
    app.registry()?.write(|writer| {
        for port in own {
            reserves::delete(writer, PortRange::from(port))?;
        }
        let mut made = Vec::new();
        for (name, port, usual) in
            [(HTTP_PORT, ports.http, Ports::USUAL.http), (HTTPS_PORT, ports.https, Ports::USUAL.https)]
        {
            let text = port.to_string();
            settings::set(writer, name, Some(text.as_str()).filter(|_| port != usual))?;
            if port != usual && reserves::insert(writer, PortRange::from(port))? {
                made.push(text);
            }
        }
        let made = made.join(",");
        Ok(settings::set(writer, RESERVES, Some(made.as_str()).filter(|made| !made.is_empty()))?)
    })
}

fn own_reserves(app: &mut App) -> Result<Vec<Port>> {
    let text = app.setting(RESERVES)?.unwrap_or_default();
    Ok(text.split(',').filter_map(|port| port.parse().ok()).collect())
}
