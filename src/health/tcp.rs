//! Whether a port keeps a connection open.

use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use super::{Outcome, Reason};
use crate::sys::witness;

/// How long a connection is watched that has been accepted: Docker's proxy accepts each, and closes it as soon as it
/// finds nobody in the container.
const WATCH: Duration = Duration::from_millis(150);

/// The shortest time that a socket takes for a limit.
const SHORTEST: Duration = Duration::from_millis(1);

/// Connects to the first of the addresses where anybody listens, for no longer than `patience`. It is up when it says
/// something or nothing, and down when it closes the connection at once.
pub fn tcp_connect(addresses: &[SocketAddr], patience: Duration) -> Outcome {
    witness::note_unrepeatable();
    let began = Instant::now();
    let left = || patience.saturating_sub(began.elapsed()).max(SHORTEST);
    let mut reasons = Vec::new();
    for address in addresses {
        let began = Instant::now();
        let met = TcpStream::connect_timeout(address, left()).and_then(|stream| {
            let time = began.elapsed();
            watch(stream, WATCH.min(left())).map(|()| time)
        });
        match met {
            Ok(time) => return Outcome::Up { status: None, time },
            Err(error) => reasons.push(Reason::of(&error)),
        }
    }
    Outcome::Down(Reason::weightiest(reasons))
}

/// # Errors
/// The connection ends while it is watched.
fn watch(mut stream: TcpStream, time: Duration) -> io::Result<()> {
    // A port from the kernel's own range may have been given to this very socket, which then talks to itself.
    if stream.local_addr()? == stream.peer_addr()? {
        return Err(ErrorKind::ConnectionRefused.into());
    }
    stream.set_read_timeout(Some(time.max(SHORTEST)))?;
    match stream.read(&mut [0]) {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(()),
        // A signal that was noted: the watch is as good as over.
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
        Err(error) => Err(error),
    }
}

impl Reason {
    /// What an error of a connection says.
    pub(super) fn of(error: &io::Error) -> Reason {
        match error.kind() {
            ErrorKind::ConnectionRefused => Reason::Refused,
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => Reason::Closed,
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Reason::Silent,
            _ => Reason::Unreachable(error.to_string()),
        }
    }

    /// What counts of several addresses' reasons: that of the one where somebody was. A machine without IPv6 cannot
    /// reach its addresses, which says nothing about the service.
    pub(super) fn weightiest(reasons: Vec<Reason>) -> Reason {
        let weight = |reason: &Reason| match reason {
            Reason::Unreachable(_) => 2,
            Reason::Refused => 1,
            Reason::Closed | Reason::Silent | Reason::Garbled => 0,
        };
        reasons.into_iter().min_by_key(weight).unwrap_or(Reason::Refused)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::servers::{Server, closed_port, nowhere};
    use super::*;

    #[test]
    fn what_stays_open_is_up() {
        let check = |server: &Server, expected: Option<Reason>| {
            let outcome = tcp_connect(&[server.address()], Duration::from_secs(20));
            match expected {
                None => assert!(matches!(outcome, Outcome::Up { status: None, .. }), "{outcome:?}"),
                Some(reason) => assert_eq!(outcome, Outcome::Down(reason)),
            }
        };
        check(&Server::silent(), None);
        check(
            &Server::start(|mut client| {
                let _ = client.write_all(b"220 ready\r\n");
                client
            }),
            None,
        );
        check(&Server::closing(), Some(Reason::Closed));
    }

    #[test]
    fn where_nobody_listens_is_down() {
        let address = SocketAddr::from(([127, 0, 0, 1], closed_port()));
        assert_eq!(tcp_connect(&[address], Duration::from_secs(20)), Outcome::Down(Reason::Refused));
        assert_eq!(tcp_connect(&[address], Duration::ZERO), Outcome::Down(Reason::Refused));
        assert_eq!(tcp_connect(&[address, nowhere()], Duration::from_secs(20)), Outcome::Down(Reason::Refused));
        let server = Server::silent();
        assert!(tcp_connect(&[address, server.address()], Duration::from_secs(20)).is_up());
    }
}
