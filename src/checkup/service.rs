//! One service: its containers taken together, its ports, and what all of it comes to.

use serde::Serialize;

use super::verdict::Verdict;
use crate::engine::{Container, ContainerState, Health, Usage};
use crate::health::{Kind, Outcome, Probe, Reason};
use crate::model::Port;

/// How a service does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Service {
    pub service: String,
    pub verdict: Verdict,
    /// Nothing is wrong with it: what is only starting has to answer where it is published.
    pub ok: bool,
    /// Of the container that does worst; `None` where there is none.
    pub state: Option<ContainerState>,
    /// How that one ended.
    pub exit_code: Option<i64>,
    /// Of the container that is least well.
    pub health: Option<Health>,
    pub containers: usize,
    pub running: usize,
    pub ports: Vec<Answer>,
    /// 100 is one processor; of all its containers. `None` where the engine does not tell.
    pub cpu_percent: Option<f64>,
    pub memory_bytes: Option<u64>,
}

/// What came of asking a port.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    pub port: Port,
    /// Where it is published; `None` is everywhere.
    pub address: Option<String>,
    /// `http` or `tcp`: how it was asked.
    pub protocol: &'static str,
    pub verdict: Verdict,
    /// `ok`, `open`, `fails`, `refused`, `closed`, `silent`, `garbled` or `unreachable`.
    pub answer: &'static str,
    /// The status of HTTP.
    pub status: Option<u16>,
    pub milliseconds: Option<f64>,
    /// The system's own word.
    pub detail: Option<String>,
}

impl Service {
    /// Puts together what was found of it. One that has neither containers nor ports is missing.
    pub(super) fn of(
        service: &str,
        containers: &[&Container],
        is_published: bool,
        answers: &[(Probe, Outcome)],
        usages: &[Usage],
    ) -> Service {
        let verdict_of = |container: &Container| Verdict::of_container(container, is_published);
        let worst = containers.iter().max_by_key(|it| verdict_of(it));
        let of_containers = worst.map(|it| verdict_of(it));
        let is_starting = of_containers == Some(Verdict::Starting);
        let own = answers.iter().filter(|(probe, _)| probe.service == service);
        let ports: Vec<Answer> = own.map(|(probe, outcome)| Answer::of(probe, outcome, is_starting)).collect();
        let verdict = ports.iter().map(|port| port.verdict).chain(of_containers).max().unwrap_or(Verdict::Down);
        let used: Vec<&Usage> = usages.iter().filter(|usage| containers.iter().any(|it| is_of(usage, it))).collect();
        Service {
            service: service.to_owned(),
            verdict,
            ok: verdict < Verdict::Down && ports.iter().all(|port| port.verdict == Verdict::Good),
            state: worst.map(|it| it.state),
            exit_code: worst.and_then(|it| it.exit_code),
            health: containers.iter().filter(|it| it.is_running()).filter_map(|it| it.health).max_by_key(badness),
            containers: containers.len(),
            running: containers.iter().filter(|it| it.is_running()).count(),
            ports,
            cpu_percent: (!used.is_empty()).then(|| used.iter().map(|usage| usage.cpu_percent).sum()),
            memory_bytes: (!used.is_empty()).then(|| used.iter().map(|usage| usage.memory_bytes).sum()),
        }
    }
}

impl Answer {
    fn of(probe: &Probe, outcome: &Outcome, is_starting: bool) -> Answer {
        let (answer, status, time, detail) = match outcome {
            Outcome::Up { status: status @ Some(_), time } => ("ok", *status, Some(*time), None),
            Outcome::Up { status: None, time } => ("open", None, Some(*time), None),
            Outcome::Degraded { status, time } => ("fails", Some(*status), Some(*time), None),
            Outcome::Down(Reason::Refused) => ("refused", None, None, None),
            Outcome::Down(Reason::Closed) => ("closed", None, None, None),
            Outcome::Down(Reason::Silent) => ("silent", None, None, None),
            Outcome::Down(Reason::Garbled) => ("garbled", None, None, None),
            Outcome::Down(Reason::Unreachable(why)) => ("unreachable", None, None, Some(why.clone())),
        };
        Answer {
            port: probe.port,
            address: probe.address.map(|address| address.to_string()),
            protocol: if probe.kind == Kind::Http { "http" } else { "tcp" },
            verdict: Verdict::of_port(outcome, is_starting),
            answer,
            status,
            milliseconds: time.map(|time| (time.as_secs_f64() * 10_000.0).round() / 10.0),
            detail,
        }
    }
}

