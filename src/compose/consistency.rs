//! What Compose checks once all files are one: that what a service refers to is there.

use super::tree::{Entry, Node, Value};
use std::collections::HashSet;

use super::session::Session;
use super::{ComposeError, dependencies};

/// Checks the active services of a model.
///
/// # Errors
/// The first reference to something that the model does not have, in Compose's words.
pub(super) fn check(session: &Session<'_>, model: &Node, active: &[&Entry]) -> Result<(), ComposeError> {
    check_contents(model)?;
    dependencies::check(active)?;
    let known = |section: &str| -> HashSet<&str> {
        model.field(section).map(Node::entries).unwrap_or_default().iter().map(|entry| entry.name.as_str()).collect()
    };
    let networks = known("networks");
    let resources = ["secrets", "configs", "volumes"].map(|section| (section, known(section)));
    for Entry { name, place, node } in active {
        if !["image", "build", "provider"].iter().any(|field| node.field(field).is_some_and(Node::is_given)) {
            // Compose refuses it. Its ports are plain all the same, and a file that is being written has them first.
            session.warn(
                Some(place),
                format!("service {name:?} has neither an image nor a build context, so Compose refuses the file"),
            );
        }
        check_networks(&networks, name, node)?;
        check_scale(name, node)?;
        for (field, known) in &resources {
            check_resources(known, name, node, field)?;
        }
    }
    Ok(())
}

/// A secret or config must come from somewhere.
fn check_contents(model: &Node) -> Result<(), ComposeError> {
    for (section, origins) in
        [("secrets", &["file", "environment"][..]), ("configs", &["file", "environment", "content"])]
    {
        for Entry { name, place, node } in model.field(section).map(Node::entries).unwrap_or_default() {
            let given = origins.iter().filter(|origin| node.has(origin)).count();
            let elsewhere = node.has("external") || node.has("driver");
            let problem = match given {
                0 if !elsewhere => "one of",
                0 | 1 => continue,
                _ => "only one of",
            };
            let origins = origins.join(", ");
            return Err(place.error(format!("{section}.{name}: {problem} {origins} must be set")));
        }
    }
    Ok(())
}

/// Two containers cannot have one name.
fn check_scale(name: &str, service: &Node) -> Result<(), ComposeError> {
    let count = |node: Option<&Node>| node.and_then(Node::to_text).and_then(|text| text.parse::<f64>().ok());
    let replicas = service.field("deploy").and_then(|deploy| deploy.field("replicas"));
    let scale = count(service.field("scale")).or_else(|| count(replicas)).unwrap_or(1.0);
    match service.field("container_name").filter(|container| container.is_given() && scale > 1.0) {
        Some(container) => {
            let message = format!("services.{name}: can't set container_name and scale: container names are unique");
            Err(container.place.error(message))
        }
        None => Ok(()),
    }
}

fn check_networks(known: &HashSet<&str>, name: &str, service: &Node) -> Result<(), ComposeError> {
    let Some(networks) = service.field("networks") else { return Ok(()) };
    let names = networks.keys_or_texts();
    if let Some(mode) = service.field("network_mode").filter(|mode| mode.is_given() && !names.is_empty()) {
        let message = format!("service {name} declares mutually exclusive `network_mode` and `networks`");
        return Err(mode.place.error(message));
    }
    let absent = names.iter().find(|network| **network != "default" && !known.contains(**network));
    match absent {
        Some(network) => Err(networks.place.error(format!("service {name:?} refers to undefined network {network}"))),
        None => Ok(()),
    }
}

fn check_resources(known: &HashSet<&str>, name: &str, service: &Node, field: &str) -> Result<(), ComposeError> {
    for item in service.field(field).map(Node::items).unwrap_or_default() {
        let source = if field == "volumes" { named_volume(item) } else { source_of(item) };
        if let Some(source) = source.filter(|source| !known.contains(source)) {
            let kind = field.trim_end_matches('s');
            return Err(item.place.error(format!("service {name:?} refers to undefined {kind} {source}")));
        }
    }
    Ok(())
}

fn source_of(item: &Node) -> Option<&str> {
    item.as_str().or_else(|| item.field("source").and_then(Node::as_str))
}

/// The volume that a mount names; nothing where it mounts a path or an anonymous volume.
fn named_volume(item: &Node) -> Option<&str> {
    let source = match &item.value {
        Value::String(text) => text.split_once(':')?.0,
        _ if item.field("type").and_then(Node::as_str) == Some("volume") => item.field("source")?.as_str()?,
        _ => return None,
    };
    let is_path = source.starts_with(['.', '/', '~', '\\']) || source.is_empty() || is_drive(source);
    (!is_path).then_some(source)
}

/// The `C` of a Windows path: `C:\data:/data`.
fn is_drive(source: &str) -> bool {
    source.len() == 1 && source.chars().all(|c| c.is_ascii_alphabetic())
}

impl Node {
    /// Neither null nor an empty text.
    fn is_given(&self) -> bool {
        !matches!(&self.value, Value::Null) && self.as_str() != Some("")
    }

    pub(super) fn is_true(&self) -> bool {
        match &self.value {
            Value::Bool(value) => *value,
            Value::String(text) => !["false", "no", "off", "n"].contains(&text.as_str()),
            _ => true,
        }
    }

    fn has(&self, name: &str) -> bool {
        self.field(name).is_some()
    }

    /// The names of a list, or of a mapping that stands for one.
    pub(super) fn keys_or_texts(&self) -> Vec<&str> {
        let texts = self.items().iter().filter_map(Node::as_str);
        texts.chain(self.entries().iter().map(|entry| entry.name.as_str())).collect()
    }
}
