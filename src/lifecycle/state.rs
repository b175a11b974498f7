//! How a project stands, from what the engine says of its containers.

use serde::Serialize;

use crate::engine::{Container, ContainerState};

/// How the containers of one Compose project stand, taken together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// Each of them runs, or has done what it was for.
    Running,
    /// Some run and some do not.
    Partial,
    /// There are containers, and none runs.
    Stopped,
    /// There is no container.
    Down,
    /// No container is known, and an engine that is installed does not answer.
    Unknown,
}

impl RunState {
    pub const fn as_str(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Partial => "partial",
            RunState::Stopped => "stopped",
            RunState::Down => "down",
            RunState::Unknown => "unknown",
        }
    }
}

/// The state of the containers of one project.
pub fn state_of<'a>(containers: impl Iterator<Item = &'a Container>) -> RunState {
    let (mut running, mut ended, mut done) = (0, 0, 0);
    for container in containers {
        match container {
            _ if container.is_running() => running += 1,
            _ if container.is_done() => done += 1,
            _ => ended += 1,
        }
    }
    match (running, ended, done) {
        (0, 0, 0) => RunState::Down,
        (0, ..) => RunState::Stopped,
        (_, 0, _) => RunState::Running,
        _ => RunState::Partial,
    }
}

/// Each container with its state, for a sentence: `web running, db exited (1)`.
pub(super) fn summary(containers: &[Container]) -> String {
    if containers.is_empty() {
        return "without containers".to_owned();
    }
    let each: Vec<String> = containers.iter().map(|it| format!("{} {}", label_of(it, containers), shown(it))).collect();
    each.join(", ")
}

/// The service, with its number where there are several.
pub(super) fn label_of(container: &Container, among: &[Container]) -> String {
    let is_several = among.iter().filter(|other| other.service == container.service).count() > 1;
    match is_several {
        true => format!("{}-{}", container.service, container.number),
        false => container.service.clone(),
    }
}

/// `running (healthy)`, `exited (137)`.
pub(super) fn shown(container: &Container) -> String {
    let state = container.state.as_str();
    match (container.state, container.exit_code, container.health) {
        (ContainerState::Running, _, Some(health)) => format!("{state} ({})", health.as_str()),
        (_, Some(code), _) => format!("{state} ({code})"),
        _ => state.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_taken_together() {
        #[track_caller]
        fn check(containers: &[(ContainerState, Option<i64>)], expected: RunState) {
            let containers: Vec<Container> =
                containers.iter().map(|(state, code)| container("web", *state, *code)).collect();
            assert_eq!(state_of(containers.iter()), expected, "{containers:?}");
        }
        let running = (ContainerState::Running, None);
        check(&[], RunState::Down);
        check(&[running], RunState::Running);
        check(&[running, (ContainerState::Exited, Some(0))], RunState::Running);
        check(&[running, (ContainerState::Exited, Some(1))], RunState::Partial);
        check(&[running, (ContainerState::Created, None)], RunState::Partial);
        check(&[(ContainerState::Exited, Some(0))], RunState::Stopped);
        check(&[(ContainerState::Paused, None)], RunState::Stopped);
        check(&[(ContainerState::Restarting, None)], RunState::Running);
    }

    #[test]
    fn a_sentence_of_states() {
        let mut two =
            vec![container("web", ContainerState::Running, None), container("web", ContainerState::Exited, Some(137))];
        two[1].number = 2;
        assert_eq!(summary(&two), "web-1 running, web-2 exited (137)");
        assert_eq!(summary(&two[..1]), "web running");
        assert_eq!(summary(&[]), "without containers");
    }

    fn container(service: &str, state: ContainerState, exit_code: Option<i64>) -> Container {
        Container::sample(service, 1, state, exit_code)
    }
}
