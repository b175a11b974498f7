//! What ends containers, and what takes away that a project has on an engine, without Compose.

use std::time::Duration;

use anyhow::Result;

use super::{Container, Engine, PATIENCE, PROJECT_LABEL, ask, ask_within, lines};

/// Stops containers by themselves, where Compose cannot be asked because the compose file is gone: SIGTERM, then
/// SIGKILL after `timeout` seconds.
///
/// # Errors
/// The engine does not answer, or refuses.
pub fn stop_containers(engine: &dyn Engine, ids: &[&str], timeout: u32) -> Result<()> {
    let (timeout, patience) = (timeout.to_string(), PATIENCE + Duration::from_secs(timeout.into()));
    let arguments: Vec<&str> = ["stop", "-t", &timeout].into_iter().chain(ids.iter().copied()).collect();
    ask_within(engine.kind(), engine.program(), &arguments, patience).map(drop)
}

/// Removes the project's containers by themselves, running or not, and its networks: also the containers that
/// `compose run` has made for one command, which [`Engine::containers`] leaves out, since a network stays while one is
/// in it. Volumes without a name hold data as others do: they go only `with_volumes`.
///
/// # Errors
/// As [`stop_containers`].
pub fn remove_project(engine: &dyn Engine, project: &str, with_volumes: bool) -> Result<()> {
    let containers = engine.ids(Some(project))?;
    remove_containers(engine, &containers.iter().map(String::as_str).collect::<Vec<_>>(), with_volumes)?;
    engine.remove_rest(project)?;
    let networks = labelled(engine, "network", project)?;
    if !networks.is_empty() {
        let names = networks.iter().map(String::as_str);
        let arguments: Vec<&str> = ["network", "rm"].into_iter().chain(names).collect();
        ask(engine.kind(), engine.program(), &arguments)?;
    }
    Ok(())
}

/// Stops those of the containers that are alive, and removes all of them. Their volumes stay, as Compose leaves those of
/// a service that is gone.
///
/// # Errors
/// As [`stop_containers`].
pub fn discard(engine: &dyn Engine, containers: &[&Container], timeout: u32) -> Result<()> {
    let alive: Vec<&str> = containers.iter().filter(|it| it.is_alive()).map(|it| it.id.as_str()).collect();
    if !alive.is_empty() {
        stop_containers(engine, &alive, timeout)?;
    }
    remove_containers(engine, &containers.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), false)
}

/// Removes containers, running or not, and with them, where that is said, the volumes that have no name.
fn remove_containers(engine: &dyn Engine, ids: &[&str], with_volumes: bool) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let options = ["rm", "--force"].into_iter().chain(with_volumes.then_some("--volumes"));
    ask(engine.kind(), engine.program(), &options.chain(ids.iter().copied()).collect::<Vec<_>>()).map(drop)
}

/// The names of the project's volumes.
///
/// # Errors
/// As [`stop_containers`].
pub fn volumes(engine: &dyn Engine, project: &str) -> Result<Vec<String>> {
    labelled(engine, "volume", project)
}

/// Removes the project's volumes, and what is in them.
///
/// # Errors
/// As [`stop_containers`].
pub fn remove_volumes(engine: &dyn Engine, project: &str) -> Result<()> {
    let volumes = volumes(engine, project)?;
    if !volumes.is_empty() {
        let names = volumes.iter().map(String::as_str);
        ask(engine.kind(), engine.program(), &["volume", "rm"].into_iter().chain(names).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// The names of the project's networks or volumes.
fn labelled(engine: &dyn Engine, what: &str, project: &str) -> Result<Vec<String>> {
    let filter = format!("label={PROJECT_LABEL}={project}");
    let format = if what == "network" { "{{.ID}}" } else { "{{.Name}}" };
    let arguments = [what, "ls", "--filter", &filter, "--format", format];
    Ok(lines(&ask(engine.kind(), engine.program(), &arguments)?))
}
