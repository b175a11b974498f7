//! Sockets.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
#[cfg(target_os = "linux")]
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrStorage, bind, setsockopt, socket, sockopt};
#[cfg(target_os = "linux")]
use nix::sys::{
    socket::{MsgFlags, SockProtocol, recv, send},
    time::TimeVal,
};

use super::witness;

/// Binds a TCP socket as a server would and lets it go, without listening: another process that looks who listens at the
/// same moment would take that for a server.
///
/// # Errors
/// What the system says; `AddrInUse` where somebody has the port.
pub fn bind_stream(address: SocketAddr) -> io::Result<()> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let socket = socket(family, SockType::Stream, SockFlag::empty(), None)?;
    // Without it, connections that ended a minute ago would count.
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    Ok(bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?)
}

/// Whether somebody takes TCP connections at the address of this machine.
pub fn is_listened(address: SocketAddr) -> bool {
    witness::note_unrepeatable();
    TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok()
}

/// Whether somebody listens on the Unix socket at this path.
pub fn is_answered(path: &Path) -> bool {
    witness::note_unrepeatable();
    UnixStream::connect(path).is_ok()
}

/// What is answered to the request on the Unix socket at this path, up to the end or to `limit` bytes.
///
/// # Errors
/// Nobody listens there, or hangs up; `WouldBlock` or `TimedOut` where that takes longer than `patience`.
pub fn ask(path: &Path, request: &[u8], limit: usize, patience: Duration) -> io::Result<Vec<u8>> {
    witness::note_unrepeatable();
    let began = Instant::now();
    let mut stream = UnixStream::connect(path)?;
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(request)?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 4096]);
    while answer.len() < limit {
        let left = patience.saturating_sub(began.elapsed());
        // A time of 0 would be no limit.
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match stream.read(&mut buffer)? {
            0 => break,
            count => answer.extend_from_slice(&buffer[..count]),
        }
    }
    Ok(answer)
}

/// The process that listens on the Unix socket at this path; `None` where nobody does, or the system does not tell.
pub fn listener_of(path: &Path) -> Option<u32> {
    witness::note_unrepeatable();
    let stream = UnixStream::connect(path).ok()?;
    #[cfg(target_os = "linux")]
    let pid = nix::sys::socket::getsockopt(&stream, sockopt::PeerCredentials).ok()?.pid();
    #[cfg(target_os = "macos")]
    let pid = nix::sys::socket::getsockopt(&stream, sockopt::LocalPeerPid).ok()?;
    u32::try_from(pid).ok()
}

/// A netlink socket to the kernel's socket monitoring: sock_diag(7).
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct SockDiag(OwnedFd);

#[cfg(target_os = "linux")]
impl SockDiag {
    /// # Errors
    /// What the system says: a sandbox may forbid it.
    pub fn open() -> io::Result<SockDiag> {
        let (flags, protocol) = (SockFlag::SOCK_CLOEXEC, SockProtocol::NetlinkSockDiag);
        let socket = socket(AddressFamily::Netlink, SockType::Datagram, flags, protocol)?;
        // The kernel answers at once; what only claims to be one may not.
        setsockopt(&socket, sockopt::ReceiveTimeout, &TimeVal::new(1, 0))?;
        Ok(SockDiag(socket))
    }

    /// # Errors
    /// What the system says.
    pub fn send(&self, request: &[u8]) -> io::Result<()> {
        send(self.0.as_raw_fd(), request, MsgFlags::empty())?;
        Ok(())
    }

    /// The next datagram's length.
    ///
    /// # Errors
    /// What the system says; `WouldBlock` after a second of silence.
    pub fn receive(&self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(recv(self.0.as_raw_fd(), buffer, MsgFlags::empty())?)
    }
}
