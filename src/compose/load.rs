//! From a file's YAML to the tree that is merged: variables replaced, tags understood, places noted.

use std::path::Path;
use std::rc::Rc;

use crate::yaml;

use super::ComposeError;
use super::environment::Environment;
use super::host_port;
use super::session::Session;
use super::tree::{Entry, Node, Place, Tag, Value};

/// Reads one file and replaces its variables; an empty file is an empty mapping.
///
/// # Errors
/// Unreadable, not YAML, not a mapping, or a variable that Compose would refuse.
pub(super) fn load_file(session: &Session<'_>, env: &Environment, path: &Path) -> Result<Node, ComposeError> {
    let bytes = session.read(path)?;
    let file: Rc<Path> = Rc::from(path);
    let document =
        yaml::parse(&bytes).map_err(|error| Place { file: Rc::clone(&file), line: error.line }.error(error.message))?;
    let place = Place { file, line: document.line };
    match document.value {
        yaml::Value::Null => Ok(Node::new(place, Value::Mapping(Vec::new()))),
        yaml::Value::Mapping(_) => Interpolation { session, env, file: place.file, path: Vec::new() }.node(document),
        _ => Err(place.error("the top level of a compose file must be a mapping")),
    }
}

/// Walks a document and replaces variables in its texts, never in its keys.
struct Interpolation<'a> {
    session: &'a Session<'a>,
    env: &'a Environment,
    file: Rc<Path>,
    /// The keys down to the node at hand; a sequence's items are `[]`.
    path: Vec<String>,
}

impl Interpolation<'_> {
    fn node(&mut self, source: yaml::Node) -> Result<Node, ComposeError> {
        let place = Place { file: Rc::clone(&self.file), line: source.line };
        self.session.spend(1, &place)?;
        let tag = match source.tag.as_deref() {
            Some("!reset") => Tag::Reset,
            Some("!override") => Tag::Override,
            _ => Tag::Plain,
        };
        let mut variable = None;
        let value = match source.value {
            yaml::Value::Null => Value::Null,
            yaml::Value::Bool(value) => Value::Bool(value),
            yaml::Value::Integer(value) => Value::Integer(value),
            yaml::Value::Float(value) => Value::Float(value),
            yaml::Value::String(template) => {
                let (text, stands_for) = self.text(template, &place)?;
                variable = stands_for;
                Value::String(text)
            }
            yaml::Value::Sequence(items) => Value::Sequence(self.items(items)?),
            yaml::Value::Mapping(entries) => Value::Mapping(self.entries(entries)?),
        };
        Ok(Node { place, tag, value, variable })
    }

    fn items(&mut self, items: Vec<yaml::Node>) -> Result<Vec<Node>, ComposeError> {
        self.path.push("[]".to_owned());
        let items = items.into_iter().map(|item| self.node(item)).collect();
        self.path.pop();
        items
    }

    fn entries(&mut self, entries: Vec<(yaml::Key, yaml::Node)>) -> Result<Vec<Entry>, ComposeError> {
        let mut result = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let place = Place { file: Rc::clone(&self.file), line: key.line };
            self.path.push(key.name);
            let node = self.node(value)?;
            let name = self.path.pop().unwrap_or_default();
            result.push(Entry { name, place, node });
        }
        Ok(result)
    }

    /// The text, and for a host port or a container name the variable behind it.
    fn text(&self, template: String, place: &Place) -> Result<(String, Option<String>), ComposeError> {
        if !template.contains('$') {
            return Ok((template, None));
        }
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        let result = match path.as_slice() {
            ["services", _, "ports", "[]"] => host_port::short(self.session, self.env, &template, place),
            ["services", _, "ports", "[]", "published"] => {
                host_port::published(self.session, self.env, &template, place)
            }
            _ => self.env.substitute(self.session, &template, place).map(|text| (text, None)),
        };
        let (text, variable) = result.map_err(|error| place.error(format!("{}: {error}", path.join("."))))?;
        let project = "COMPOSE_PROJECT_NAME";
        let follows_project = matches!(path.as_slice(), ["services", _, "container_name"])
            && super::interpolate::variables(&template).contains(&project);
        Ok((text, variable.or_else(|| follows_project.then(|| project.to_owned()))))
    }
}
