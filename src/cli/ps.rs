//! `gantry ps`.

use anyhow::Result;
use serde::Serialize;

use super::target::{Target, select_or_gone};
use super::ui::{Cell, Paint, Ui};
use crate::app::App;
use crate::engine::{Container, ContainerState, Health};
use crate::lifecycle::Stage;
use crate::model::Port;
use crate::sys::clock;

/// List a project's containers, as the engine has them now
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry ps
  gantry ps shop --json | jq -r '.containers[] | select(.state != \"running\") | .name'";

#[derive(Serialize)]
struct Answer<'a> {
    project: Option<String>,
    context: Option<&'a str>,
    compose_project: Option<&'a str>,
    engine: Option<&'static str>,
    containers: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    service: &'a str,
    number: u32,
    image: &'a str,
    state: ContainerState,
    exit_code: Option<i64>,
    health: Option<Health>,
    started_at: Option<&'a str>,
    ports: Vec<PortRow<'a>>,
}

#[derive(Serialize)]
struct PortRow<'a> {
    port: Port,
    container_port: Port,
    protocol: &'static str,
    host_ip: &'a str,
}

/// Asks the engine; changes nothing.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let selected = select_or_gone(app, args.target.hostname.as_deref())?;
    let stage = Stage::open(app, &selected, args.target.engine.engine)?;
    if !args.json && stage.as_ref().is_none_or(|stage| stage.containers.is_empty()) {
        if let Some(silent) = stage.as_ref().and_then(|stage| stage.silent.as_ref()) {
            ui.warn(&format!("{silent}; whether it has any, nobody knows"));
        }
        let can_start = app.project().is_ok_and(|project| !project.files.is_empty());
        let hint = if can_start { "; `gantry start` makes them" } else { "" };
        ui.note(&format!("{} has no containers{hint}", selected.name));
        return Ok(());
    }
    print(ui, stage.as_ref(), args.json)
}

/// The containers of the stage.
pub(super) fn print(ui: &Ui, stage: Option<&Stage>, json: bool) -> Result<()> {
    let containers = stage.map(|stage| stage.containers.as_slice()).unwrap_or_default();
    if json {
        return ui.json(&Answer {
            project: stage.and_then(|stage| stage.project.as_ref()).map(|project| project.hostname.to_string()),
            context: stage.map(|stage| stage.hash.as_str()),
            compose_project: stage.map(|stage| stage.compose_name.as_str()),
            engine: stage.map(|stage| stage.engine.kind().as_str()),
            containers: containers.iter().map(Row::of).collect(),
        });
    }
    let rows = containers.iter().map(|it| {
        let plain = [it.service.clone(), it.name.clone()].map(Cell::from);
        plain.into_iter().chain([state_cell(it), Cell::from(ports(it)), Cell::from(since(it))]).collect()
    });
    ui.table(&["service", "container", "state", "ports", "since"], rows.collect())
}

/// A container's state, in its colour.
pub(super) fn state_cell(container: &Container) -> Cell {
    let paint = match (container.state, container.health) {
        (ContainerState::Running, Some(Health::Unhealthy)) => Paint::Bad,
        (ContainerState::Running, Some(Health::Starting)) => Paint::Attention,
        (ContainerState::Running, _) => Paint::Good,
        (ContainerState::Exited, _) if container.is_done() => Paint::Dim,
        (ContainerState::Exited | ContainerState::Dead, _) => Paint::Bad,
        _ => Paint::Attention,
    };
    let more = match (container.health, container.exit_code) {
        (Some(health), None) if container.is_running() => format!(" ({})", health.as_str()),
        (_, Some(code)) => format!(" ({code})"),
        _ => String::new(),
    };
    Cell::styled(paint, container.state.as_str(), more)
}

/// One that is published on IPv4 and IPv6 is told once.
fn ports(container: &Container) -> String {
    let mut shown: Vec<String> = Vec::new();
    for published in &container.ports {
        let ip = match published.host_ip.as_str() {
            "" | "0.0.0.0" | "::" => String::new(),
            ip if ip.contains(':') => format!("[{ip}]:"),
            ip => format!("{ip}:"),
        };
        let text = format!("{ip}{}->{}/{}", published.port, published.container_port, published.protocol);
        if !shown.contains(&text) {
            shown.push(text);
        }
    }
    if shown.is_empty() { "-".to_owned() } else { shown.join(", ") }
}

fn since(container: &Container) -> String {
    let started = container.started_at.as_deref().and_then(clock::parse_rfc3339);
    started.filter(|_| container.is_running()).map_or_else(|| "-".to_owned(), |at| span(clock::now() - at))
}

/// A span of time in its largest unit.
pub(super) fn span(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / clock::DAY),
    }
}

impl Row<'_> {
    fn of(container: &Container) -> Row<'_> {
        Row {
            name: &container.name,
            service: &container.service,
            number: container.number,
            image: &container.image,
            state: container.state,
            exit_code: container.exit_code,
            health: container.health,
            started_at: container.started_at.as_deref(),
            ports: container
                .ports
                .iter()
                .map(|it| PortRow {
                    port: it.port,
                    container_port: it.container_port,
                    protocol: it.protocol.as_str(),
                    host_ip: &it.host_ip,
                })
                .collect(),
        }
    }
}
