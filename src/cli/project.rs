//! A project as the commands show it.

use serde::Serialize;

use super::ui::{Cell, Paint};
use crate::lifecycle::RunState;
use crate::model::{ExposedPort, Port, ProjectKind, ScannedPort};
use crate::registry::ProjectRow;
use crate::sys::{clock, files};

/// A project in JSON. Times are RFC 3339 in UTC.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) hostname: String,
    pub(super) path: String,
    directory: String,
    kind: &'static str,
    is_compose: bool,
    pub(super) http_port: Option<Port>,
    http_service: String,
    services: Vec<String>,
    ports: Vec<ScannedPort>,
    exposed_ports: Vec<ExposedPort>,
    registered_at: String,
    updated_at: String,
    started_at: Option<String>,
    status_changed_at: Option<String>,
    /// Nothing is at the path any more.
    is_gone: bool,
    /// What the engine says; `null` where it was not asked.
    pub(super) state: Option<&'static str>,
}

impl Row {
    pub(super) fn of(project: &ProjectRow, http_port: Option<Port>, state: Option<&'static str>) -> Row {
        let scan = project.scan.clone();
        Row {
            hostname: project.hostname.to_string(),
            path: project.path.display().to_string(),
            directory: project.directory.display().to_string(),
            kind: scan.kind.as_str(),
            is_compose: scan.kind == ProjectKind::Compose,
            http_port,
            http_service: project.http_service.clone(),
            services: scan.services,
            ports: scan.ports,
            exposed_ports: scan.exposed,
            registered_at: clock::rfc3339(project.registered_at),
            updated_at: clock::rfc3339(project.updated_at),
            started_at: project.started_at.map(clock::rfc3339),
            status_changed_at: project.status_changed_at.map(clock::rfc3339),
            is_gone: !files::is_dir(&project.path),
            state,
        }
    }

    /// What `gantry config` shows, a line a field.
    pub(super) fn fields(&self) -> Vec<Vec<String>> {
        let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        let list = |items: Vec<String>| if items.is_empty() { "-".to_owned() } else { items.join(", ") };
        let ports = self.ports.iter().map(|port| match port.published.as_str() {
            "" => format!("{}:{}", port.service, port.container_port),
            published => format!("{}:{} on {published}", port.service, port.container_port),
        });
        let exposed = self.exposed_ports.iter().map(|exposed| format!("{}:{}", exposed.service, exposed.port));
        let rows = [
            ("hostname", self.hostname.clone()),
            ("path", if self.is_gone { format!("{} (gone)", self.path) } else { self.path.clone() }),
            ("directory", self.directory.clone()),
            ("kind", self.kind.to_owned()),
            ("http_port", or_none(self.http_port.map(|port| port.to_string()))),
            ("http_service", self.http_service.clone()),
            ("services", list(self.services.clone())),
            ("ports", list(ports.collect())),
            ("exposed_ports", list(exposed.collect())),
            ("registered", self.registered_at.clone()),
            ("updated", self.updated_at.clone()),
            ("started", or_none(self.started_at.clone())),
            ("status_changed", or_none(self.status_changed_at.clone())),
        ];
        rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect()
    }
}

/// A state in its colour.
pub(super) fn state_cell(state: RunState) -> Cell {
    let paint = match state {
        RunState::Running => Paint::Good,
        RunState::Partial => Paint::Attention,
        RunState::Stopped | RunState::Down => Paint::Dim,
        RunState::Unknown => Paint::Bad,
    };
    Cell::styled(paint, state.as_str(), String::new())
}
