//! What a project that is being forgotten still has in the engines: containers and networks of each context that its
//! directory is or was.

use anyhow::Result;

use crate::config;
use crate::engine::{self, Container, Engine};
use crate::model::EngineKind;
use crate::project::Departure;

/// The containers of one Compose project.
#[derive(Debug)]
pub struct Remains {
    pub compose_name: String,
    pub engine: Box<dyn Engine>,
    pub containers: Vec<Container>,
    pub volumes: Vec<String>,
}

/// What the engines still have of the project.
///
/// # Errors
/// [`crate::engine::EngineError`] where none answers.
pub fn remains(departure: &Departure, wanted: Option<EngineKind>) -> Result<Vec<Remains>> {
    let config = config::load_project_config(&departure.project.path).unwrap_or_default();
    let mut names: Vec<String> = departure.contexts.iter().map(|(context, _)| context.project_name.clone()).collect();
    names.extend(config.project_name.map(|name| name.to_string()));
    let mut found = Vec::new();
    for compose_name in names {
        let (engine, containers) = engine::find_of(&compose_name, wanted.or(config.engine))?;
        let volumes = engine::volumes(&*engine, &compose_name)?;
        found.push(Remains { compose_name, engine, containers, volumes });
    }
    Ok(found)
}

/// Stops what runs of it.
///
/// # Errors
/// The engine does not answer, or refuses.
pub fn stop_remains(remains: &Remains, timeout: u32) -> Result<()> {
    let running: Vec<&str> = remains.containers.iter().filter(|it| it.is_running()).map(|it| it.id.as_str()).collect();
    if running.is_empty() {
        return Ok(());
    }
    engine::stop_containers(&*remains.engine, &running, timeout)
}

/// Removes its containers and networks; volumes stay.
///
/// # Errors
/// As [`stop_remains`].
pub fn clear(remains: &Remains) -> Result<()> {
    engine::remove_project(&*remains.engine, &remains.compose_name)
}
