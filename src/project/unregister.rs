//! Forgetting a project: its hostname, and the ports of the contexts in its directory.

use anyhow::Result;

use super::ProjectError;
use crate::app::App;
use crate::registry::{Allocation, ContextRow, ProjectRow, allocations, contexts, fixed_names, projects, trusted};
use crate::remap;
use crate::{certs, config};

/// What would be given up.
#[derive(Clone, Debug)]
pub struct Departure {
    pub project: ProjectRow,
    /// The contexts that its directory is or was, branch by branch, and what they hold.
    pub contexts: Vec<(ContextRow, Vec<Allocation>)>,
}

/// What unregistering the project would give up; changes nothing.
///
/// # Errors
/// The registry cannot be read.
pub fn plan(app: &mut App, project: ProjectRow) -> Result<Departure> {
    let Some(registry) = app.existing_registry()? else { return Ok(Departure { project, contexts: Vec::new() }) };
    let contexts = registry.read(|reader| {
        let mut found = Vec::new();
        for context in contexts::of_path(reader, &project.path)? {
            let rows = allocations::of_context(reader, context.id)?;
            found.push((context, rows));
        }
        Ok(found)
    })?;
    Ok(Departure { project, contexts })
}

/// Forgets the project; without `keep_ports` its contexts go too, with all that they hold.
///
/// # Errors
/// The registry cannot be written; then nothing is changed.
pub fn unregister(app: &mut App, departure: &Departure, keep_ports: bool) -> Result<()> {
    let Departure { project, contexts } = departure;
    app.registry()?.write(|writer| {
        // Compared whole: where another process was faster, SQLite may have given the number of the row away again.
        let there = projects::of_hostname(writer, &project.hostname)?;
        if there.is_none_or(|there| (there.id, there.registered_at) != (project.id, project.registered_at)) {
            let directory = project.path.clone();
            return Err(ProjectError::NotRegistered { directory }.into());
        }
        projects::delete(writer, project.id)?;
        trusted::delete(writer, &project.path.join(config::FILE_NAME))?;
        let held = contexts::of_path(writer, &project.path)?;
        let is_planned =
            |row: &&ContextRow| contexts.iter().any(|(known, _)| (known.id, &known.hash) == (row.id, &row.hash));
        for context in held.iter().filter(is_planned).filter(|_| !keep_ports) {
            fixed_names::release_all(writer, context.id)?;
            contexts::delete(writer, context.id)?;
        }
        Ok(())
    })?;
    // A certificate that cannot be removed is told by `gantry cert status`.
    let _ = certs::forget(&project.hostname);
    for (context, _) in contexts.iter().filter(|_| !keep_ports) {
        // One that cannot be removed harms nobody: no shell is told of it any more.
        let _ = remap::remove(&context.hash);
    }
    Ok(())
}
