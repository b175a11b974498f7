//! Which files make up the project: `COMPOSE_FILE`, else the first of the four names and the override beside it.

use std::path::{Path, PathBuf};

use super::ComposeError;
use super::environment::Environment;
use super::session::{Session, whole_file};

/// The file names in the order in which Compose tries them.
pub const FILE_NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

const OVERRIDE_NAMES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// The project's files in Compose's order; none where there is no compose file.
///
/// # Errors
/// The only candidates are dangling links: Compose would look further up, and nobody would know why.
pub(super) fn files(session: &Session<'_>, env: &Environment, root: &Path) -> Result<Vec<PathBuf>, ComposeError> {
    if let Some(list) = env.lookup(session, "COMPOSE_FILE") {
        let separator = env.lookup(session, "COMPOSE_PATH_SEPARATOR").filter(|separator| !separator.is_empty());
        let separator = separator.unwrap_or_else(|| ":".to_owned());
        return Ok(list.split(separator.as_str()).map(|path| root.join(path)).collect());
    }
    let Some(main) = first_of(session, root, &FILE_NAMES)? else { return Ok(Vec::new()) };
    let over = first_of(session, root, &OVERRIDE_NAMES)?;
    Ok([Some(main), over].into_iter().flatten().collect())
}

fn first_of(session: &Session<'_>, root: &Path, names: &[&str]) -> Result<Option<PathBuf>, ComposeError> {
    let candidates: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
    candidates.iter().for_each(|candidate| session.note_input(candidate));
    let mut found = candidates.iter().filter(|candidate| candidate.exists());
    let Some(first) = found.next() else {
        return match candidates.iter().find(|candidate| candidate.is_symlink()) {
            Some(link) => Err(whole_file(link, "a dangling link: its target does not exist")),
            None => Ok(None),
        };
    };
    for other in found {
        let message = format!("{} is passed over: Compose reads {}", other.display(), first.display());
        session.warn(None, message);
    }
    Ok(Some(first.clone()))
}
