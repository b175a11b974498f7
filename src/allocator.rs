//! Which port a service gets: a pure choice among ports, by the policy of DESIGN's "Which port".
//!
//! The room never asks the kernel or the registry; it is told which ports are taken, by a function that it calls for as
//! few candidates as possible.

use std::fmt;

use crate::model::{Kind, Port, PortRange};

/// Ports that browsers refuse to connect to: "bad ports" in the WHATWG Fetch standard, section 2.9 "Port blocking"
/// (<https://fetch.spec.whatwg.org/#port-blocking>).
const BAD_PORTS: [u16; 82] = [
    1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
    111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
    540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
    6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/// What a service would like.
#[derive(Clone, Debug)]
pub struct Request {
    /// Named by the compose file or the user: honoured from anywhere while it is free.
    pub preferred: Option<Port>,
    /// Where to look else, in this order.
    pub ranges: Vec<NamedRange>,
    /// How many ports in a row; the answer is the first.
    pub length: u16,
    /// Ranges of which nothing is free up to this port, as an equal request has found.
    pub walked: Vec<(NamedRange, Port)>,
}

/// A range, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedRange {
    pub name: String,
    pub range: PortRange,
    /// The user set it, and so meant its ports even where the kernel uses them too.
    pub on_purpose: bool,
}

/// The ports that are not gantry's to choose.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Where the kernel takes ports for outgoing connections.
    pub ephemeral: Option<PortRange>,
    /// What the administrator keeps from that use.
    pub kernel_reserved: Vec<PortRange>,
    /// What the user reserved.
    pub reserves: Vec<PortRange>,
}

/// The port, and who has the preferred one where that was taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Choice<T> {
    pub port: Port,
    pub refused: Option<(Port, T)>,
}

/// No port is left.
#[derive(Debug, PartialEq, Eq)]
pub struct Exhausted {
    pub ranges: Vec<NamedRange>,
}

/// The preferred port where it is free, else the first free one of the ranges. `taken` says who has a port.
///
/// # Errors
/// [`Exhausted`] where every range is full; or what `taken` says.
pub fn choose<T>(
    request: &Request,
    policy: &Policy,
    mut taken: impl FnMut(Port) -> anyhow::Result<Option<T>>,
) -> anyhow::Result<Choice<T>> {
    let mut refused = None;
    if let Some(first) = request.preferred {
        refused = first_taken(row(first, request.length), &mut taken)?;
        if refused.is_none() {
            return Ok(Choice { port: first, refused });
        }
    }
    for range in &request.ranges {
        let mut in_row = 0;
        let walked = request.walked.iter().filter(|(walked, _)| walked == range).map(|(_, last)| *last).max();
        for port in range.range.ports().skip_while(|port| walked.is_some_and(|last| *port <= last)) {
            let is_free = policy.allows(port, range) && taken(port)?.is_none();
            in_row = if is_free { in_row + 1 } else { 0 };
            if in_row == request.length.max(1) {
                let first = Port::new(port.number() + 1 - in_row).unwrap_or(port);
                return Ok(Choice { port: first, refused });
            }
        }
    }
    Err(Exhausted { ranges: request.ranges.clone() }.into())
}

/// The ports from `first` on; fewer than `length` at the end of the numbers.
fn row(first: Port, length: u16) -> impl Iterator<Item = Port> {
    (first.number()..=u16::MAX).take(usize::from(length.max(1))).filter_map(Port::new)
}

fn first_taken<T>(
    ports: impl Iterator<Item = Port>,
    taken: &mut impl FnMut(Port) -> anyhow::Result<Option<T>>,
) -> anyhow::Result<Option<(Port, T)>> {
    for port in ports {
        if let Some(holder) = taken(port)? {
            return Ok(Some((port, holder)));
        }
    }
    Ok(None)
}

/// The range that a kind has until the user sets another.
pub fn default_range(kind: &Kind) -> PortRange {
    let (start, end) = match kind.as_str() {
        "postgres" => (5432, 5499),
        "mysql" => (3306, 3399),
        "redis" => (6379, 6449),
        "mongodb" => (27017, 27099),
        "elasticsearch" => (9200, 9299),
        "meilisearch" => (7700, 7799),
        "rabbitmq" => (5672, 5699),
        "kafka" => (9092, 9099),
        "http" => (5000, 5999),
        _ => (10000, 19999),
    };
    let ends = Port::new(start).zip(Port::new(end));
    ends.and_then(|(start, end)| PortRange::new(start, end)).expect("the table above has no 0 and is ascending")
}

