//! Where an override lies: in the user's state directory, one a context.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::app;
use crate::model::ContextHash;
use crate::resolve::Discovery;
use crate::shell::VariableName;
use crate::sys::{env, files};

/// How the override's first line starts.
const FIRST_LINE: &str = "# COMPOSE_FILE=";

/// Bytes; what is larger is not an override of ours.
const LIMIT: u64 = 16 * 1024 * 1024;

/// The override of the context, whether it is there or not.
///
/// # Errors
/// There is no home directory.
pub fn override_path(hash: &ContextHash) -> Result<PathBuf> {
    Ok(app::overrides_dir()?.join(format!("{hash}.yaml")))
}

/// `COMPOSE_FILE` with the project's files and the override behind them, and where the user has a `COMPOSE_FILE`, a copy
/// of that to find back.
///
/// # Errors
/// The path that cannot stand in the list: it holds the separator, or is not UTF-8.
pub(super) fn compose_variables(discovery: &Discovery, path: &Path) -> Result<Vec<(VariableName, String)>, PathBuf> {
    let Discovery { files, separator, .. } = discovery;
    let mut list: Vec<&str> = Vec::with_capacity(files.len() + 1);
    for file in files.iter().map(PathBuf::as_path).chain([path]) {
        let text = file.to_str().filter(|text| !text.contains(separator.as_str()));
        list.push(text.ok_or_else(|| file.to_owned())?);
    }
    // From `.env` alone it would not do: Compose looks for the files once before it has read that.
    let is_told = env::var("COMPOSE_PATH_SEPARATOR").as_deref().unwrap_or(":") == separator;
    let separator_variable = (!is_told).then(|| (VariableName::COMPOSE_PATH_SEPARATOR, separator.clone()));
    let own = discovery.own_compose_file.clone().map(|own| (VariableName::GANTRY_COMPOSE_FILE, own));
    let list = (VariableName::COMPOSE_FILE, list.join(separator));
    Ok([list].into_iter().chain(separator_variable).chain(own).collect())
}

/// The variables that the context's override was written for, while the compose file cannot be read: without them a
/// `docker compose up` would publish what the file says. `own` is the user's own `COMPOSE_FILE`.
pub fn last_known(hash: &ContextHash, own: Option<String>) -> Vec<(VariableName, String)> {
    let known = || {
        let path = override_path(hash).ok()?;
        let text = String::from_utf8(files::read_limited(&path, LIMIT).ok()?).ok()?;
        let list = text.lines().next()?.strip_prefix(FIRST_LINE)?.to_owned();
        list.ends_with(path.to_str()?).then_some(list)
    };
    let own = own.map(|own| (VariableName::GANTRY_COMPOSE_FILE, own));
    known().map_or(Vec::new(), |list| [(VariableName::COMPOSE_FILE, list)].into_iter().chain(own).collect())
}

/// Writes the override where it differs from what is there. Its first line keeps the list of files for [`last_known`].
pub(super) fn write(path: &Path, variables: &[(VariableName, String)], document: &str) -> Result<()> {
    let list = variables.iter().find(|(name, _)| *name == VariableName::COMPOSE_FILE).map(|(_, list)| list.as_str());
    let text = match list.filter(|list| !list.contains(char::is_control)) {
        Some(list) => format!("{FIRST_LINE}{list}\n{document}"),
        None => document.to_owned(),
    };
    if files::read_limited(path, LIMIT).is_ok_and(|there| there == text.as_bytes()) {
        return Ok(());
    }
    let written = match path.parent() {
        Some(directory) => files::make_private_dir(directory),
        None => Ok(()),
    };
    written
        .and_then(|()| files::replace(path, text.as_bytes(), 0o600))
        .with_context(|| format!("the override {} cannot be written", path.display()))
}

/// Removes the context's override, where there is one.
///
/// # Errors
/// It is there and cannot be removed.
pub fn remove(hash: &ContextHash) -> Result<()> {
    let path = override_path(hash)?;
    match files::remove(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("the override {} cannot be removed", path.display()))
        }
        _ => Ok(()),
    }
}
