//! All services of a project.

use std::collections::BTreeSet;

use super::Expected;
use super::service::Service;
use crate::engine::{Container, Usage};
use crate::health::{Outcome, Probe};

/// How a project does.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// By name.
    pub services: Vec<Service>,
}

impl Report {
    /// Puts together what was found: of each service that has containers, stands in the compose file, or has a port.
    pub(super) fn of(
        containers: &[Container],
        expected: &[Expected],
        answers: &[(Probe, Outcome)],
        usages: &[Usage],
    ) -> Report {
        let running = containers.iter().map(|it| it.service.as_str());
        let in_file = expected.iter().map(|it| it.service.as_str());
        let asked = answers.iter().map(|(probe, _)| probe.service.as_str());
        let names: BTreeSet<&str> = running.chain(in_file).chain(asked).collect();
        let services = names.into_iter().map(|name| {
            let own: Vec<&Container> = containers.iter().filter(|it| it.service == name).collect();
            let is_published = expected.iter().any(|it| it.service == name && it.is_published);
            Service::of(name, &own, is_published, answers, usages)
        });
        Report { services: services.collect() }
    }

    /// Whether anything runs: a container, or whoever answers on a port.
    pub fn is_running(&self) -> bool {
        let answers = |service: &Service| service.ports.iter().any(|port| port.milliseconds.is_some());
        self.services.iter().any(|service| service.running > 0 || answers(service))
    }

    /// Whether all that should be up is.
    pub fn is_ok(&self) -> bool {
        self.is_running() && self.services.iter().all(|service| service.ok)
    }
}
