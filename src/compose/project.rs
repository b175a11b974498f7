//! The whole reading, from the directory to the list of published ports.

use std::path::{Path, PathBuf};

use crate::model::ServiceName;

use super::environment::Environment;
use super::load::load_file;
use super::merge::{merge, settle};
use super::session::Session;
use super::tree::{Entry, Node, Value};
use super::{ComposeError, ContainerName, Project, find, kind, ports};

/// Reads the project at `root`; warnings and inputs stay with the session.
///
/// # Errors
/// See [`super::load_project`].
pub(super) fn read(session: &Session<'_>, root: &Path) -> Result<Project, ComposeError> {
    let mut env = Environment::default();
    env.add_directory(session, root)?;
    let files = find::files(session, &env, root)?;
    if files.is_empty() {
        return Ok(Project::default());
    }
    let model = load_all(session, &env, &files)?;
    let mut project = Project { files, ..Project::default() };
    project.name = model.field("name").and_then(Node::as_str).map(str::to_owned);
    for entry in model.field("services").map(Node::entries).unwrap_or_default() {
        add_service(&mut project, entry)?;
    }
    Ok(project)
}

fn load_all(session: &Session<'_>, env: &Environment, files: &[PathBuf]) -> Result<Node, ComposeError> {
    let mut model: Option<Node> = None;
    for file in files {
        let tree = load_file(session, env, file)?;
        let mut merged = match model {
            Some(base) => merge(base, tree)?,
            None => tree,
        };
        settle(&mut merged);
        require_services(&merged)?;
        model = Some(merged);
    }
    model.ok_or_else(|| super::session::whole_file(Path::new(""), "no files"))
}

fn require_services(model: &Node) -> Result<(), ComposeError> {
    let Some(services) = model.field("services") else { return Ok(()) };
    if !matches!(services.value, Value::Mapping(_)) {
        return Err(services.place.error("services must be a mapping"));
    }
    for Entry { name, node, .. } in services.entries() {
        if !matches!(node.value, Value::Mapping(_)) {
            return Err(node.place.error(format!("services.{name} must be a mapping")));
        }
    }
    Ok(())
}

fn add_service(project: &mut Project, Entry { name, node, .. }: &Entry) -> Result<(), ComposeError> {
    let service = ServiceName::new(name.as_str());
    let image = node.field("image").and_then(Node::as_str);
    if let Some(published) = node.field("ports") {
        let kind_of = |port| kind::kind_of(image, name, port);
        project.ports.extend(ports::published_ports(&service, &kind_of, published)?);
    }
    if let Some((container, text)) = node.field("container_name").and_then(|node| Some((node, node.as_str()?))) {
        project.container_names.push(ContainerName {
            service: service.clone(),
            name: text.to_owned(),
            follows_project: container.variable.is_some(),
            source: container.place.source(),
        });
    }
    project.services.push(service);
    Ok(())
}