impl Policy {
    fn allows(&self, port: Port, range: &NamedRange) -> bool {
        let kernels = self.ephemeral.iter().chain(&self.kernel_reserved);
        BAD_PORTS.binary_search(&port.number()).is_err()
            && !self.reserves.iter().any(|reserve| reserve.contains(port))
            && (range.on_purpose || !kernels.into_iter().any(|reserve| reserve.contains(port)))
    }
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.ranges.iter().map(|range| format!("`{}` ({})", range.name, range.range)).collect();
        write!(f, "no port is free in the range {}", names.join(" or "))
    }
}

impl std::error::Error for Exhausted {}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(number: u16) -> Port {
        Port::new(number).expect("not 0")
    }

    fn range(text: &str) -> NamedRange {
        NamedRange { name: "test".to_owned(), range: text.parse().expect("a range"), on_purpose: false }
    }

    #[track_caller]
    fn check(preferred: Option<u16>, ranges: &[NamedRange], policy: &Policy, held: &[u16], expected: Option<u16>) {
        check_row(1, preferred, ranges, policy, held, expected);
    }

    #[track_caller]
    fn check_row(
        length: u16,
        preferred: Option<u16>,
        ranges: &[NamedRange],
        policy: &Policy,
        held: &[u16],
        expected: Option<u16>,
    ) {
        let preferred = preferred.and_then(Port::new);
        let request = Request { preferred, ranges: ranges.to_vec(), length, walked: Vec::new() };
        let choice = choose(&request, policy, |port| Ok(held.contains(&port.number()).then_some(())));
        assert_eq!(choice.ok().map(|choice| choice.port.number()), expected);
    }

    #[test]
    fn the_preferred_port_then_the_first_free_of_the_ranges() {
        let free = Policy::default();
        let ranges = [range("5432-5434"), range("10000-10001")];
        check(Some(5432), &ranges, &free, &[], Some(5432));
        check(Some(80), &ranges, &free, &[], Some(80));
        check(Some(5432), &ranges, &free, &[5432], Some(5433));
        check(None, &ranges, &free, &[5432, 5433], Some(5434));
        check(None, &ranges, &free, &[5432, 5433, 5434], Some(10000));
        check(Some(5432), &ranges, &free, &[5432, 5433, 5434, 10000, 10001], None);
    }

    #[test]
    fn the_policy_binds_own_choices_but_not_a_named_port() {
        let policy = Policy {
            ephemeral: Some("32768-60999".parse().expect("a range")),
            kernel_reserved: vec!["18000-18001".parse().expect("a range")],
            reserves: vec!["9000".parse().expect("a range")],
        };
        check(None, &[range("10079-10081")], &policy, &[10079], Some(10081));
        check(Some(10080), &[range("10079-10081")], &policy, &[], Some(10080));
        check(None, &[range("5060-5062")], &policy, &[], Some(5062));
        check(None, &[range("40000-40010")], &policy, &[], None);
        check(None, &[range("18000-18002")], &policy, &[], Some(18002));
        check(None, &[NamedRange { on_purpose: true, ..range("40000-40010") }], &policy, &[], Some(40000));
        check(None, &[NamedRange { on_purpose: true, ..range("9000-9001") }], &policy, &[], Some(9001));
        check(Some(9000), &[range("1-2")], &policy, &[], Some(9000));
    }

    #[test]
    fn what_was_walked_is_not_walked_again() {
        let ranges = vec![range("5000-5003"), NamedRange { on_purpose: true, ..range("5000-5003") }];
        let (policy, mut asked) = (Policy::default(), Vec::new());
        let request = Request {
            preferred: None,
            ranges: ranges.clone(),
            length: 1,
            walked: vec![(ranges[0].clone(), port(5002))],
        };
        let choice = choose(&request, &policy, |port| {
            asked.push(port.number());
            Ok((asked.len() < 3).then_some(()))
        });
        assert_eq!((choice.ok().map(|choice| choice.port.number()), asked), (Some(5001), vec![5003, 5000, 5001]));
    }

    #[test]
    fn a_row_is_whole() {
        let free = Policy::default();
        let ranges = [range("5000-5009"), range("10000-10009")];
        check_row(3, Some(3000), &ranges, &free, &[], Some(3000));
        check_row(3, Some(3000), &ranges, &free, &[3002], Some(5000));
        check_row(3, None, &ranges, &free, &[5001, 5003], Some(5004));
        check_row(3, None, &[range("5059-5064")], &free, &[], Some(5062));
        check_row(10, None, &ranges, &free, &[5009], Some(10000));
        check_row(11, None, &ranges, &free, &[], None);
    }

    #[test]
    fn bad_ports_are_sorted_and_every_default_range_has_room() {
        assert!(BAD_PORTS.is_sorted());
        for kind in Kind::ALL {
            assert!(default_range(&kind).ports().any(|port| !BAD_PORTS.contains(&port.number())), "{kind}");
        }
        assert_eq!(default_range(&Kind::POSTGRES).start, port(5432));
    }
}
