//! One question to one DNS server, past the system's resolver.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, Question, RCODE, TYPE};

use crate::model::DomainName;

/// A server on this machine answers at once.
const PATIENCE: Duration = Duration::from_secs(2);
/// What a server may send without EDNS (RFC 1035, section 4.2.1), and more.
const LARGEST: usize = 4096;

/// The addresses that the server has for the name, IPv4 first.
///
/// # Errors
/// It does not answer, refuses, or what it says is no answer.
pub fn addresses(server: SocketAddr, name: &DomainName) -> io::Result<Vec<IpAddr>> {
    let mut found = ask(server, name, TYPE::A, 1)?;
    found.extend(ask(server, name, TYPE::AAAA, 2)?);
    Ok(found)
}

/// Whether the server answers anything at all.
pub fn answers(server: SocketAddr) -> bool {
    // What no dnsmasq of gantry's is for, it refuses.
    let unknown = Name::new("localhost").ok().map(|name| exchange(server, name, TYPE::A, 3));
    unknown.is_some_and(|answer| answer.is_ok())
}

fn ask(server: SocketAddr, name: &DomainName, kind: TYPE, id: u16) -> io::Result<Vec<IpAddr>> {
    let name = Name::new(name.as_str()).map_err(|error| wrong(&error.to_string()))?;
    let bytes = exchange(server, name, kind, id)?;
    read(&Packet::parse(&bytes).map_err(|error| wrong(&error.to_string()))?)
}

/// The answer as it came.
fn exchange(server: SocketAddr, name: Name<'_>, kind: TYPE, id: u16) -> io::Result<Vec<u8>> {
    let mut query = Packet::new_query(id);
    query.set_flags(PacketFlag::RECURSION_DESIRED);
    query.questions.push(Question::new(name, kind.into(), CLASS::IN.into(), false));
    let query = query.build_bytes_vec().map_err(|error| wrong(&error.to_string()))?;
    let socket = UdpSocket::bind(SocketAddr::new(unspecified(server), 0))?;
    socket.connect(server)?;
    socket.send(&query)?;
    let deadline = Instant::now() + PATIENCE;
    let mut buffer = [0; LARGEST];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::new(ErrorKind::TimedOut, "no answer"));
        }
        socket.set_read_timeout(Some(left))?;
        let length = match socket.recv(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            received => received?,
        };
        let answer = Packet::parse(&buffer[..length]).map_err(|error| wrong(&error.to_string()))?;
        if answer.id() == id {
            return Ok(buffer[..length].to_vec());
        }
    }
}

fn wrong(why: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, why.to_owned())
}

fn read(answer: &Packet) -> io::Result<Vec<IpAddr>> {
    match answer.rcode() {
        RCODE::NoError => {}
        RCODE::NameError => return Ok(Vec::new()),
        RCODE::Refused => return Err(io::Error::new(ErrorKind::PermissionDenied, "it refuses the name")),
        other => return Err(io::Error::other(format!("it answers with the error {other:?}"))),
    }
    let addresses = answer.answers.iter().filter_map(|record| match &record.rdata {
        RData::A(address) => Some(IpAddr::V4(Ipv4Addr::from(address.address))),
        RData::AAAA(address) => Some(IpAddr::V6(Ipv6Addr::from(address.address))),
        _ => None,
    });
    Ok(addresses.collect())
}

fn unspecified(server: SocketAddr) -> IpAddr {
    if server.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() }
}
