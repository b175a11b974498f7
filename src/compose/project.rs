//! The whole reading, from the directory to the list of published ports.

use std::path::Path;

use crate::model::{PublishedPort, ServiceName};

use super::assemble::{Surroundings, assemble};
use super::environment::Environment;
use super::find::{Found, find};
use super::load::{Document, read_files};
use super::session::Session;
use super::tree::{Entry, Node, Place};
use super::{ComposeError, ContainerName, Project, consistency, kind, ports};

/// Reads the project at `root`; warnings and inputs stay with the session.
///
/// # Errors
/// See [`super::load_project`].
pub(super) fn read(session: &Session<'_>, root: &Path) -> Result<Project, ComposeError> {
    let Found { files, mut env, directory } = find(session, root)?;
    if files.is_empty() {
        return Ok(Project::default());
    }
    let documents = read_files(session, &files)?;
    let place = Place { file: files[0].as_path().into(), line: 0 };
    if documents.iter().all(|document| document.root.as_mapping().is_some_and(<[_]>::is_empty)) {
        return Err(place.error("empty compose file"));
    }
    let name = project_name(session, &env, &documents)?;
    let directory_name = directory.file_name().unwrap_or_default().to_string_lossy();
    env.set_default("COMPOSE_PROJECT_NAME", name.clone().unwrap_or_else(|| normalized(&directory_name)));

    let profiles = env.lookup(session, "COMPOSE_PROFILES").unwrap_or_default();
    let model = assemble(session, &Surroundings { env, directory, included_by: Vec::new() }, documents)?;
    let services = model.field("services").map(Node::entries).unwrap_or_default();
    let active: Vec<&Entry> = services.iter().filter(|entry| is_active(&entry.node, &profiles)).collect();
    if !session.is_incomplete() {
        consistency::check(&model, &active)?;
    }
    let mut project = Project { files, name, ..Project::default() };
    for entry in services {
        let ports = ports_of(entry)?;
        if is_active(&entry.node, &profiles) {
            project.ports.extend(ports);
            add_service(&mut project, entry);
        }
    }
    Ok(project)
}

/// The last `name:` of the files, in Compose's alphabet.
fn project_name(
    session: &Session<'_>,
    env: &Environment,
    documents: &[Document],
) -> Result<Option<String>, ComposeError> {
    let named = documents.iter().rev().find_map(|document| Some((document, document.root.field("name")?)));
    let Some((document, node)) = named else { return Ok(None) };
    let place = Place { file: document.file.clone(), line: node.line };
    let name = env.substitute(session, node.as_str().unwrap_or_default(), &place);
    let name = name.map_err(|error| place.error(format!("name: {error}")))?;
    Ok(Some(normalized(&name)).filter(|name| !name.is_empty()))
}

/// A project's name in Compose's alphabet.
fn normalized(name: &str) -> String {
    let lower = name.to_lowercase();
    let fits = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(*c);
    lower.chars().filter(fits).collect::<String>().trim_start_matches(['_', '-']).to_owned()
}

/// A service without profiles always counts, others where one of theirs is asked for.
fn is_active(service: &Node, profiles: &str) -> bool {
    let own = service.field("profiles").map(Node::items).unwrap_or_default();
    let asked_for = |own: &Node| profiles.split(',').any(|name| Some(name.trim()) == own.as_str());
    own.is_empty() || profiles.split(',').any(|name| name.trim() == "*") || own.iter().any(asked_for)
}

fn ports_of(Entry { name, node, .. }: &Entry) -> Result<Vec<PublishedPort>, ComposeError> {
    let Some(ports) = node.field("ports") else { return Ok(Vec::new()) };
    let image = node.field("image").and_then(Node::as_str);
    ports::published_ports(&ServiceName::new(name.as_str()), &|port| kind::kind_of(image, name, port), ports)
}

fn add_service(project: &mut Project, Entry { name, node, .. }: &Entry) {
    let service = ServiceName::new(name.as_str());
    if let Some(container) = node.field("container_name")
        && let Some(text) = container.as_str().filter(|text| !text.is_empty())
    {
        project.container_names.push(ContainerName {
            service: service.clone(),
            name: text.to_owned(),
            follows_project: container.variable.is_some(),
            source: container.place.source(),
        });
    }
    project.services.push(service);
}