/// Podman tells the first digits of an identity alone.
fn is_of(usage: &Usage, container: &Container) -> bool {
    !usage.id.is_empty() && container.id.starts_with(&usage.id)
}

fn badness(health: &Health) -> u8 {
    match health {
        Health::Healthy => 0,
        Health::Starting => 1,
        Health::Unhealthy => 2,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;

    /// Engines name a container by a part of its identity too.
    pub fn container(service: &str, number: u32, state: ContainerState, exit_code: Option<i64>) -> Container {
        let sample = Container::sample(service, number, state, exit_code);
        Container { id: format!("{}-and-more", sample.id), ..sample }
    }

    pub fn answer(service: &str, port: u16, outcome: Outcome) -> (Probe, Outcome) {
        let port = Port::new(port).expect("a port");
        (Probe { service: service.to_owned(), port, address: None, kind: Kind::Http }, outcome)
    }

    fn up() -> Outcome {
        Outcome::Up { status: Some(200), time: Duration::from_micros(1_260) }
    }

    #[test]
    fn the_worst_of_it_decides() {
        let running = container("web", 1, ContainerState::Running, None);
        let crashed = container("web", 2, ContainerState::Exited, Some(3));
        let done = container("web", 3, ContainerState::Exited, Some(0));
        let starting = Container { health: Some(Health::Starting), ..running.clone() };
        let refused = || Outcome::Down(Reason::Refused);
        let check = |containers: &[&Container], outcomes: Vec<Outcome>, verdict: Verdict, ok: bool| {
            let answers: Vec<(Probe, Outcome)> = outcomes.into_iter().map(|it| answer("web", 5000, it)).collect();
            let found = Service::of("web", containers, false, &answers, &[]);
            assert_eq!((found.verdict, found.ok), (verdict, ok), "{found:?}");
        };
        check(&[&running], vec![], Verdict::Good, true);
        check(&[&running], vec![up()], Verdict::Good, true);
        check(&[&running], vec![up(), refused()], Verdict::Bad, false);
        check(&[&running, &done], vec![up()], Verdict::Good, true);
        check(&[&running, &crashed], vec![up()], Verdict::Bad, false);
        check(&[&done], vec![], Verdict::Done, true);
        check(&[&starting], vec![], Verdict::Starting, true);
        check(&[&starting], vec![up()], Verdict::Starting, true);
        check(&[&starting], vec![refused()], Verdict::Starting, false);
        check(&[], vec![], Verdict::Down, false);
        check(&[], vec![up()], Verdict::Good, true);
        let found = Service::of("web", &[&running, &crashed, &done], false, &[], &[]);
        assert_eq!((found.state, found.exit_code), (Some(ContainerState::Exited), Some(3)));
        assert_eq!((found.containers, found.running), (3, 1));
    }

    #[test]
    fn figures_are_added_up() {
        let two = [1, 2].map(|number| container("web", number, ContainerState::Running, None));
        let usage = |id: &str, cpu_percent, memory_bytes| Usage { id: id.to_owned(), cpu_percent, memory_bytes };
        let usages = [usage("web1-and-mor", 1.5, 10), usage("web2-and-more", 2.0, 30), usage("db1", 9.0, 9)];
        let found = Service::of("web", &two.iter().collect::<Vec<_>>(), false, &[answer("web", 1, up())], &usages);
        assert_eq!((found.cpu_percent, found.memory_bytes), (Some(3.5), Some(40)));
        assert_eq!(found.ports[0].milliseconds, Some(1.3));
        let found = Service::of("web", &[&two[0]], false, &[], &usages[2..]);
        assert_eq!((found.cpu_percent, found.memory_bytes), (None, None));
    }
}
