//! `/proc/net/{tcp,tcp6,udp,udp6}`, as proc(5) and the kernel's `Documentation/networking/proc_net_tcp.rst` describe
//! them: one socket a line, the local address as `HEXADDRESS:HEXPORT` in the second column, the state in the fourth.
//! Slower than [`super::sock_diag`], and there where that is not.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::Listening;
use crate::model::Protocol;
use crate::sys::files;

/// `TCP_LISTEN` in the kernel's `net/tcp_states.h`.
const TCP_LISTEN: &str = "0A";

/// Bytes: a hundred thousand sockets.
const TABLE_LIMIT: u64 = 16 * 1024 * 1024;

/// Adds every listening port; a table that this kernel does not have (no IPv6) is empty.
pub(super) fn read_into(listening: &mut Listening) -> Result<()> {
    let tables = [("tcp", Protocol::Tcp), ("tcp6", Protocol::Tcp), ("udp", Protocol::Udp), ("udp6", Protocol::Udp)];
    for (name, protocol) in tables {
        let path = format!("/proc/net/{name}");
        let table = match files::read_limited(Path::new(&path), TABLE_LIMIT) {
            Ok(table) => table,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(error).with_context(|| format!("{path} cannot be read")),
        };
        let ports = String::from_utf8_lossy(&table);
        for port in ports.lines().skip(1).filter_map(|line| listening_port(line, protocol)) {
            listening.set_of(protocol).insert(port);
        }
    }
    Ok(())
}

/// The line's local port where its socket listens; UDP knows no such state, so every bound socket counts.
fn listening_port(line: &str, protocol: Protocol) -> Option<u16> {
    let mut columns = line.split_ascii_whitespace();
    let local = columns.nth(1)?;
    let state = columns.nth(1)?;
    if protocol == Protocol::Tcp && state != TCP_LISTEN {
        return None;
    }
    u16::from_str_radix(local.rsplit_once(':')?.1, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_port_of_listening_sockets() {
        #[track_caller]
        fn check(line: &str, protocol: Protocol, expected: Option<u16>) {
            assert_eq!(listening_port(line, protocol), expected, "{line:?}");
        }
        let v4 =
            "   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0";
        check(v4, Protocol::Tcp, Some(5432));
        check(&v4.replace(" 0A ", " 01 "), Protocol::Tcp, None);
        check(&v4.replace(" 0A ", " 07 "), Protocol::Udp, Some(5432));
        let v6 = "   1: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0";
        check(v6, Protocol::Tcp, Some(80));
        for line in ["", "  sl  local_address", "0: xyz 0 0A", "0: 0:zz 0:0 0A"] {
            check(line, Protocol::Tcp, None);
        }
    }
}
