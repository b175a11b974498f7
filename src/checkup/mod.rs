//! How the services of a project do: what the engine says of their containers, whether their ports answer, and what they
//! use, put together into one verdict a service.
//!
//! Only asks; changes nothing.

mod report;
mod service;
mod verdict;

use std::net::IpAddr;
use std::time::Duration;

use anyhow::Result;

use crate::app::App;
use crate::compose::Project;
use crate::engine::{Container, EngineError, Publication, Usage};
use crate::health::{Kind, Limits, Outcome, Probe, Reason, ask_all};
use crate::lifecycle::{LifecycleError, Stage};
use crate::model::{EngineKind, Port, Protocol};
use crate::project::{Selected, http_port};

pub use report::Report;
pub use service::{Answer, Service};
pub use verdict::Verdict;

/// How often a web server is asked that is not there yet.
const ATTEMPTS: u32 = 3;

/// All ports together get so many times what one gets: more than a few threads' full are asked one after the other.
const SHARE: u32 = 4;

/// What is asked each time.
#[derive(Debug)]
pub struct Checkup {
    /// The hostname, else the context's label.
    pub name: String,
    /// `None` for a project without containers.
    stage: Option<Stage>,
    /// Those of the compose file that are active.
    expected: Vec<Expected>,
    http: Option<HttpPort>,
    patience: Duration,
}

/// A service of the compose file.
#[derive(Clone, Debug)]
struct Expected {
    service: String,
    /// It has ports on the host, so it is no job that ends.
    is_published: bool,
}

/// The project's HTTP port, as it is booked.
#[derive(Clone, Debug)]
struct HttpPort {
    service: String,
    container_port: Option<Port>,
    port: Port,
}

impl Checkup {
    /// What is to be asked of the project that `app` stands in; each question gets `patience`.
    ///
    /// # Errors
    /// [`EngineError`] where the project has a compose file; [`LifecycleError::NotRunning`] where nothing was ever
    /// started; the checkout or the registry cannot be read.
    pub fn prepare(
        app: &mut App,
        selected: &Selected,
        wanted: Option<EngineKind>,
        patience: Duration,
    ) -> Result<Checkup> {
        // A file that cannot be read by now hides nothing that runs.
        let expected = app.project().map(expected).unwrap_or_default();
        let is_native = app.project().is_ok_and(|project| project.files.is_empty());
        let stage = match Stage::open(app, selected, wanted) {
            Err(error) if is_native && error.is::<EngineError>() => None,
            opened => opened?.filter(|stage| !(is_native && stage.containers.is_empty())),
        };
        let booked = selected.project.as_ref().map(|project| http_port(app, project)).transpose()?.flatten();
        let http = booked.filter(|row| row.protocol == Protocol::Tcp).map(|row| HttpPort {
            service: row.service.to_string(),
            container_port: row.container_port,
            port: row.port,
        });
        let name = selected.name.clone();
        if stage.is_none() && (http.is_none() || !is_native) {
            return Err(LifecycleError::NotRunning { name }.into());
        }
        Ok(Checkup { name, stage, expected, http, patience })
    }

    /// Asks the engine, every port, and for what the containers use, the last two at the same time.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn run(&mut self) -> Result<Report> {
        if let Some(stage) = &mut self.stage {
            stage.refresh()?;
        }
        let containers = self.stage.as_ref().map(|stage| stage.containers.as_slice()).unwrap_or_default();
        let probes = self.probes(containers);
        let running: Vec<&str> = containers.iter().filter(|it| it.is_running()).map(|it| it.id.as_str()).collect();
        let limits = Limits { attempts: ATTEMPTS, patience: self.patience, deadline: self.patience * SHARE };
        let (usages, outcomes) = std::thread::scope(|scope| {
            let usages = scope.spawn(|| self.usages(&running));
            let outcomes = ask_all(&probes, &limits);
            (usages.join().unwrap_or_default(), outcomes)
        });
        let mut answers: Vec<(Probe, Outcome)> = probes.into_iter().zip(outcomes).collect();
        answers.retain(|(probe, outcome)| !self.is_optional(probe, outcome));
        Ok(Report::of(containers, &self.expected, &answers, &usages))
    }

    /// The HTTP port of a server that no container is, beside those that are: whether it is to run, only who starts it
    /// knows.
    fn is_optional(&self, probe: &Probe, outcome: &Outcome) -> bool {
        let is_in_file = self.expected.iter().any(|it| it.service == probe.service);
        let containers = self.stage.as_ref().map(|stage| stage.containers.as_slice()).unwrap_or_default();
        let has_container = containers.iter().any(|it| it.service == probe.service);
        self.stage.is_some() && !is_in_file && !has_container && matches!(outcome, Outcome::Down(Reason::Refused))
    }

    /// The engine that was asked.
    pub fn engine(&self) -> Option<EngineKind> {
        self.stage.as_ref().map(|stage| stage.engine.kind())
    }

    /// Without the figures, all the rest still counts.
    fn usages(&self, running: &[&str]) -> Vec<Usage> {
        self.stage.as_ref().and_then(|stage| stage.engine.usages(running).ok()).unwrap_or_default()
    }

    /// The TCP ports that the containers publish, and the project's HTTP port.
    fn probes(&self, containers: &[Container]) -> Vec<Probe> {
        let mut probes: Vec<Probe> = Vec::new();
        let running = || containers.iter().filter(|it| it.is_running());
        for container in running() {
            for published in container.ports.iter().filter(|it| it.protocol == Protocol::Tcp) {
                let probe = Probe {
                    service: container.service.clone(),
                    port: published.port,
                    address: address_of(&published.host_ip),
                    kind: self.kind_of(container, published),
                };
                // Published on IPv4 and IPv6, it is one port.
                if !probes.contains(&probe) {
                    probes.push(probe);
                }
            }
        }
        let is_in_file = |service: &str| self.expected.iter().any(|it| it.service == service);
        if let Some(http) = &self.http
            && !probes.iter().any(|probe| probe.kind == Kind::Http)
            && (running().any(|it| it.service == http.service) || !is_in_file(&http.service))
        {
            probes.push(Probe { service: http.service.clone(), port: http.port, address: None, kind: Kind::Http });
        }
        probes
    }

    fn kind_of(&self, container: &Container, published: &Publication) -> Kind {
        let is_http = self.http.as_ref().is_some_and(|http| {
            let is_its_port = http.container_port.is_none_or(|port| port == published.container_port);
            published.port == http.port || container.service == http.service && is_its_port
        });
        if is_http { Kind::Http } else { Kind::Tcp }
    }
}

fn expected(project: &Project) -> Vec<Expected> {
    let each = project.services.iter().map(|service| {
        let is_published = project.ports.iter().any(|port| port.service == *service);
        Expected { service: service.to_string(), is_published }
    });
    each.collect()
}

/// Where a published port is asked: `None` for all of the machine's addresses.
fn address_of(host_ip: &str) -> Option<IpAddr> {
    host_ip.parse().ok().filter(|address: &IpAddr| !address.is_unspecified())
}
