//! Whether a port answers a request for a page.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{NextTimeout, TcpConnector};
use ureq::{Agent, Error};

use super::{Outcome, Reason};
use crate::sys::witness;

/// Bytes of an answer's head at most.
const HEAD: usize = 16 * 1024;

/// Between the first attempt and the second; each pause is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// From this status on, a service says that it fails: RFC 9110, section 15.6.
const FAILURES: u16 = 500;

/// Asks the first of the addresses where anybody listens for its page `/`, under the host's name. Where nobody listens
/// or the connection is closed unanswered, the service may still be starting: it is asked up to `attempts` times, all
/// within `patience`. Any answer below 500 is up, one that leads elsewhere included; it is not followed, and of the page
/// nothing is read.
pub fn http_get(addresses: &[SocketAddr], host: &str, attempts: u32, patience: Duration) -> Outcome {
    witness::note_unrepeatable();
    let began = Instant::now();
    let mut pause = FIRST_PAUSE;
    let mut attempts = attempts;
    loop {
        let left = patience.saturating_sub(began.elapsed());
        if left.is_zero() {
            return Outcome::Down(Reason::Silent);
        }
        let outcome = get_once(addresses, host, left);
        attempts = attempts.saturating_sub(1);
        let may_be_starting = matches!(outcome, Outcome::Down(Reason::Refused | Reason::Closed));
        if !may_be_starting || attempts == 0 || began.elapsed() + pause >= patience {
            return outcome;
        }
        // It may wake early, and then asks early.
        thread::park_timeout(pause);
        pause *= 2;
    }
}

/// One attempt, at each address where there is nobody at the one before.
fn get_once(addresses: &[SocketAddr], host: &str, time: Duration) -> Outcome {
    let began = Instant::now();
    let mut reasons = Vec::new();
    for address in addresses {
        match get(*address, host, time.saturating_sub(began.elapsed())) {
            Outcome::Down(reason) => reasons.push(reason),
            answer => return answer,
        }
    }
    Outcome::Down(Reason::weightiest(reasons))
}

fn get(address: SocketAddr, host: &str, time: Duration) -> Outcome {
    if time.is_zero() {
        return Outcome::Down(Reason::Silent);
    }
    let began = Instant::now();
    // The name in the address is never looked up: `Fixed` answers for it.
    let answer = agent(address, time).get("http://localhost/").header("host", host).call();
    let time = began.elapsed();
    match answer.map(|answer| answer.status().as_u16()) {
        Ok(status) if status >= FAILURES => Outcome::Degraded { status, time },
        Ok(status) => Outcome::Up { status: Some(status), time },
        Err(error) => Outcome::Down(reason_of(&error)),
    }
}

/// `Agent::with_parts` alone leaves out ureq's own resolver, and with it getaddrinfo, which a static program cannot use.
fn agent(address: SocketAddr, time: Duration) -> Agent {
    let config = Agent::config_builder()
        .proxy(None)
        .timeout_global(Some(time))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_response_header_size(HEAD)
        .max_idle_connections(0)
        .user_agent(concat!("gantry/", env!("CARGO_PKG_VERSION")))
        .build();
    Agent::with_parts(config, TcpConnector::default(), Fixed(address))
}

fn reason_of(error: &Error) -> Reason {
    match error {
        Error::Io(error) => Reason::of(error),
        Error::Timeout(_) => Reason::Silent,
        Error::ConnectionFailed => Reason::Refused,
        Error::Protocol(_) | Error::LargeResponseHeader(..) => Reason::Garbled,
        other => Reason::Unreachable(other.to_string()),
    }
}

/// A resolver that knows one address, whatever the name.
#[derive(Debug)]
struct Fixed(SocketAddr);

