//! `gantry ports`.

use anyhow::Result;
use serde::Serialize;

use super::ui::{Cell, Paint, Ui};
use crate::app::App;
use crate::project::{PortLine, all, port_lines, select};

/// List a project's ports: published, exposed, and the HTTP port
///
/// Books nothing. Exposed ports are open to the other services alone.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The project; by default the one of the current directory, registered or not
    #[arg(conflicts_with = "all")]
    hostname: Option<String>,
    /// Every project
    #[arg(short, long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry ports
  gantry ports --all --json | jq -r '.projects[].ports[].port'";

#[derive(Serialize)]
struct Answer {
    projects: Vec<Ports>,
}

#[derive(Serialize)]
struct Ports {
    /// `null` where the directory is not registered.
    hostname: Option<String>,
    label: Option<String>,
    path: String,
    ports: Vec<PortLine>,
}

/// Looks; books nothing.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let projects = if args.all {
        let names: Vec<String> = all(app)?.into_iter().map(|project| project.hostname.to_string()).collect();
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            match ports_of(app, ui, Some(&name)) {
                Ok(ports) => found.push(ports),
                Err(error) => ui.warn(&format!("{error:#}")),
            }
        }
        found
    } else {
        vec![ports_of(app, ui, args.hostname.as_deref())?]
    };
    if args.json {
        return ui.json(&Answer { projects });
    }
    if projects.is_empty() {
        ui.note("no project is registered; `gantry register` registers the one of this directory");
        return Ok(());
    }
    if projects.iter().all(|project| project.ports.is_empty()) {
        ui.note("no ports; `gantry export --auto` books what the compose file publishes");
        return Ok(());
    }
    let rows = projects.iter().flat_map(|project| project.ports.iter().map(|port| row(project, port)));
    ui.table(&["project", "service", "port", "container", "variable", "note"], rows.collect())
}

fn ports_of(app: &mut App, ui: &Ui, hostname: Option<&str>) -> Result<Ports> {
    let selected = select(app, hostname)?;
    let http_service = selected.project.as_ref().map(|project| project.http_service.clone());
    let (ports, failure) = port_lines(app, http_service.as_deref())?;
    if let Some(error) = failure {
        ui.warn(&format!("{error:#}; so only what is booked is listed"));
    }
    let context = app.context()?;
    Ok(Ports {
        hostname: selected.project.map(|project| project.hostname.to_string()),
        label: Some(context.label.clone()),
        path: context.root.display().to_string(),
        ports,
    })
}

fn row(project: &Ports, port: &PortLine) -> Vec<Cell> {
    let or_none = |text: Option<String>| Cell::from(text.unwrap_or_else(|| "-".to_owned()));
    let name = project.hostname.clone().or_else(|| project.label.clone());
    let container = port.container_port.as_ref().map(|container| format!("{container}/{}", port.protocol));
    let note = match (port.is_http, port.is_exposed, port.port) {
        (true, _, Some(_)) => Cell::styled(Paint::Good, "http", String::new()),
        (_, true, _) => Cell::styled(Paint::Dim, "exposed", String::new()),
        (_, _, None) => Cell::styled(Paint::Attention, "not booked", String::new()),
        _ if port.env_var.is_none() => Cell::styled(Paint::Dim, "not in the compose file", String::new()),
        _ => Cell::default(),
    };
    let number = port.port.map(|port| port.to_string());
    vec![
        or_none(name),
        Cell::from(port.service.clone()),
        or_none(number),
        or_none(container),
        or_none(port.env_var.clone()),
        note,
    ]
}
