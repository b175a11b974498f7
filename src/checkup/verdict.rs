//! What is thought of a container, a port, or a service.

use serde::Serialize;

use crate::engine::{Container, ContainerState, Health};
use crate::health::Outcome;

/// How a service does; the later, the worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A job that ended with status 0.
    Done,
    /// It runs, and answers where it can be asked.
    Good,
    /// It runs, and its own check cannot tell yet.
    Starting,
    /// It should run, and does not.
    Down,
    /// It runs or ran, and something is wrong with it.
    Bad,
}

impl Verdict {
    /// The verdict on a container. What publishes ports is no job: it should not have ended.
    pub(super) fn of_container(container: &Container, is_published: bool) -> Verdict {
        match (container.state, container.health) {
            (ContainerState::Running, Some(Health::Unhealthy)) => Verdict::Bad,
            (ContainerState::Running, Some(Health::Starting)) => Verdict::Starting,
            (ContainerState::Running, _) => Verdict::Good,
            (ContainerState::Exited, _) if container.is_done() => {
                if is_published {
                    Verdict::Down
                } else {
                    Verdict::Done
                }
            }
            (ContainerState::Created | ContainerState::Paused, _) => Verdict::Down,
            // Restarting: it ended, and its engine starts it again and again.
            (ContainerState::Restarting | ContainerState::Exited | ContainerState::Dead, _) => Verdict::Bad,
        }
    }

    /// The verdict on a port; it may be silent while its service is starting.
    pub(super) fn of_port(outcome: &Outcome, is_starting: bool) -> Verdict {
        match is_starting {
            _ if outcome.is_up() => Verdict::Good,
            true => Verdict::Starting,
            false => Verdict::Bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::service::tests::container;
    use super::*;
    use crate::health::Reason;

    #[test]
    fn on_containers() {
        #[track_caller]
        fn check(state: ContainerState, code: Option<i64>, health: Option<Health>, expected: [Verdict; 2]) {
            let container = Container { health, ..container("web", 1, state, code) };
            let found = [false, true].map(|is_published| Verdict::of_container(&container, is_published));
            assert_eq!(found, expected, "{container:?}");
        }
        check(ContainerState::Running, None, None, [Verdict::Good; 2]);
        check(ContainerState::Running, None, Some(Health::Healthy), [Verdict::Good; 2]);
        check(ContainerState::Running, None, Some(Health::Starting), [Verdict::Starting; 2]);
        check(ContainerState::Running, None, Some(Health::Unhealthy), [Verdict::Bad; 2]);
        check(ContainerState::Exited, Some(0), None, [Verdict::Done, Verdict::Down]);
        check(ContainerState::Exited, Some(0), Some(Health::Unhealthy), [Verdict::Done, Verdict::Down]);
        check(ContainerState::Exited, Some(1), None, [Verdict::Bad; 2]);
        check(ContainerState::Restarting, None, None, [Verdict::Bad; 2]);
        check(ContainerState::Dead, Some(0), None, [Verdict::Bad; 2]);
        check(ContainerState::Created, None, None, [Verdict::Down; 2]);
        check(ContainerState::Paused, None, None, [Verdict::Down; 2]);
    }

    #[test]
    fn on_ports() {
        let time = Duration::from_millis(3);
        let check = |outcome: Outcome, expected: [Verdict; 2]| {
            let found = [false, true].map(|is_starting| Verdict::of_port(&outcome, is_starting));
            assert_eq!(found, expected, "{outcome:?}");
        };
        check(Outcome::Up { status: Some(404), time }, [Verdict::Good, Verdict::Good]);
        check(Outcome::Degraded { status: 503, time }, [Verdict::Bad, Verdict::Starting]);
        check(Outcome::Down(Reason::Refused), [Verdict::Bad, Verdict::Starting]);
    }
}
