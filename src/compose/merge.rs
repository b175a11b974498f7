//! Laying one file's tree over another's, with Compose's rules.

use std::collections::HashMap;

use super::ComposeError;
use super::tree::{Entry, Node, Tag, Value};

/// Fields of a service of which the later file's value counts whole.
const REPLACED: [&str; 2] = ["command", "entrypoint"];

/// Fields of a service that may be a list here and a mapping there; none of them concerns ports.
const LISTS_OR_MAPPINGS: [&str; 12] = [
    "annotations",
    "build",
    "depends_on",
    "dns",
    "dns_search",
    "env_file",
    "environment",
    "extra_hosts",
    "labels",
    "networks",
    "sysctls",
    "tmpfs",
];

/// Lays `over` on `base`: mappings are merged, lists appended, anything else replaced.
///
/// # Errors
/// A list or mapping that meets something else.
pub(super) fn merge(base: Node, over: Node) -> Result<Node, ComposeError> {
    merge_at(base, over, &mut Vec::new())
}

/// Lays a service on the one that it extends.
///
/// # Errors
/// As [`merge`].
pub(super) fn merge_service(base: Node, over: Node, name: &str) -> Result<Node, ComposeError> {
    merge_at(base, over, &mut vec!["services".to_owned(), name.to_owned()])
}

/// Lays a top-level section (`services`, `volumes` …) on the one that an included file brought.
///
/// # Errors
/// As [`merge`].
pub(super) fn merge_resource(base: Node, over: Node, section: &str) -> Result<Node, ComposeError> {
    merge_at(base, over, &mut vec![section.to_owned()])
}

/// Takes out what `!reset` stands on, and forgets the tags: they have been obeyed.
pub(super) fn settle(node: &mut Node) {
    node.tag = Tag::Plain;
    match &mut node.value {
        Value::Sequence(items) => {
            items.retain(|item| item.tag != Tag::Reset);
            items.iter_mut().for_each(settle);
        }
        Value::Mapping(entries) => {
            entries.retain(|entry| entry.node.tag != Tag::Reset);
            entries.iter_mut().for_each(|entry| settle(&mut entry.node));
        }
        _ => {}
    }
}

fn merge_at(base: Node, over: Node, path: &mut Vec<String>) -> Result<Node, ComposeError> {
    if over.tag != Tag::Plain || is_replaced(path) {
        return Ok(over);
    }
    let takes_any = takes_lists_and_mappings(path);
    match (base.value, over.value) {
        (value, Value::Null) => Ok(Node { value, ..base_shell(base.place, base.tag, base.variable) }),
        (Value::Mapping(below), Value::Mapping(above)) => {
            let value = Value::Mapping(merge_entries(below, above, path)?);
            Ok(Node { value, ..base_shell(base.place, base.tag, None) })
        }
        (Value::Sequence(mut below), Value::Sequence(above)) => {
            below.extend(above);
            Ok(Node { value: Value::Sequence(below), ..base_shell(base.place, base.tag, None) })
        }
        (Value::Mapping(_) | Value::Sequence(_), _) if !takes_any => {
            Err(over.place.error(format!("cannot override {}", path.join("."))))
        }
        (_, value) => Ok(Node { value, ..base_shell(over.place, over.tag, over.variable) }),
    }
}

fn base_shell(place: super::tree::Place, tag: Tag, variable: Option<String>) -> Node {
    Node { place, tag, value: Value::Null, variable }
}

fn merge_entries(below: Vec<Entry>, above: Vec<Entry>, path: &mut Vec<String>) -> Result<Vec<Entry>, ComposeError> {
    let index: HashMap<String, usize> =
        below.iter().enumerate().map(|(index, entry)| (entry.name.clone(), index)).collect();
    let mut result: Vec<Option<Entry>> = below.into_iter().map(Some).collect();
    for entry in above {
        // Compose replaces extensions whole.
        let known = index.get(&entry.name).filter(|_| !entry.name.starts_with("x-"));
        match known.and_then(|&index| result[index].take().map(|base| (index, base))) {
            Some((index, base)) => {
                path.push(entry.name.clone());
                let node = merge_at(base.node, entry.node, path)?;
                path.pop();
                result[index] = Some(Entry { name: base.name, place: entry.place, node });
            }
            None => result.push(Some(entry)),
        }
    }
    Ok(result.into_iter().flatten().collect())
}

fn is_replaced(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["services", _, field] => REPLACED.contains(field),
        ["services", _, "healthcheck", "test"] => true,
        _ => false,
    }
}

fn takes_lists_and_mappings(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["services", _, field] | ["services", _, field, ..] => LISTS_OR_MAPPINGS.contains(field) || *field == "ulimits",
        ["networks" | "volumes", _, "labels"] => true,
        _ => false,
    }
}
