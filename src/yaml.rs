//! YAML as a tree of nodes that remember their line and their tag: the only room that knows the YAML crate.
//!
//! Aliases and `<<` merge keys are resolved. A hostile document ends in an error within milliseconds: size,
//! nesting, and the number of nodes after aliases are bounded.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::{Spanned, Tagged};

/// Bytes; a hundred times the largest compose file in common use.
pub const SIZE_LIMIT: u64 = 2 * 1024 * 1024;

/// Nodes after aliases are resolved.
const NODE_LIMIT: usize = 100_000;

/// Mappings and sequences within each other.
const DEPTH_LIMIT: usize = 64;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Counted from 1; where an alias stands, the alias's line.
    pub line: u32,
    /// A tag such as `!reset`, as written; `None` for the core tags that a parser implies.
    pub tag: Option<String>,
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    String(String),
    Sequence(Vec<Node>),
    /// In the order of the file, each key once.
    Mapping(Vec<(Key, Node)>),
}

/// A mapping's key and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub line: u32,
    pub name: String,
}

/// Why a text is not YAML, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntaxError {
    /// Counted from 1; 0 where the parser does not tell.
    pub line: u32,
    pub message: String,
}

/// The document's tree; an empty document is `Null`.
///
/// # Errors
/// Not UTF-8, not YAML, several documents, a key twice, or larger than the limits.
pub fn parse(bytes: &[u8]) -> Result<Node, SyntaxError> {
    serde_yaml::from_str_with_options(checked_text(bytes)?, options()).map_err(|error| SyntaxError::from(&error))
}

/// The trees of a stream of documents (`---` parts them); empty ones are left out.
///
/// # Errors
/// As [`parse`]; the limits count for all of them together.
pub fn parse_all(bytes: &[u8]) -> Result<Vec<Node>, SyntaxError> {
    serde_yaml::from_multiple_with_options(checked_text(bytes)?, options()).map_err(|error| SyntaxError::from(&error))
}

fn checked_text(bytes: &[u8]) -> Result<&str, SyntaxError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| SyntaxError { line: line_of(bytes, error.valid_up_to()), message: "not UTF-8".to_owned() })?;
    if text.len() as u64 > SIZE_LIMIT {
        return Err(SyntaxError { line: 0, message: format!("larger than {SIZE_LIMIT} bytes") });
    }
    Ok(text)
}

fn options() -> serde_yaml::Options {
    serde_yaml::options! {
        strict_booleans: true,
        // As in Compose: `0440` is a file mode.
        legacy_octal_numbers: true,
        with_snippet: false,
        budget: serde_yaml::budget! { max_nodes: NODE_LIMIT, max_depth: DEPTH_LIMIT },
    }
}

impl From<&serde_yaml::Error> for SyntaxError {
    fn from(error: &serde_yaml::Error) -> SyntaxError {
        SyntaxError {
            line: error.location().map_or(0, |location| as_line(location.line())),
            message: message_of(error),
        }
    }
}

impl Node {
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_mapping(&self) -> Option<&[(Key, Node)]> {
        match &self.value {
            Value::Mapping(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under `name` where the node is a mapping that has it.
    pub fn field(&self, name: &str) -> Option<&Node> {
        self.as_mapping()?.iter().find(|(key, _)| key.name == name).map(|(_, node)| node)
    }

    /// What the node is, in the words of Compose's own messages.
    pub fn type_name(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Integer(_) => "integer",
            Value::Float(_) => "number",
            Value::String(_) => "string",
            Value::Sequence(_) => "array",
            Value::Mapping(_) => "mapping",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        let Spanned { value: Tagged(value, tag), referenced, .. } =
            Spanned::<Tagged<Value>>::deserialize(deserializer)?;
        let tag = tag.filter(|tag| !tag.starts_with("tag:yaml.org,2002:"));
        Ok(Node { line: as_line(referenced.line()), tag, value })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "YAML has one number type; a number this large is nobody's port")]
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Value::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, node)) = access.next_entry::<Spanned<String>, Node>()? {
            entries.push((Key { line: as_line(key.referenced.line()), name: key.value }, node));
        }
        Ok(Value::Mapping(entries))
    }
}

/// The crate's first line, without the position that the error already carries and without advice on its options.
fn message_of(error: &serde_yaml::Error) -> String {
    let text = error.without_snippet().to_string();
    let line = text.lines().next().unwrap_or("not YAML");
    if line.contains("budget breached: Nodes") {
        return format!("more than {NODE_LIMIT} values, aliases counted each time");
    }
    if line.contains("budget breached: Depth") || line.contains("recursion limit exceeded") {
        return format!("nested deeper than {DEPTH_LIMIT} levels");
    }
    let line = line.strip_prefix("error: ").unwrap_or(line);
    let message = match line.split_once(": ") {
        Some((position, rest)) if position.starts_with("line ") && position.contains(" column ") => rest,
        _ => line,
    };
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    message.split(", set DuplicateKeyPolicy").next().unwrap_or(message).to_owned()
}

fn as_line(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

fn line_of(bytes: &[u8], offset: usize) -> u32 {
    let newlines = bytes.iter().take(offset).filter(|&&byte| byte == b'\n').count();
    as_line(newlines as u64 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_know_their_line_and_tag() {
        let tree =
            parse(b"x: &a\n  image: redis\nservices:\n  db:\n    <<: *a\n    ports: !override [\"1:2\", 5432]\n")
                .expect("valid");
        let db = tree.field("services").and_then(|services| services.field("db")).expect("db");
        assert_eq!(db.field("image").and_then(Node::as_str), Some("redis"));
        let ports = db.field("ports").expect("ports");
        assert_eq!((ports.line, ports.tag.as_deref()), (6, Some("!override")));
        assert!(matches!(&ports.value, Value::Sequence(items) if items[1].value == Value::Integer(5432)));
    }

    #[test]
    fn a_stream_is_a_list_of_trees() {
        let lines = |text: &str| parse_all(text.as_bytes()).map(|trees| trees.iter().map(|tree| tree.line).collect());
        assert_eq!(lines("a: 1\n---\n# none\n---\nb: 2\n"), Ok(vec![1, 5]));
        assert_eq!(lines(""), Ok(Vec::new()));
        assert_eq!(lines("a: 1\n---\nb: [").map_err(|error| error.line), Err(3));
        assert!(parse(b"a: 1\n---\nb: 2\n").is_err());
    }

    #[test]
    fn hostile_documents_end_in_an_error() {
        let bomb = (1..12).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, level| {
            let inner = vec![format!("*a{}", level - 1); 9].join(",");
            format!("{text}a{level}: &a{level} [{inner}]\n")
        });
        let deep = "[".repeat(1_000_000);
        for text in [bomb.as_str(), &deep, "a: 1\na: 2\n", "a: [", "a: *nobody\n", "\t: x", "a: b: c"] {
            let error = parse(text.as_bytes()).expect_err("refused");
            assert!(error.line > 0 && !error.message.is_empty(), "{error:?}");
        }
        assert_eq!(parse(b"a: \xff\n").map_err(|error| error.line), Err(1));
    }
}
