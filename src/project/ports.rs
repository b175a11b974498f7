//! The ports of a project, one a line: what its file publishes, what it only exposes, and what was booked by name.

use anyhow::Result;
use serde::Serialize;

use super::scan::scan;
use crate::app::App;
use crate::model::{ExposedPort, Port, Protocol};
use crate::registry::Allocation;
use crate::resolve::{Discovery, Face, Slot, booked_already, discover, find_allocation, known};

/// A port of a service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PortLine {
    pub service: String,
    /// The host port; `None` for one that is only exposed, or that is not booked yet.
    pub port: Option<Port>,
    /// A number or a range; `None` for a service that was booked by name.
    pub container_port: Option<String>,
    pub protocol: String,
    pub env_var: Option<String>,
    pub is_http: bool,
    /// Open to the other services alone.
    pub is_exposed: bool,
}

/// The ports of the project or context that `app` stands in, and why there are no more where the compose file cannot be
/// read: then they are what is booked.
///
/// # Errors
/// The checkout or the registry cannot be read.
pub fn port_lines(app: &mut App, http_service: Option<&str>) -> Result<(Vec<PortLine>, Option<anyhow::Error>)> {
    let (discovery, exposed, failure) = match read_files(app) {
        Ok((discovery, exposed)) => (discovery, exposed, None),
        Err(error) => (Discovery::default(), Vec::new(), Some(error)),
    };
    let rows = match &failure {
        None => booked_already(app, &discovery)?.map(|booked| booked.allocations).unwrap_or_default(),
        Some(_) => known(app)?.map(|(_, rows)| rows).unwrap_or_default(),
    };
    let http = http_service.and_then(|name| find_allocation(&rows, name)).map(|(row, _)| row.id);
    let mut lines: Vec<PortLine> = rows.iter().map(|row| PortLine::booked(row, http == Some(row.id))).collect();
    for slot in &discovery.slots {
        let row = rows.iter().find(|row| row.variable.as_deref() == Some(slot.variable.as_str()));
        let is_http = match row {
            Some(row) => http == Some(row.id),
            None => http.is_none() && http_service.is_some_and(|name| slot.is_called(name)),
        };
        for face in faces_beside(slot, row) {
            lines.push(PortLine::published(face, row, is_http));
        }
    }
    lines.extend(exposed.into_iter().map(PortLine::exposed));
    Ok((lines, failure))
}

fn read_files(app: &App) -> Result<(Discovery, Vec<ExposedPort>)> {
    Ok((discover(app)?, scan(app)?.exposed))
}

/// What the slot stands for besides what its row says by itself: each service, container port and protocol once.
fn faces_beside<'s>(slot: &'s Slot, row: Option<&Allocation>) -> Vec<&'s Face> {
    let place = |face: &'s Face| (&face.service, face.container_port, face.protocol);
    let is_row = |face: &&Face| {
        row.is_some_and(|row| {
            (&row.service, row.container_port, row.protocol)
                == (&face.service, Some(face.container_port), face.protocol)
        })
    };
    let mut found: Vec<&Face> = Vec::new();
    for face in slot.faces.iter().filter(|face| !is_row(face)) {
        if found.iter().all(|other| place(other) != place(face)) {
            found.push(face);
        }
    }
    found
}

impl PortLine {
    fn booked(row: &Allocation, is_http: bool) -> PortLine {
        PortLine {
            service: row.service.to_string(),
            port: Some(row.port),
            container_port: row.container_port.map(|port| port.to_string()),
            protocol: row.protocol.to_string(),
            env_var: row.variable.clone(),
            is_http,
            is_exposed: false,
        }
    }

    /// One of the places that the row's port leads to.
    fn published(face: &Face, row: Option<&Allocation>, is_http: bool) -> PortLine {
        PortLine {
            service: face.service.to_string(),
            port: row.map(|row| row.port),
            container_port: Some(face.container_port.to_string()),
            protocol: face.protocol.to_string(),
            env_var: row.and_then(|row| row.variable.clone()),
            is_http: is_http && face.protocol == Protocol::Tcp,
            is_exposed: false,
        }
    }

    fn exposed(exposed: ExposedPort) -> PortLine {
        PortLine {
            service: exposed.service,
            port: None,
            container_port: Some(exposed.port),
            protocol: exposed.protocol,
            env_var: None,
            is_http: false,
            is_exposed: true,
        }
    }
}
