//! `include`: other projects' files, read in their own directory and with their own `.env`, as part of this one.

use std::path::{Path, PathBuf};

use super::ComposeError;
use super::assemble::assemble;
use super::environment::Surroundings;
use super::load::read_files;
use super::merge::merge_resource;
use super::session::{Session, join};
use super::tree::{Entry, Node, Place, Value};

/// Includes within includes.
const DEPTH_LIMIT: usize = 50;

/// What an included file gives to the one that includes it.
const SECTIONS: [&str; 6] = ["services", "volumes", "networks", "secrets", "configs", "models"];

/// Takes the tree's `include` list and puts in what it names; what the tree itself says is laid over it.
///
/// # Errors
/// A file that is missing or that Compose refuses, a circle, or a list of the wrong shape.
pub(super) fn resolve(
    session: &Session<'_>,
    around: &Surroundings,
    file: &Path,
    tree: &mut Node,
) -> Result<(), ComposeError> {
    let Some(list) = tree.take("include") else { return Ok(()) };
    let items = match list.value {
        Value::Sequence(items) => items,
        Value::Null => return Ok(()),
        _ => return Err(list.place.error(format!("include must be a list, not {}", list.type_name()))),
    };
    let mut chain = around.included_by.clone();
    chain.push(file.to_owned());
    for item in items {
        let inclusion = Inclusion::read(&item)?;
        if inclusion.paths.iter().any(|path| is_remote(path)) {
            session.skip_remote(&item.place, &inclusion.paths.join(", "));
            continue;
        }
        if let Some(main) = inclusion.paths.first() {
            let included = inclusion.load(session, around, &chain, &join(&around.directory, main))?;
            import(included, tree)?;
        }
    }
    Ok(())
}

/// One entry of the list.
struct Inclusion {
    place: Place,
    paths: Vec<String>,
    env_files: Vec<String>,
    project_directory: Option<String>,
}

impl Inclusion {
    fn read(item: &Node) -> Result<Inclusion, ComposeError> {
        let place = item.place.clone();
        let wrong = |what: &str| item.place.error(format!("include: {what}"));
        let texts = |name: &str| match item.field(name) {
            Some(node) => node.texts().ok_or_else(|| wrong(&format!("{name} must be a string or a list of strings"))),
            None => Ok(Vec::new()),
        };
        let (paths, env_files, project_directory) = match &item.value {
            Value::String(path) => (vec![path.clone()], Vec::new(), None),
            Value::Mapping(_) => {
                let directory = item.field("project_directory").and_then(Node::as_str).map(str::to_owned);
                (texts("path")?, texts("env_file")?, directory.filter(|directory| !directory.is_empty()))
            }
            _ => return Err(wrong(&format!("an entry is a string or a mapping, not {}", item.type_name()))),
        };
        Ok(Inclusion { place, paths, env_files, project_directory })
    }

    fn load(
        &self,
        session: &Session<'_>,
        around: &Surroundings,
        chain: &[PathBuf],
        main: &Path,
    ) -> Result<Node, ComposeError> {
        let files: Vec<PathBuf> = self.paths.iter().map(|path| join(&around.directory, path)).collect();
        if chain.iter().any(|file| file == main) {
            let files = chain.iter().map(PathBuf::as_path).chain([main]);
            let steps: Vec<String> = files.map(|file| file.display().to_string()).collect();
            return Err(self.place.error(format!("include cycle detected: {}", steps.join(" includes "))));
        }
        if chain.len() > DEPTH_LIMIT {
            return Err(self.place.error(format!("more than {DEPTH_LIMIT} includes within each other")));
        }
        let directory = match &self.project_directory {
            Some(directory) => join(&around.directory, directory),
            None => main.parent().unwrap_or(&around.directory).to_owned(),
        };
        let mut env = around.env.clone();
        if self.env_files.is_empty() {
            env.add_directory(session, &directory)?;
        } else {
            let files: Vec<PathBuf> = self.env_files.iter().map(|file| join(&around.directory, file)).collect();
            env.add_files(session, &files).map_err(|error| self.place.or_of_file(error))?;
        }
        let documents = read_files(session, &files).map_err(|error| self.place.or_of_file(error))?;
        assemble(session, &Surroundings { env, directory, included_by: chain.to_vec() }, documents)
    }
}

/// Compose fetches these; gantry does not.
fn is_remote(path: &str) -> bool {
    path.contains("://") || path.starts_with("git@") || path.starts_with("github.com/")
}

fn import(mut included: Node, tree: &mut Node) -> Result<(), ComposeError> {
    for section in SECTIONS {
        let Some(from) = included.take(section) else { continue };
        let merged = match tree.take(section) {
            Some(own) if matches!(own.value, Value::Mapping(_)) => merge_resource(from, own, section)?,
            Some(own) if matches!(own.value, Value::Null) => from,
            Some(own) => return Err(own.place.error(format!("{section} must be a mapping"))),
            None => from,
        };
        let Value::Mapping(entries) = &mut tree.value else { return Ok(()) };
        entries.push(Entry { name: section.to_owned(), place: merged.place.clone(), node: merged });
    }
    Ok(())
}
