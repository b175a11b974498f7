//! The ports of a project, one a line: what its file publishes, what it only exposes, and what was booked by name.

use anyhow::Result;
use serde::Serialize;

use crate::app::App;
use crate::model::{Port, ScannedPort};
use crate::registry::Allocation;
use crate::resolve::known;

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

/// The ports of the project or context that `app` stands in. A compose file that cannot be read leaves what is booked.
///
/// # Errors
/// The checkout or the registry cannot be read.
pub fn port_lines(app: &mut App, http_service: Option<&str>) -> Result<Vec<PortLine>> {
    let rows = known(app)?.map(|(_, rows)| rows).unwrap_or_default();
    let is_http = |row: &Allocation| {
        let service = row.service.as_str();
        http_service.is_some_and(|name| {
            name == service || row.container_port.is_some_and(|port| name == format!("{service}:{port}"))
        })
    };
    let mut lines: Vec<PortLine> = rows
        .iter()
        .map(|row| PortLine {
            service: row.service.to_string(),
            port: Some(row.port),
            container_port: row.container_port.map(|port| port.to_string()),
            protocol: row.protocol.to_string(),
            env_var: row.variable.clone(),
            is_http: is_http(row),
            is_exposed: false,
        })
        .collect();
    if let Ok(scan) = super::scan::scan(app) {
        let is_booked = |port: &ScannedPort| {
            rows.iter().any(|row| {
                row.service.as_str() == port.service
                    && row.container_port.map(Port::number) == Some(port.container_port)
            })
        };
        lines.extend(scan.ports.iter().filter(|port| !is_booked(port)).map(|port| PortLine {
            service: port.service.clone(),
            port: None,
            container_port: Some(port.container_port.to_string()),
            protocol: port.protocol.clone(),
            env_var: None,
            is_http: false,
            is_exposed: false,
        }));
        lines.extend(scan.exposed.into_iter().map(|exposed| PortLine {
            service: exposed.service,
            port: None,
            container_port: Some(exposed.port),
            protocol: exposed.protocol,
            env_var: None,
            is_http: false,
            is_exposed: true,
        }));
    }
    Ok(lines)
}
