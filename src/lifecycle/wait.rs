//! Waiting until containers are up: running, and healthy where they can tell.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::event::{Event, Tell};
use super::failure::LifecycleError;
use super::stage::Stage;
use super::state::{label_of, shown};
use crate::compose::Project;
use crate::engine::{Container, ContainerState, Health, last_lines};
use crate::sys::signals::Interrupts;

/// How often the engine is asked.
const PACE: Duration = Duration::from_millis(300);

/// How long a container without a check has to run before it counts as up: what is wrong with its command or its
/// configuration shows at once.
const SETTLED: Duration = Duration::from_millis(1_000);

/// Lines of its log that tell why a container ended.
const LAST_LINES: u32 = 5;

/// Waits until each container of the project's active services is up; one of a profile that was not asked for does not
/// count.
///
/// # Errors
/// [`LifecycleError::NotUp`] as soon as one ends with an error, [`LifecycleError::TimedOut`] after `patience`,
/// [`LifecycleError::Interrupted`]; the engine does not answer.
pub(super) fn await_up(
    stage: &mut Stage,
    project: &Project,
    patience: Duration,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    let is_server = |service: &str| project.ports.iter().any(|port| port.service.as_str() == service);
    let began = Instant::now();
    let mut told = String::new();
    loop {
        let is_settled = began.elapsed() >= SETTLED.min(patience);
        let is_wanted = |it: &&Container| project.services.iter().any(|service| service.as_str() == it.service);
        let wanted: Vec<Container> = stage.containers.iter().filter(is_wanted).cloned().collect();
        let (failed, waiting) = judge(&wanted, &is_server, is_settled);
        if !failed.is_empty() {
            return Err(not_up(stage, &failed));
        }
        if waiting.is_empty() {
            return Ok(());
        }
        if began.elapsed() >= patience {
            let (name, seconds) = (stage.name.clone(), patience.as_secs());
            return Err(LifecycleError::TimedOut { name, services: waiting, seconds }.into());
        }
        let status = format!("waiting for {}", waiting.join("; "));
        if status != told && is_settled {
            tell(Event::Phase(&status));
            told = status;
        }
        if let Some(signal) = interrupts.wait(PACE) {
            return Err(stage.interrupted(signal));
        }
        stage.engine.run_due_checks(&stage.containers)?;
        stage.refresh()?;
    }
}

/// The identities of those that have failed, and in words those that are not up yet.
///
/// What has ended with status 0 was a job, unless it publishes ports: whoever asks there gets no answer.
fn judge(containers: &[Container], is_server: &dyn Fn(&str) -> bool, is_settled: bool) -> (Vec<String>, Vec<String>) {
    let (mut failed, mut waiting) = (Vec::new(), Vec::new());
    for container in containers {
        let is_up = match (container.state, container.health) {
            (ContainerState::Running, None) => is_settled,
            (ContainerState::Running, Some(health)) => health == Health::Healthy,
            (ContainerState::Exited, _) if container.is_done() && !is_server(&container.service) => true,
            (ContainerState::Exited | ContainerState::Dead, _) => {
                failed.push(container.id.clone());
                continue;
            }
            (ContainerState::Created | ContainerState::Paused | ContainerState::Restarting, _) => false,
        };
        if !is_up {
            waiting.push(format!("{}, {}", label_of(container, containers), still(container)));
        }
    }
    (failed, waiting)
}

/// What a container that is not up yet does instead.
fn still(container: &Container) -> &'static str {
    match (container.state, container.health) {
        (ContainerState::Running, Some(health)) => health.as_str(),
        (state, _) => state.as_str(),
    }
}

fn not_up(stage: &Stage, failed: &[String]) -> anyhow::Error {
    let failed: Vec<&Container> = stage.containers.iter().filter(|it| failed.contains(&it.id)).collect();
    let logs = failed.iter().flat_map(|container| {
        let lines = last_lines(&*stage.engine, &container.id, LAST_LINES);
        let label = label_of(container, &stage.containers);
        lines.into_iter().map(move |line| format!("{label} | {line}"))
    });
    let services = failed.iter().map(|it| format!("{} {}", label_of(it, &stage.containers), shown(it)));
    LifecycleError::NotUp { name: stage.name.clone(), services: services.collect(), logs: logs.collect() }.into()
}
