//! What a project that is being forgotten still has in the engines: containers and networks of each context that its
//! directory is or was.

use anyhow::Result;

use super::event::Tell;
use super::lock::{self, Work};
use crate::config;
use crate::engine::{self, Container, Engine};
use crate::project::Departure;
use crate::sys::signals::Interrupts;

/// The containers of one Compose project.
#[derive(Debug)]
pub struct Remains {
    pub compose_name: String,
    pub engine: Box<dyn Engine>,
    pub containers: Vec<Container>,
    pub volumes: Vec<String>,
    /// Nobody else starts or stops it meanwhile.
    _work: Work,
}

/// What the engines still have of the project.
///
/// # Errors
/// [`crate::engine::EngineError`] where none answers.
pub fn remains(departure: &Departure, tell: &mut Tell<'_>, interrupts: &Interrupts) -> Result<Vec<Remains>> {
    // A broken gantry.yml names no Compose project.
    let config = config::load_project_config(&departure.project.path).unwrap_or_default();
    let mut found = Vec::new();
    for (context, _) in &departure.contexts {
        let named = config.project_name.as_ref().map(ToString::to_string);
        let compose_name = named.unwrap_or_else(|| context.project_name.clone());
        let work = lock::acquire(&context.hash, &context.label, tell, interrupts)?;
        let (engine, containers) = engine::find_of(&compose_name, config.engine)?;
        let volumes = engine::volumes(&*engine, &compose_name)?;
        found.push(Remains { compose_name, engine, containers, volumes, _work: work });
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
