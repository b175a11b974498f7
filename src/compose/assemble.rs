//! Several files made one: what they include, what their services extend, one file laid over the other.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::load::{Document, interpolate};
use super::merge::{merge, settle};
use super::session::{Session, whole_file};
use super::tree::Node;
use super::{ComposeError, extends, include, schema};

/// What a list of files is read with; an included project has its own.
pub(super) struct Surroundings {
    pub env: Environment,
    /// Relative paths in the files start here.
    pub directory: PathBuf,
    /// The files on the way here, the outermost first.
    pub included_by: Vec<PathBuf>,
}

/// Lays the documents one over the other.
///
/// # Errors
/// Whatever Compose refuses about one of them or about what it includes and extends.
pub(super) fn assemble(
    session: &Session<'_>,
    around: &Surroundings,
    documents: Vec<Document>,
) -> Result<Node, ComposeError> {
    let mut model: Option<Node> = None;
    for document in documents {
        let file = document.file.clone();
        let mut tree = interpolate(session, &around.env, document)?;
        include::resolve(session, around, &file, &mut tree)?;
        extends::resolve(session, around, &file, &mut tree)?;
        let mut merged = match model {
            Some(base) => merge(base, tree)?,
            None => tree,
        };
        settle(&mut merged);
        schema::validate(&merged)?;
        model = Some(merged);
    }
    model.ok_or_else(|| whole_file(Path::new("compose.yaml"), "no files"))
}
