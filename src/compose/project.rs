//! The whole reading, from the directory to the list of published ports.

use std::path::Path;

use crate::model::{ExposedPort, FixedKind, FixedName, PublishedPort, ServiceName};

use super::assemble::assemble;
use super::environment::{Environment, Surroundings};
use super::find::{Found, find};
use super::load::{Document, read_files};
use super::session::Session;
use super::tree::{Entry, Node, Place, Value};
use super::{ComposeError, Project, consistency, kind, ports};

/// Reads the project at `root`; warnings and inputs stay with the session.
///
/// # Errors
/// See [`super::load_project`].
pub(super) fn read(session: &Session<'_>, root: &Path) -> Result<Project, ComposeError> {
    let Found { files, separator, mut env, directory } = find(session, root)?;
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
    published(session, &model, &profiles, Project { files, separator, name, ..Project::default() })
}

/// Adds to the project what the model's active services publish and fix.
fn published(
    session: &Session<'_>,
    model: &Node,
    profiles: &str,
    mut project: Project,
) -> Result<Project, ComposeError> {
    let services = model.field("services").map(Node::entries).unwrap_or_default();
    let active: Vec<&Entry> = services.iter().filter(|entry| is_active(&entry.node, profiles)).collect();
    if !session.is_incomplete() {
        consistency::check(session, model, &active)?;
    }
    for entry in services {
        let is_active = is_active(&entry.node, profiles);
        let (ports, left_out) = ports_of(entry, &|ports| is_active && session.has_room_for(ports))?;
        if is_active {
            project.ports.extend(ports);
            for place in left_out {
                let message = "too many ports to book: they are published as they are written, and so is the service";
                session.warn(Some(place), message.to_owned());
                project.left_as_written.insert(ServiceName::new(entry.name.as_str()));
            }
            add_service(&mut project, entry);
        } else {
            project.inactive.push(ServiceName::new(entry.name.as_str()));
        }
    }
    project.fixed_names.extend(resource_names(model, "volumes", FixedKind::Volume));
    project.fixed_names.extend(resource_names(model, "networks", FixedKind::Network));
    Ok(project)
}

/// The volumes or networks that go by one name on the whole machine, those left out that are somebody else's
/// (`external`) or that hold the project's name.
fn resource_names(model: &Node, section: &str, kind: FixedKind) -> Vec<FixedName> {
    let resources = model.field(section).map(Node::entries).unwrap_or_default();
    let fixed = resources.iter().filter_map(|Entry { name: key, node, .. }| {
        let is_external = node.field("external").is_some_and(|external| !matches!(external.value, Value::Bool(false)));
        let named = node.field("name").filter(|named| !is_external && named.variable.is_none())?;
        let name = named.as_str().filter(|name| !name.is_empty())?.to_owned();
        Some(FixedName { kind, key: key.clone(), name, source: named.place.source() })
    });
    fixed.collect()
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

fn ports_of<'a>(
    Entry { name, node, .. }: &'a Entry,
    has_room: &dyn Fn(usize) -> bool,
) -> Result<(Vec<PublishedPort>, Vec<&'a Place>), ComposeError> {
    let Some(ports) = node.field("ports") else { return Ok((Vec::new(), Vec::new())) };
    let image = node.field("image").and_then(Node::as_str);
    let kind_of = |port| kind::kind_of(image, name, port);
    ports::published_ports(&ServiceName::new(name.as_str()), &kind_of, ports, has_room)
}

fn add_service(project: &mut Project, Entry { name, node, .. }: &Entry) {
    // One that holds ${COMPOSE_PROJECT_NAME} differs from checkout to checkout by itself.
    if let Some(container) = node.field("container_name").filter(|container| container.variable.is_none())
        && let Some(text) = container.as_str().filter(|text| !text.is_empty())
    {
        project.fixed_names.push(FixedName {
            kind: FixedKind::Container,
            key: name.clone(),
            name: text.to_owned(),
            source: container.place.source(),
        });
    }
    project.exposed.extend(exposed_ports(name, node));
    project.services.push(ServiceName::new(name.as_str()));
}

/// The entries of `expose`: a number or a range, with a protocol or without.
fn exposed_ports(service: &str, node: &Node) -> Vec<ExposedPort> {
    let entries = node.field("expose").map(Node::items).unwrap_or_default();
    let texts = entries.iter().filter_map(|entry| match &entry.value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    });
    texts
        .map(|text| {
            let (port, protocol) = text.split_once('/').unwrap_or((&text, "tcp"));
            ExposedPort { service: service.to_owned(), port: port.to_owned(), protocol: protocol.to_owned() }
        })
        .collect()
}