impl Resolver for Fixed {
    fn resolve(&self, _: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, Error> {
        let mut addresses = self.empty();
        addresses.push(self.0);
        Ok(addresses)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::iter;
    use std::net::TcpListener;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::servers::{self, Server, answer, closed_port, nowhere};
    use super::*;

    /// More than any of the answers takes.
    const LONG: Duration = Duration::from_secs(20);

    fn ask(server: &Server, patience: Duration) -> Outcome {
        let began = Instant::now();
        let outcome = http_get(&[server.address()], "shop.test", 1, patience);
        assert!(began.elapsed() < patience + Duration::from_secs(5), "{:?}", began.elapsed());
        outcome
    }

    #[test]
    fn an_answer_below_500_is_up() {
        let check = |status: &'static str, code: u16| {
            let outcome = ask(&Server::answering(status), LONG);
            match outcome {
                Outcome::Up { status: Some(found), .. } => assert!(found == code && code < 500, "{outcome:?}"),
                Outcome::Degraded { status: found, .. } => assert!(found == code && code >= 500, "{outcome:?}"),
                _ => panic!("{status}: {outcome:?}"),
            }
        };
        check("200 OK", 200);
        check("204 No Content", 204);
        check("401 Unauthorized", 401);
        check("404 Not Found", 404);
        check("500 Internal Server Error", 500);
        check("503 Service Unavailable", 503);
    }

    #[test]
    fn a_redirect_is_an_answer_and_not_followed() {
        let elsewhere = Server::answering("500 Internal Server Error");
        let port = elsewhere.port();
        let server = Server::start(move |mut client| {
            let _ = answer(&mut client, "302 Found", &format!("location: http://127.0.0.1:{port}/\r\n"));
            client
        });
        let outcome = ask(&server, LONG);
        assert!(matches!(outcome, Outcome::Up { status: Some(302), .. }), "{outcome:?}");
        assert_eq!(elsewhere.met(), 0);
    }

    #[test]
    fn what_is_no_answer_is_down() {
        let check = |server: &Server, expected: Reason| {
            assert_eq!(ask(server, Duration::from_millis(500)), Outcome::Down(expected));
        };
        check(&Server::silent(), Reason::Silent);
        check(&Server::closing(), Reason::Closed);
        check(&Server::writing(|_| Some(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec())), Reason::Garbled);
        check(&Server::writing(|_| Some(vec![0xff; 4096])), Reason::Garbled);
        let header = |index: usize| format!("x-{index}: {}\r\n", "a".repeat(100)).into_bytes();
        check(&Server::writing(move |index| Some(started(index).unwrap_or_else(|| header(index)))), Reason::Garbled);
        check(&Server::writing(|index| Some(started(index).unwrap_or_else(|| vec![b'a'; 1000]))), Reason::Garbled);
        // Each byte in time, and no end: an awaited condition would come too fast.
        let drip = |index: usize| {
            thread::park_timeout(Duration::from_millis(20));
            Some(started(index).unwrap_or_else(|| b"a".to_vec()))
        };
        check(&Server::writing(drip), Reason::Silent);
    }

    fn started(index: usize) -> Option<Vec<u8>> {
        (index == 0).then(|| b"HTTP/1.1 200 OK\r\nx: ".to_vec())
    }

    #[test]
    fn of_an_endless_page_nothing_is_read() {
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let page = move |index| Some(if index == 0 { head.to_vec() } else { b"5\r\nhello\r\n".to_vec() });
        let outcome = ask(&Server::writing(page), LONG);
        assert!(matches!(outcome, Outcome::Up { status: Some(200), .. }), "{outcome:?}");
    }

    #[test]
    fn the_request_names_the_host() {
        let (sender, receiver) = std::sync::mpsc::channel();
        let server = Server::start(move |mut client| {
            let lines = BufReader::new(client.try_clone().unwrap()).lines();
            let lines: Vec<String> = lines.map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
            let _ = sender.send(lines);
            let _ = client.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            client
        });
        assert!(ask(&server, LONG).is_up());
        let request = receiver.recv().unwrap();
        assert_eq!(request[0], "GET / HTTP/1.1");
        let hosts = request.iter().filter(|line| line.to_lowercase().starts_with("host:"));
        assert_eq!(hosts.collect::<Vec<_>>(), ["host: shop.test"], "{request:?}");
        let outcome = http_get(&[server.address()], "a\r\nb: c", 1, LONG);
        assert!(matches!(outcome, Outcome::Down(Reason::Unreachable(_))), "{outcome:?}");
    }

    #[test]
    fn what_is_starting_is_asked_again() {
        // Twice closed unanswered, as by Docker's proxy; then there.
        let met = AtomicUsize::new(0);
        let server = Server::start(move |mut client| {
            let mut request = [0; 1024];
            let _ = client.read(&mut request);
            if met.fetch_add(1, Ordering::SeqCst) < 2 {
                let _ = client.shutdown(std::net::Shutdown::Both);
            } else {
                let _ = client.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            }
            client
        });
        assert_eq!(http_get(&[server.address()], "a", 2, LONG), Outcome::Down(Reason::Closed));
        assert!(http_get(&[server.address()], "a", 2, LONG).is_up());
        // Somebody else may be faster at a port that nobody holds.
        let (asking, listener) = iter::repeat_with(|| SocketAddr::from(([127, 0, 0, 1], closed_port())))
            .find_map(|address| {
                let asking = thread::spawn(move || http_get(&[address], "a", u32::MAX, LONG));
                TcpListener::bind(address).ok().map(|listener| (asking, listener))
            })
            .unwrap();
        let _server = Server::with(listener, |mut client| {
            let _ = servers::answer(&mut client, "200 OK", "");
            client
        });
        let outcome = asking.join().unwrap();
        assert!(outcome.is_up(), "{outcome:?}");
    }

    #[test]
    fn patience_bounds_the_attempts() {
        let address = SocketAddr::from(([127, 0, 0, 1], closed_port()));
        let began = Instant::now();
        let outcome = http_get(&[address], "a", u32::MAX, Duration::from_millis(200));
        assert_eq!(outcome, Outcome::Down(Reason::Refused));
        assert!(began.elapsed() < LONG);
        assert_eq!(http_get(&[address], "a", 3, Duration::ZERO), Outcome::Down(Reason::Silent));
        assert_eq!(http_get(&[address, nowhere()], "a", 2, LONG), Outcome::Down(Reason::Refused));
    }
}
