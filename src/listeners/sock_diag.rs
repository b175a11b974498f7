//! The kernel's socket monitoring (sock_diag(7)): it is asked for listening sockets alone, and walks no more than their
//! own table. `/proc/net/tcp` walks that of all connections too, hundreds of thousands of buckets on a common machine,
//! at every read: three milliseconds where this takes a twentieth of one.
//!
//! A request is an `nlmsghdr` of `<linux/netlink.h>` and an `inet_diag_req_v2` of `<linux/inet_diag.h>`; each answer is
//! an `nlmsghdr` and an `inet_diag_msg`. Their numbers are in the machine's byte order, ports in the network's.

use std::io;

use super::Listening;
use crate::model::Protocol;
use crate::sys::sockets::SockDiag;

/// `SOCK_DIAG_BY_FAMILY` of `<linux/sock_diag.h>`.
const BY_FAMILY: u16 = 20;

/// `NLM_F_REQUEST | NLM_F_DUMP`.
const DUMP: u16 = 0x301;

/// `NLMSG_ERROR` and `NLMSG_DONE`. Both carry an error number, which is 0 at the end of a whole answer.
const ERROR: u16 = 2;
const DONE: u16 = 3;

/// Bytes of an `nlmsghdr`, and of a whole request.
const HEADER: usize = 16;
const REQUEST: usize = HEADER + 56;

/// `AF_INET` and `AF_INET6`.
const FAMILIES: [u8; 2] = [2, 10];

/// What is asked for: the protocol's number, and the states of a socket as bits. `TCP_LISTEN` is state 10; UDP knows no
/// such state, so every bound socket counts.
const QUESTIONS: [(Protocol, u8, u32); 2] = [(Protocol::Tcp, 6, 1 << 10), (Protocol::Udp, 17, u32::MAX)];

/// The kernel makes no datagram larger than this, whatever its length was asked to be.
const DATAGRAM: usize = 32 * 1024;

/// Adds every listening port.
///
/// # Errors
/// This kernel, or the sandbox around the program, has no such interface or lacks a part of it. What was added until
/// then is true all the same.
pub(super) fn read_into(listening: &mut Listening) -> io::Result<()> {
    let socket = SockDiag::open()?;
    let mut buffer = vec![0; DATAGRAM];
    for (protocol, number, states) in QUESTIONS {
        for family in FAMILIES {
            socket.send(&request(family, number, states))?;
            loop {
                let length = socket.receive(&mut buffer)?;
                let ports = listening.set_of(protocol);
                if read_answer(&buffer[..length], |port| ports.insert(port))? {
                    break;
                }
            }
        }
    }
    Ok(())
}

fn request(family: u8, protocol: u8, states: u32) -> [u8; REQUEST] {
    let mut request = [0; REQUEST];
    request[..4].copy_from_slice(&(REQUEST as u32).to_ne_bytes());
    request[4..6].copy_from_slice(&BY_FAMILY.to_ne_bytes());
    request[6..8].copy_from_slice(&DUMP.to_ne_bytes());
    request[HEADER] = family;
    request[HEADER + 1] = protocol;
    request[HEADER + 4..HEADER + 8].copy_from_slice(&states.to_ne_bytes());
    request
}

/// Hands each message's local port to `found`; says whether the answer ends here.
fn read_answer(datagram: &[u8], mut found: impl FnMut(u16)) -> io::Result<bool> {
    let garbled = || io::Error::new(io::ErrorKind::InvalidData, "the kernel's answer cannot be read");
    if datagram.is_empty() {
        return Err(garbled());
    }
    let mut rest = datagram;
    while !rest.is_empty() {
        let length = u32::from_ne_bytes(field(rest, 0).ok_or_else(garbled)?) as usize;
        let kind = u16::from_ne_bytes(field(rest, 4).ok_or_else(garbled)?);
        let message = rest.get(..length.max(HEADER)).ok_or_else(garbled)?;
        match kind {
            ERROR | DONE => {
                let error = i32::from_ne_bytes(field(message, HEADER).ok_or_else(garbled)?);
                return if error == 0 { Ok(true) } else { Err(io::Error::from_raw_os_error(error.wrapping_neg())) };
            }
            BY_FAMILY => found(u16::from_be_bytes(field(message, HEADER + 4).ok_or_else(garbled)?)),
            _ => {}
        }
        rest = rest.get(message.len().next_multiple_of(4)..).unwrap_or_default();
    }
    Ok(false)
}

fn field<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
    bytes.get(start..)?.first_chunk().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, body: &[u8]) -> Vec<u8> {
        let length = (HEADER + body.len()) as u32;
        let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10], body].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn socket(port: u16) -> Vec<u8> {
        message(BY_FAMILY, &[&[2, 10, 0, 0][..], &port.to_be_bytes(), &[0; 66]].concat())
    }

    #[test]
    fn ports_up_to_the_end_of_the_answer() {
        /// The ports, and whether the answer ends; `None` for an error.
        #[track_caller]
        fn check(datagram: &[Vec<u8>], expected: Option<(&[u16], bool)>) {
            let mut ports = Vec::new();
            let ended = read_answer(&datagram.concat(), |port| ports.push(port)).ok();
            assert_eq!(ended.map(|ended| (ports.as_slice(), ended)), expected, "{datagram:?}");
        }
        check(&[], None);
        check(&[socket(5432), socket(80)], Some((&[5432, 80], false)));
        check(&[socket(5432), message(DONE, &[0; 4]), socket(80)], Some((&[5432], true)));
        check(&[message(1, &[]), socket(65535)], Some((&[65535], false)));
        for error in [ERROR, DONE] {
            check(&[message(error, &(-2_i32).to_ne_bytes())], None);
        }
        check(&[socket(5432)[..60].to_vec()], None);
        check(&[message(BY_FAMILY, &[2, 10])], None);
        check(&[message(DONE, &[])], None);
        check(&[vec![0; HEADER]], Some((&[], false)));
        check(&[vec![1]], None);
    }
}
