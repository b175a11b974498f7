//! `gantry discover`.

use anyhow::Result;
use serde::Serialize;

use super::ui::Ui;
use crate::app::App;
use crate::model::{Kind, Port, Protocol, Source};
use crate::resolve::{Discovery, discover};

/// List what the compose file publishes; books nothing
///
/// PREFERRED is the port that the service would get, were it free; `gantry status` shows the one that is booked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry discover
  gantry discover --json | jq -r '.services[] | \"\\(.service) \\(.variable)\"'";

#[derive(Serialize)]
struct Answer {
    services: Vec<Service>,
}

#[derive(Serialize)]
struct Service {
    service: String,
    container_port: Port,
    protocol: Protocol,
    host_ip: Option<String>,
    variable: String,
    preferred_port: Option<Port>,
    kind: Kind,
    source: Source,
}

/// One row a container port.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let Discovery { slots, notes, .. } = discover(app)?;
    for note in notes {
        ui.note(&note.to_string());
    }
    let mut services: Vec<Service> = Vec::new();
    for slot in slots {
        services.extend(slot.faces.into_iter().map(|face| Service {
            preferred_port: face.published.preferred(),
            service: face.service.as_str().to_owned(),
            container_port: face.container_port,
            protocol: face.protocol,
            host_ip: face.host_ip,
            variable: slot.variable.to_string(),
            kind: face.kind,
            source: face.source,
        }));
    }
    services.sort_by(|a, b| (&a.source.file, a.source.line).cmp(&(&b.source.file, b.source.line)));
    if args.json {
        return ui.json(&Answer { services });
    }
    if services.is_empty() {
        ui.note(&format!("no compose file in {} publishes a port", app.context()?.root.display()));
        return Ok(());
    }
    let dash = || "-".to_owned();
    let root = app.context()?.root.clone();
    let header = ["service", "container port", "host address", "variable", "preferred", "kind", "source"];
    let rows = services.into_iter().map(|service| {
        let file = service.source.file.strip_prefix(&root).unwrap_or(&service.source.file).display().to_string();
        vec![
            service.service,
            format!("{}/{}", service.container_port, service.protocol),
            service.host_ip.unwrap_or_else(dash),
            service.variable,
            service.preferred_port.map_or_else(dash, |port| port.to_string()),
            service.kind.to_string(),
            format!("{file}:{}", service.source.line),
        ]
    });
    ui.table(&header, rows.collect())
}
