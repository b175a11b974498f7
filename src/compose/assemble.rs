//! Several files made one: what they include, what their services extend, one file laid over the other.

use std::rc::Rc;

use super::environment::Surroundings;
use super::load::{Document, interpolate};
use super::merge::{merge, settle};
use super::session::Session;
use super::tree::{Node, Place, Value};
use super::{ComposeError, extends, include, ports, schema};

/// Lays the documents one over the other.
///
/// # Errors
/// Whatever Compose refuses about one of them or about what it includes and extends.
pub(super) fn assemble(
    session: &Session<'_>,
    around: &Surroundings,
    documents: Vec<Document>,
) -> Result<Node, ComposeError> {
    let nowhere = Place { file: Rc::from(around.directory.as_path()), line: 0 };
    let mut model = Node::new(nowhere, Value::Mapping(Vec::new()));
    let last = documents.len().saturating_sub(1);
    for (index, document) in documents.into_iter().enumerate() {
        let file = document.file.clone();
        let mut tree = interpolate(session, &around.env, document)?;
        include::resolve(session, around, &file, &mut tree)?;
        extends::resolve(session, around, &file, &mut tree)?;
        model = merge(model, tree)?;
        settle(&mut model);
        schema::validate(session, &model)?;
        if index < last {
            ports::check(model.field("services").map(Node::entries).unwrap_or_default())?;
        }
    }
    Ok(model)
}
