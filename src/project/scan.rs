//! What a project is made of, as its files say now.

use std::path::Path;

use anyhow::Result;

use crate::app::App;
use crate::model::{ProjectKind, Published, Scan, ScannedPort};
use crate::sys::files;

/// What images are built by, in the order in which Podman and Docker look.
const BUILD_FILES: [&str; 2] = ["Dockerfile", "Containerfile"];

/// Looks at the project's files; changes nothing.
///
/// # Errors
/// Compose would refuse the files.
pub(super) fn scan(app: &App) -> Result<Scan> {
    let project = app.project()?;
    let kind = match project.files.is_empty() {
        false => ProjectKind::Compose,
        true => kind_without_compose(&app.context()?.root),
    };
    let ports = project.ports.iter().map(|port| ScannedPort {
        service: port.service.as_str().to_owned(),
        container_port: port.container_port.number(),
        protocol: port.protocol.to_string(),
        published: published(&port.published),
    });
    let mut services: Vec<String> = project.services.iter().map(ToString::to_string).collect();
    services.sort_unstable();
    let http = app.config()?.http.clone();
    Ok(Scan { kind, services, ports: ports.collect(), exposed: project.exposed.clone(), http })
}

fn kind_without_compose(root: &Path) -> ProjectKind {
    let is_built = BUILD_FILES.iter().any(|name| files::is_file(&root.join(name)));
    if is_built { ProjectKind::Dockerfile } else { ProjectKind::Native }
}

fn published(published: &Published) -> String {
    match published {
        Published::Bare => String::new(),
        Published::Fixed(port) => port.to_string(),
        Published::Variable { name, .. } => format!("${name}"),
    }
}
