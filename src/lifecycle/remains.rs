//! What a project that is being forgotten still has in the engines: containers and networks of each context that its
//! directory is or was.

use anyhow::Result;

use super::event::{Event, Tell};
use super::lock::{self, Work};
use super::overview::compose_names;
use crate::app::App;
use crate::config;
use crate::engine::{self, Container, Engine};
use crate::project::{Departure, ProjectError};
use crate::sys::signals::Interrupts;

/// The containers of one Compose project.
#[derive(Debug)]
pub struct Remains {
    compose_name: String,
    pub engine: Box<dyn Engine>,
    pub containers: Vec<Container>,
    /// What stays.
    pub volumes: Vec<String>,
}

/// Nobody starts anything of the project while this lasts.
#[derive(Debug)]
pub struct Evicted {
    _work: Vec<Work>,
}

/// What the engines still have of the project. Only looks.
///
/// # Errors
/// [`crate::engine::EngineError`] where none answers.
pub fn remains(app: &mut App, departure: &Departure) -> Result<Vec<Remains>> {
    let mut names = Vec::new();
    if let Some(registry) = app.existing_registry()? {
        for (context, _) in &departure.contexts {
            names.extend(registry.read(|reader| compose_names(reader, context))?);
        }
    }
    names.dedup();
    let wanted = config::load_project_config(&departure.project.path).unwrap_or_default().engine;
    let mut found = Vec::new();
    for compose_name in names {
        let (engine, containers) = engine::find_of(&compose_name, wanted)?;
        if let Some(silent) = engine::silent_beside(&*engine).filter(|_| containers.is_empty() && wanted.is_none()) {
            return Err(silent.into());
        }
        let volumes = engine::volumes(&*engine, &compose_name)?;
        found.push(Remains { compose_name, engine, containers, volumes });
    }
    Ok(found)
}

/// Removes what the engines still have, once nobody else works on it; volumes stay. What runs is stopped first, where
/// that is wanted.
///
/// # Errors
/// [`ProjectError::Running`]; the engine does not answer, or refuses; a signal came.
pub fn evict(
    app: &mut App,
    departure: &Departure,
    stop: Option<u32>,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<Evicted> {
    let mut work = Vec::new();
    for (context, _) in &departure.contexts {
        work.push(lock::acquire(&context.hash, &context.label, tell, interrupts)?);
    }
    // Looked at again: the user may have taken long to answer.
    for Remains { compose_name, engine, containers, .. } in remains(app, departure)? {
        let running: Vec<&Container> = containers.iter().filter(|it| it.is_alive()).collect();
        match stop {
            _ if running.is_empty() => {}
            None => {
                let services = running.iter().map(|it| it.name.clone()).collect();
                return Err(ProjectError::Running { hostname: departure.project.hostname.clone(), services }.into());
            }
            Some(timeout) => {
                tell(Event::Phase(&format!("stopping {compose_name}")));
                let ids: Vec<&str> = running.iter().map(|it| it.id.as_str()).collect();
                engine::stop_containers(&*engine, &ids, timeout)?;
            }
        }
        if !containers.is_empty() {
            tell(Event::Phase(&format!("removing {compose_name}")));
        }
        engine::remove_project(&*engine, &compose_name, false)?;
    }
    Ok(Evicted { _work: work })
}
