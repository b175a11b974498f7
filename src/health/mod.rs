//! Whether a project's services answer on their ports, asked as a browser or a client of theirs would.
//!
//! All are asked at once, and none for longer than its time. Nothing is resolved by name, no proxy stands between, and
//! what a service answers is neither followed nor kept: it is a stranger's.

mod http;
#[cfg(test)]
mod servers;
mod tcp;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::Port;
use crate::sys::witness;

pub use http::http_get;
pub use tcp::tcp_connect;

/// How many are asked at the same time.
const THREADS: usize = 16;

/// A port to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    pub service: String,
    pub port: Port,
    /// Where the service is published; `None` asks the machine's own addresses, IPv4 and then IPv6, since what was told
    /// to listen on `localhost` often chooses one of them.
    pub address: Option<IpAddr>,
    pub kind: Kind,
}

/// What a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Http,
    /// Anything else: it is up while it keeps a connection open.
    Tcp,
}

/// How much is asked of a service.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How often a service is asked that is not there yet.
    pub attempts: u32,
    /// For each service, attempts and pauses together.
    pub patience: Duration,
    /// For all of them.
    pub deadline: Duration,
}

/// How a service does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answers; `time` is that of the attempt that it answered, without those before.
    Up {
        status: Option<u16>,
        time: Duration,
    },
    /// It answers that it fails: 500 or above.
    Degraded {
        status: u16,
        time: Duration,
    },
    Down(Reason),
}

/// Why a service is not up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody listens.
    Refused,
    /// The connection was closed at once. So does Docker's proxy where nobody listens in the container.
    Closed,
    /// No answer in time.
    Silent,
    /// An answer that is not HTTP.
    Garbled,
    /// The system's own word.
    Unreachable(String),
}

impl Outcome {
    pub fn is_up(&self) -> bool {
        matches!(self, Outcome::Up { .. })
    }
}

impl Probe {
    /// Asks the service now, for no longer than `patience`.
    fn ask(&self, attempts: u32, patience: Duration) -> Outcome {
        let own = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        let addresses: Vec<SocketAddr> = match &self.address {
            Some(address) => vec![SocketAddr::new(*address, self.port.number())],
            None => own.map(|address| SocketAddr::new(address, self.port.number())).to_vec(),
        };
        match self.kind {
            Kind::Http => http_get(&addresses, &format!("localhost:{}", self.port), attempts, patience),
            Kind::Tcp => tcp_connect(&addresses, patience),
        }
    }
}

/// Asks all of them at once; the outcomes stand in the probes' order. What the deadline leaves no time for is `Silent`.
pub fn ask_all(probes: &[Probe], limits: &Limits) -> Vec<Outcome> {
    witness::note_unrepeatable();
    let began = Instant::now();
    let outcomes = Mutex::new(vec![Outcome::Down(Reason::Silent); probes.len()]);
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((index, probe)) = next_of(probes, &next) {
            let left = limits.deadline.saturating_sub(began.elapsed());
            let outcome = probe.ask(limits.attempts, limits.patience.min(left));
            if let Ok(mut outcomes) = outcomes.lock() {
                outcomes[index] = outcome;
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS.min(probes.len()) {
            scope.spawn(work);
        }
    });
    outcomes.into_inner().expect("nothing panics while it holds the lock")
}

/// The probe that nobody has taken yet.
fn next_of<'a>(probes: &'a [Probe], next: &AtomicUsize) -> Option<(usize, &'a Probe)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    Some((index, probes.get(index)?))
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::servers::{Server, closed_port};
    use super::*;

    const LIMITS: Limits = Limits { attempts: 1, patience: Duration::from_secs(20), deadline: Duration::from_secs(20) };

    fn probe(service: &str, port: u16, kind: Kind) -> Probe {
        Probe { service: service.to_owned(), port: Port::new(port).unwrap(), address: None, kind }
    }

    #[test]
    fn outcomes_stand_in_the_order_of_the_probes() {
        let (web, failing) = (Server::answering("200 OK"), Server::answering("503 Service Unavailable"));
        let (database, absent) = (Server::silent(), closed_port());
        let probes = [
            probe("absent", absent, Kind::Tcp),
            probe("failing", failing.port(), Kind::Http),
            probe("database", database.port(), Kind::Tcp),
            probe("web", web.port(), Kind::Http),
        ];
        let name = |outcome: &Outcome| match outcome {
            Outcome::Up { status, .. } => format!("up {status:?}"),
            Outcome::Degraded { status, .. } => format!("degraded {status}"),
            Outcome::Down(reason) => format!("down {reason:?}"),
        };
        let outcomes: Vec<String> = ask_all(&probes, &LIMITS).iter().map(name).collect();
        assert_eq!(outcomes, ["down Refused", "degraded 503", "up None", "up Some(200)"]);
        assert_eq!(ask_all(&[], &LIMITS), []);
    }

    #[test]
    fn the_deadline_holds_for_all_together() {
        let silent = Server::silent();
        let probes: Vec<Probe> = (0..3 * THREADS).map(|_| probe("slow", silent.port(), Kind::Http)).collect();
        let began = Instant::now();
        let limits = Limits { deadline: Duration::from_millis(300), ..LIMITS };
        let outcomes = ask_all(&probes, &limits);
        assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Down(Reason::Silent)), "{outcomes:?}");
        assert!(began.elapsed() < LIMITS.patience);
    }

    #[test]
    fn either_of_the_own_addresses_will_do() {
        let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        let server = Server::with(listener, |mut client| {
            let _ = servers::answer(&mut client, "200 OK", "");
            client
        });
        for kind in [Kind::Http, Kind::Tcp] {
            let outcome = probe("vite", server.port(), kind).ask(1, LIMITS.patience);
            assert!(outcome.is_up(), "{outcome:?}");
            let narrow = Probe { address: Some(Ipv4Addr::LOCALHOST.into()), ..probe("vite", server.port(), kind) };
            assert_eq!(narrow.ask(1, LIMITS.patience), Outcome::Down(Reason::Refused));
        }
    }
}
