//! The ports that the kernel keeps for itself.

use std::path::Path;

use crate::model::{Port, PortRange};
use crate::sys::files;

/// The range that outgoing connections take their local port from: `ip_local_port_range` on Linux, the dynamic ports
/// of RFC 6335 (49152-65535) elsewhere.
pub fn ephemeral_range() -> Option<PortRange> {
    let text = read("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_else(|| "49152 65535".to_owned());
    let mut ends = text.split_ascii_whitespace().map(|end| end.parse::<Port>().ok());
    PortRange::new(ends.next()??, ends.next()??)
}

/// `ip_local_reserved_ports`: what an administrator keeps out of that range for a service, so not free for others.
pub fn reserved_ports() -> Vec<PortRange> {
    let text = read("/proc/sys/net/ipv4/ip_local_reserved_ports").unwrap_or_default();
    text.trim().split(',').filter_map(|range| range.parse().ok()).collect()
}

fn read(path: &str) -> Option<String> {
    String::from_utf8(files::read_limited(Path::new(path), 1024 * 1024).ok()?).ok()
}
