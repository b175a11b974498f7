//! Ports, ranges of ports, and the protocol above them.

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use serde::Serialize;

/// A TCP or UDP port, 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Port(NonZeroU16);

/// Ports from `start` to `end`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    pub start: Port,
    pub end: Port,
}

/// Any of the ports, a bit for each: thousands may be held, and each of them is asked for while a range is walked.
#[derive(Clone, Debug)]
pub struct PortSet(Vec<u64>);

/// The transport that Compose's port syntax can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

/// Why a text is not a port, a range or a protocol; its `Display` is a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortSyntaxError(String);

impl Port {
    /// `None` for 0, which asks the kernel for any port and so names none.
    pub const fn new(number: u16) -> Option<Port> {
        match NonZeroU16::new(number) {
            Some(number) => Some(Port(number)),
            None => None,
        }
    }

    pub const fn number(self) -> u16 {
        self.0.get()
    }

    /// Below 1024: binding it takes a privilege on most systems.
    pub const fn is_privileged(self) -> bool {
        self.number() < 1024
    }
}

impl PortRange {
    /// `None` where `start` lies behind `end`.
    pub fn new(start: Port, end: Port) -> Option<PortRange> {
        (start <= end).then_some(PortRange { start, end })
    }

    pub fn contains(self, port: Port) -> bool {
        self.start <= port && port <= self.end
    }

    pub fn ports(self) -> impl Iterator<Item = Port> {
        (self.start.number()..=self.end.number()).filter_map(Port::new)
    }
}

impl PortSet {
    /// `number` may be 0, which no [`Port`] is.
    pub fn insert(&mut self, number: u16) {
        self.0[usize::from(number / 64)] |= 1 << (number % 64);
    }

    pub fn contains(&self, number: u16) -> bool {
        self.0[usize::from(number / 64)] & (1 << (number % 64)) != 0
    }
}

impl Default for PortSet {
    fn default() -> PortSet {
        PortSet(vec![0; 1024])
    }
}

impl Protocol {
    pub const fn as_str(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        }
    }
}

/// One port.
impl From<Port> for PortRange {
    fn from(port: Port) -> PortRange {
        PortRange { start: port, end: port }
    }
}

impl FromStr for Port {
    type Err = PortSyntaxError;

    fn from_str(text: &str) -> Result<Port, PortSyntaxError> {
        let digits_only = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits_only.then(|| text.parse().ok().and_then(Port::new)).flatten().ok_or_else(|| {
            PortSyntaxError(format!("`{}` is not a port: a port is a number from 1 to 65535", text.escape_debug()))
        })
    }
}

impl FromStr for PortRange {
    type Err = PortSyntaxError;

    /// `5432-5499`, or a single port.
    fn from_str(text: &str) -> Result<PortRange, PortSyntaxError> {
        let (start, end) = text.split_once('-').unwrap_or((text, text));
        let (start, end) = (start.parse()?, end.parse()?);
        PortRange::new(start, end)
            .ok_or_else(|| PortSyntaxError(format!("`{text}` is not a range: it ends before it starts")))
    }
}

impl FromStr for Protocol {
    type Err = PortSyntaxError;

    fn from_str(text: &str) -> Result<Protocol, PortSyntaxError> {
        match text.to_ascii_lowercase().as_str() {
            "tcp" => Ok(Protocol::Tcp),
            "udp" => Ok(Protocol::Udp),
            "sctp" => Ok(Protocol::Sctp),
            _ => Err(PortSyntaxError(format!("`{}` is not a protocol: tcp, udp or sctp", text.escape_debug()))),
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.start == self.end { self.start.fmt(f) } else { write!(f, "{}-{}", self.start, self.end) }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for PortSyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PortSyntaxError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_whole_numbers_from_1_to_65535() {
        #[track_caller]
        fn check(text: &str, expected: Option<u16>) {
            assert_eq!(text.parse::<Port>().ok().map(Port::number), expected, "{text:?}");
        }
        check("1", Some(1));
        check("5432", Some(5432));
        check("65535", Some(65535));
        for text in ["", "0", "65536", "70000", "-1", "+5432", " 5432", "5432.0", "0x50", "port"] {
            check(text, None);
        }
    }

    #[test]
    fn ranges_name_both_ends() {
        #[track_caller]
        fn check(text: &str, expected: Option<&str>) {
            assert_eq!(text.parse::<PortRange>().ok().map(|range| range.to_string()).as_deref(), expected, "{text:?}");
        }
        check("5432-5499", Some("5432-5499"));
        check("8080", Some("8080"));
        check("8080-8080", Some("8080"));
        for text in ["", "-", "5499-5432", "0-10", "1-65536", "1-2-3", "a-b"] {
            check(text, None);
        }
    }
}
