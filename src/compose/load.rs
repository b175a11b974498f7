//! From a file's YAML to the tree that is merged: variables replaced, tags understood, places noted.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::yaml;

use super::ComposeError;
use super::environment::Environment;
use super::host_port;
use super::interpolate::variables;
use super::session::Session;
use super::tree::{Entry, Node, Place, Tag, Value};

/// A file as it was written, or one of several documents in it.
pub(super) struct Document {
    pub file: Rc<Path>,
    pub root: yaml::Node,
}

/// Reads one file; Compose lays the documents of a stream one over the other, as if they were files.
///
/// # Errors
/// Unreadable, not YAML, or not a mapping.
pub(super) fn read_documents(session: &Session<'_>, path: &Path) -> Result<Vec<Document>, ComposeError> {
    let bytes = session.read(path)?;
    let file: Rc<Path> = Rc::from(path);
    let place = |line| Place { file: Rc::clone(&file), line };
    let roots = yaml::parse_all(&bytes).map_err(|error| place(error.line).error(error.message))?;
    if let Some(root) = roots.iter().find(|root| root.as_mapping().is_none()) {
        return Err(place(root.line).error("the top level of a compose file must be a mapping"));
    }
    Ok(roots.into_iter().map(|root| Document { file: Rc::clone(&file), root }).collect())
}

/// Reads several files.
///
/// # Errors
/// As [`read_documents`].
pub(super) fn read_files(session: &Session<'_>, paths: &[PathBuf]) -> Result<Vec<Document>, ComposeError> {
    let documents: Vec<Vec<Document>> =
        paths.iter().map(|path| read_documents(session, path)).collect::<Result<_, _>>()?;
    Ok(documents.into_iter().flatten().collect())
}

/// Replaces the document's variables.
///
/// # Errors
/// A variable that Compose would refuse, or a document beyond the session's limits.
pub(super) fn interpolate(session: &Session<'_>, env: &Environment, document: Document) -> Result<Node, ComposeError> {
    let mut walk = Interpolation { session, env, file: document.file, path: Vec::new(), overriding: false };
    walk.node(document.root)
}

/// Walks a document and replaces variables in its texts, never in its keys.
struct Interpolation<'a> {
    session: &'a Session<'a>,
    env: &'a Environment,
    file: Rc<Path>,
    /// The keys down to the node at hand; a sequence's items are `[]`.
    path: Vec<String>,
    /// Within `!override`, where Compose sees no further tags.
    overriding: bool,
}

impl Interpolation<'_> {
    fn node(&mut self, source: yaml::Node) -> Result<Node, ComposeError> {
        let place = Place { file: Rc::clone(&self.file), line: source.line };
        self.session.spend(1, &place)?;
        let tag = match source.tag.as_deref() {
            Some("!reset") if !self.overriding => Tag::Reset,
            Some("!override") if !self.overriding => Tag::Override,
            _ => Tag::Plain,
        };
        let outer = self.overriding;
        self.overriding |= tag == Tag::Override;
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
        self.overriding = outer;
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

    /// The text, and for a host port or a fixed name the variable behind it.
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
            ["services", _, "container_name"] | ["volumes" | "networks", _, "name"] => self
                .env
                .substitute(self.session, &template, place)
                .map(|text| (text, project_variable(&template).map(str::to_owned))),
            _ => self.env.substitute(self.session, &template, place).map(|text| (text, None)),
        };
        let (text, variable) = result.map_err(|error| place.error(format!("{}: {error}", path.join("."))))?;
        self.session.spend_text(&text, place)?;
        Ok((text, variable))
    }
}

/// `COMPOSE_PROJECT_NAME`, where the template holds it.
fn project_variable(template: &str) -> Option<&str> {
    variables(template).into_iter().find(|name| *name == "COMPOSE_PROJECT_NAME")
}
