//! Which files make up the project, and which `.env` files its variables come from.

use std::path::{Path, PathBuf};

use super::ComposeError;
use super::environment::Environment;
use super::session::{Session, join, whole_file};
use crate::sys::files;

/// The file names in the order in which Compose tries them.
pub const FILE_NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

const OVERRIDE_NAMES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// The project's files and the values of its variables.
pub(super) struct Found {
    /// In Compose's order; none where there is no compose file.
    pub files: Vec<PathBuf>,
    /// What stands between the files of a `COMPOSE_FILE` here: `.env` may say it.
    pub separator: String,
    pub env: Environment,
    /// The first file's: relative paths start here.
    pub directory: PathBuf,
}

/// Looks for the project's files as Compose would from the root.
///
/// # Errors
/// An `.env` file that Compose would refuse, or nothing but dangling links where compose files should be.
pub(super) fn find(session: &Session<'_>, root: &Path) -> Result<Found, ComposeError> {
    let mut env = Environment::default();
    let own_env_files = env_files(session, root);
    match &own_env_files {
        Some(files) => env.add_files(session, files)?,
        None => env.add_directory(session, root)?,
    }
    let separator = separator(session, &env);
    let files = files(session, &env, root, &separator)?;
    let directory = files.first().and_then(|file| file.parent()).unwrap_or(root).to_owned();
    if own_env_files.is_none() && directory != root {
        env.add_directory(session, &directory)?;
    }
    Ok(Found { files, separator, env, directory })
}

/// The files of `COMPOSE_ENV_FILES`; `None` where `.env` counts.
fn env_files(session: &Session<'_>, root: &Path) -> Option<Vec<PathBuf>> {
    let variable = |name: &str| session.process_variable(name).filter(|value| !value.is_empty());
    if let Some(list) = variable("COMPOSE_ENV_FILES") {
        return Some(list.split(',').map(|path| join(root, path.trim())).collect());
    }
    let disabled = variable("COMPOSE_DISABLE_ENV_FILE")?;
    ["1", "t", "true"].contains(&disabled.to_ascii_lowercase().as_str()).then(Vec::new)
}

fn separator(session: &Session<'_>, env: &Environment) -> String {
    let set = env.lookup(session, "COMPOSE_PATH_SEPARATOR").filter(|value| !value.is_empty());
    set.unwrap_or_else(|| ":".to_owned())
}

fn files(session: &Session<'_>, env: &Environment, root: &Path, separator: &str) -> Result<Vec<PathBuf>, ComposeError> {
    if let Some(list) = env.lookup(session, "COMPOSE_FILE").filter(|list| !list.is_empty()) {
        return Ok(list.split(separator).map(|path| join(root, path)).collect());
    }
    let Some(main) = first_of(session, root, &FILE_NAMES)? else { return Ok(Vec::new()) };
    let over = first_of(session, root, &OVERRIDE_NAMES)?;
    Ok([Some(main), over].into_iter().flatten().collect())
}

fn first_of(session: &Session<'_>, root: &Path, names: &[&str]) -> Result<Option<PathBuf>, ComposeError> {
    let candidates: Vec<PathBuf> = names.iter().map(|name| root.join(name)).collect();
    candidates.iter().for_each(|candidate| session.note_input(candidate));
    let mut found = candidates.iter().filter(|candidate| files::exists(candidate));
    let Some(first) = found.next() else {
        // Compose would look further up without a word, and nobody would know why.
        return match candidates.iter().find(|candidate| files::is_link(candidate)) {
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
