//! A compose file after interpolation: a tree whose nodes know the file and the line they come from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::model::Source;

use super::ComposeError;

/// Where a node was written.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub file: Rc<Path>,
    /// Counted from 1; 0 where it is not known.
    pub line: u32,
}

/// A value, where it was written, and how it asks to be merged.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub place: Place,
    pub tag: Tag,
    pub value: Value,
    /// For a host port: the variable that stands for it. For a fixed name: the variable it follows.
    pub variable: Option<String>,
}

/// What Compose's own tags ask for when a file is merged over another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    Plain,
    /// `!reset`: the value below goes, and nothing takes its place.
    Reset,
    /// `!override`: the value below goes, and this takes its place.
    Override,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    String(String),
    Sequence(Vec<Node>),
    Mapping(Vec<Entry>),
}

/// One key of a mapping, and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: String,
    /// Where the key stands, which may be above its value.
    pub place: Place,
    pub node: Node,
}

impl Place {
    pub(super) fn error(&self, message: impl Into<String>) -> ComposeError {
        let line = (self.line > 0).then_some(self.line);
        ComposeError {
            file: self.file.to_path_buf(),
            line,
            message: message.into(),
            inputs: Vec::new(),
            variables: BTreeSet::new(),
        }
    }

    /// The error as it is where it names a line; one about a file as a whole is moved to this place, which asks
    /// for that file.
    pub(super) fn or_of_file(&self, error: ComposeError) -> ComposeError {
        match error.line {
            Some(_) => error,
            None => self.error(format!("{}: {}", error.file.display(), error.message)),
        }
    }

    pub(super) fn source(&self) -> Source {
        Source { file: PathBuf::from(&*self.file), line: self.line }
    }
}

impl Node {
    pub(super) fn new(place: Place, value: Value) -> Node {
        Node { place, tag: Tag::Plain, value, variable: None }
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The entries of a mapping; nothing for any other node.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; nothing for any other node.
    pub(super) fn items(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The text, or the texts of a list; `None` for anything else.
    pub(super) fn texts(&self) -> Option<Vec<String>> {
        match &self.value {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Sequence(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            Value::Null => Some(Vec::new()),
            _ => None,
        }
    }

    pub(super) fn field(&self, name: &str) -> Option<&Node> {
        self.entries().iter().find(|entry| entry.name == name).map(|entry| &entry.node)
    }

    /// Takes the value under `name` out of a mapping.
    pub(super) fn take(&mut self, name: &str) -> Option<Node> {
        let Value::Mapping(entries) = &mut self.value else { return None };
        let index = entries.iter().position(|entry| entry.name == name)?;
        Some(entries.remove(index).node)
    }

    /// What the node is, in Compose's words.
    pub(super) fn type_name(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Integer(_) => "integer",
            Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::Sequence(_) => "list",
            Value::Mapping(_) => "mapping",
        }
    }

    /// A scalar as Compose prints it into a text; `None` for anything else.
    pub(super) fn to_text(&self) -> Option<String> {
        match &self.value {
            Value::Bool(value) => Some(value.to_string()),
            Value::Integer(value) => Some(value.to_string()),
            Value::Float(value) => Some(value.to_string()),
            Value::String(value) => Some(value.clone()),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// How many nodes the tree has.
    pub(super) fn size(&self) -> usize {
        let children = match &self.value {
            Value::Sequence(items) => items.iter().map(Node::size).sum(),
            Value::Mapping(entries) => entries.iter().map(|entry| entry.node.size()).sum(),
            _ => 0,
        };
        children + 1
    }
}
