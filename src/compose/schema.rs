//! The shape of a compose file: whether each attribute exists and is of the type that Compose wants.
//!
//! What exists stands in `tables`; an attribute of an extension (`x-…`) may be anything.

mod tables;

use std::collections::BTreeSet;

use super::ComposeError;
use super::session::Session;
use super::tree::{Entry, Node, Value};

/// What a node may be.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Anything,
    Text,
    /// Compose takes `"true"` for a boolean, because a variable can only be a text.
    Flag,
    /// A number, or a text such as `64m`.
    Number,
    /// A number, also as a text.
    Count,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    Texts,
    TextOrTexts,
    /// A mapping to scalars, or a list of `NAME=VALUE`.
    Dictionary,
    ListOf(&'static Shape),
    /// A mapping whose keys are the user's own names.
    Named(&'static Shape),
    /// A mapping with these attributes and `x-` extensions.
    Attributes(&'static [Group]),
    Either(&'static [Shape]),
    OrNull(&'static Shape),
}

/// A shape, and the attributes that have it; `!` marks one that must be there.
pub(super) type Group = (Shape, &'static [&'static str]);

use Shape::{
    Anything, Attributes, Count, Dictionary, Either, Flag, ListOf, Named, Number, OneOf, OrNull, Text, TextOrTexts,
    Texts,
};

/// What Compose takes for a boolean where a variable has made it a text.
const BOOLEANS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "y", "n"];

/// Says whether Compose would take the tree.
///
/// # Errors
/// The first attribute that does not exist or is of the wrong type, in Compose's words.
pub(super) fn validate(session: &Session<'_>, tree: &Node) -> Result<(), ComposeError> {
    for Entry { name, place, .. } in tree.field("services").map(Node::entries).unwrap_or_default() {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if name.is_empty() || !name.bytes().all(fits) {
            // Compose refuses it; a name is no reason to leave the other services without ports.
            session.warn(
                Some(place),
                format!("services: {name:?} cannot be a service's name, so Compose refuses the file"),
            );
        }
    }
    check(tree, tables::FILE, &Path { above: None, name: "" })
}

/// The way down to a node.
struct Path<'a> {
    above: Option<&'a Path<'a>>,
    name: &'a str,
}

fn check(node: &Node, shape: Shape, path: &Path<'_>) -> Result<(), ComposeError> {
    if shape.allows_kind_of(node) {
        return check_within(node, shape, path);
    }
    let expected = listed(&shape.names());
    let path = path.to_string();
    let subject = if path.is_empty() { "the top level of a compose file" } else { &path };
    Err(node.place.error(format!("{subject} must be a {expected}, not {}", node.type_name())))
}

fn check_within(node: &Node, shape: Shape, path: &Path<'_>) -> Result<(), ComposeError> {
    match shape {
        Attributes(groups) => {
            node.entries().iter().try_for_each(|entry| check_attribute(entry, groups, path))?;
            check_required(node, groups, path)
        }
        Named(shape) => node
            .entries()
            .iter()
            .filter(|entry| !entry.name.starts_with("x-"))
            .try_for_each(|entry| check(&entry.node, *shape, &path.down(&entry.name))),
        ListOf(shape) => check_items(node, *shape, path),
        Texts | TextOrTexts => check_items(node, Text, path),
        Dictionary => {
            check_items(node, Text, path)?;
            let mut values = node.entries().iter();
            values.try_for_each(|entry| {
                check(&entry.node, Either(&[Number, Flag, OrNull(&Text)]), &path.down(&entry.name))
            })
        }
        Either(shapes) => match shapes.iter().find(|shape| shape.allows_kind_of(node)) {
            Some(shape) => check_within(node, *shape, path),
            None => Ok(()),
        },
        OrNull(shape) if !matches!(node.value, Value::Null) => check_within(node, *shape, path),
        Flag | Count | OneOf(_) => check_text(node, shape, path),
        OrNull(_) | Anything | Text | Number => Ok(()),
    }
}

fn check_required(node: &Node, groups: &[Group], path: &Path<'_>) -> Result<(), ComposeError> {
    let required = groups.iter().flat_map(|(_, names)| *names).filter_map(|name| name.strip_suffix('!'));
    match required.into_iter().find(|name| node.field(name).is_none()) {
        Some(name) => Err(node.place.error(format!("{path}: {name} is required"))),
        None => Ok(()),
    }
}

/// Whether a text is one that Compose turns into what it wants.
fn check_text(node: &Node, shape: Shape, path: &Path<'_>) -> Result<(), ComposeError> {
    let Some(text) = node.as_str() else { return Ok(()) };
    let fits = match shape {
        Flag => BOOLEANS.contains(&text.to_ascii_lowercase().as_str()),
        Count => text.parse::<f64>().is_ok(),
        OneOf(texts) => texts.contains(&text),
        _ => true,
    };
    if fits {
        return Ok(());
    }
    let expected = match shape {
        OneOf(texts) => listed(texts),
        _ => shape.names()[0].to_owned(),
    };
    Err(node.place.error(format!("{path} must be {expected}, not {text:?}")))
}

/// `a, b or c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => (*name).to_owned(),
        [names @ .., last] => format!("{} or {last}", names.join(", ")),
    }
}

fn check_items(node: &Node, shape: Shape, path: &Path<'_>) -> Result<(), ComposeError> {
    let mut items = node.items().iter().enumerate();
    items.try_for_each(|(index, item)| check(item, shape, &path.down(&index.to_string())))
}

fn check_attribute(entry: &Entry, groups: &[Group], path: &Path<'_>) -> Result<(), ComposeError> {
    if entry.name.starts_with("x-") {
        return Ok(());
    }
    let group =
        groups.iter().find(|(_, names)| names.iter().any(|name| name.strip_suffix('!').unwrap_or(name) == entry.name));
    match group {
        Some((shape, _)) => check(&entry.node, *shape, &path.down(&entry.name)),
        None => {
            let path = path.to_string();
            let subject = if path.is_empty() { "the file" } else { &path };
            Err(entry.place.error(format!("{subject}: additional property {} is not allowed", entry.name)))
        }
    }
}

impl Shape {
    fn allows_kind_of(&self, node: &Node) -> bool {
        match (self, &node.value) {
            (Anything, _)
            | (Text | Flag | Number | Count | OneOf(_) | TextOrTexts, Value::String(_))
            | (Flag, Value::Bool(_))
            | (Number | Count, Value::Integer(_) | Value::Float(_))
            | (Texts | TextOrTexts | Dictionary | ListOf(_), Value::Sequence(_))
            | (Dictionary | Named(_) | Attributes(_), Value::Mapping(_))
            | (OrNull(_), Value::Null) => true,
            (OrNull(shape), _) => shape.allows_kind_of(node),
            (Either(shapes), _) => shapes.iter().any(|shape| shape.allows_kind_of(node)),
            _ => false,
        }
    }

    /// Compose's words for what it expects.
    fn names(&self) -> Vec<&'static str> {
        match self {
            Anything => vec!["value"],
            Text | OneOf(_) => vec!["string"],
            Flag => vec!["boolean"],
            Number => vec!["number", "string"],
            Count => vec!["number"],
            Texts | ListOf(_) => vec!["list"],
            TextOrTexts => vec!["string", "list"],
            Dictionary => vec!["mapping", "list"],
            Named(_) | Attributes(_) => vec!["mapping"],
            OrNull(shape) => shape.names(),
            Either(shapes) => {
                let names: BTreeSet<&str> = shapes.iter().flat_map(Shape::names).collect();
                names.into_iter().collect()
            }
        }
    }
}

impl<'a> Path<'a> {
    fn down(&'a self, name: &'a str) -> Path<'a> {
        Path { above: Some(self), name }
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(above) = self.above else { return Ok(()) };
        if above.above.is_some() {
            write!(f, "{above}.")?;
        }
        f.write_str(self.name)
    }
}
