//! The port for one demand: the free one that it prefers, else the first free one of its ranges, and what there is to
//! say where it is another than was asked for.

use anyhow::Result;

use super::taken::{Occupancy, Taken, holder_of, policy};
use super::{Note, PortTaken};
use crate::allocator::{self, Exhausted, NamedRange, Policy, Request};
use crate::listeners::{self, Listener};
use crate::model::{Kind, Port, Protocol, ServiceName};
use crate::registry::{ContextRow, Reader, ranges};

/// What a new allocation is chosen for.
pub(super) struct Demand<'a> {
    pub(super) service: &'a ServiceName,
    pub(super) kind: &'a str,
    pub(super) preferred: Option<Port>,
    /// How many ports in a row.
    pub(super) length: u16,
    pub(super) protocols: Vec<Protocol>,
    pub(super) strict: bool,
}

/// Chooses for one context, for the length of one transaction.
pub(super) struct Chooser<'a> {
    reader: &'a Reader,
    held: ContextRow,
    policy: Policy,
    occupancy: Occupancy<'a>,
    /// What was walked for single ports of these protocols: nothing becomes free within a transaction, so the next
    /// service of five does not go through the same thousands of held ports again.
    walked: Vec<(Vec<Protocol>, NamedRange, Port)>,
    pub(super) notes: Vec<Note>,
    /// Services that get nothing because their ranges are full.
    pub(super) exhausted: Vec<(ServiceName, Exhausted)>,
}

impl<'a> Chooser<'a> {
    pub(super) fn new(reader: &'a Reader, held: ContextRow) -> Result<Chooser<'a>> {
        let (policy, occupancy) = (policy(reader)?, Occupancy::new(reader));
        let (walked, notes, exhausted) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Chooser { reader, held, policy, occupancy, walked, notes, exhausted })
    }

    /// A free port for the demand; `None`, noted in `exhausted`, where its ranges are full.
    pub(super) fn choose(&mut self, demand: &Demand<'_>) -> Result<Option<Port>> {
        let Demand { preferred, length, .. } = *demand;
        let equal = self.walked.iter().filter(|(protocols, ..)| length == 1 && *protocols == demand.protocols);
        let walked = equal.map(|(_, range, last)| (range.clone(), *last)).collect();
        let request = Request { preferred, ranges: ranges_for(self.reader, demand)?, length, walked };
        let held = &self.held;
        let occupancy = &mut self.occupancy;
        let asked_for = preferred.map_or(0..0, |first| {
            let first = u32::from(first.number());
            first..first + u32::from(length)
        });
        let choice = allocator::choose(&request, &self.policy, |port| {
            if !asked_for.contains(&u32::from(port.number())) {
                return occupancy.taken_in(&request.ranges, port, &demand.protocols);
            }
            let taken = occupancy.taken(port, &demand.protocols)?;
            let is_own = taken == Some(Taken::Listening) && is_own(held, port)?;
            Ok(taken.filter(|_| !is_own))
        });
        let choice = match choice.map_err(|error| error.downcast::<Exhausted>()) {
            Ok(choice) => choice,
            Err(Ok(exhausted)) => {
                self.exhausted.push((demand.service.clone(), exhausted));
                return Ok(None);
            }
            Err(Err(error)) => return Err(error),
        };
        if length == 1 && preferred != Some(choice.port) {
            let range = request.ranges.iter().find(|named| named.range.contains(choice.port));
            self.walked.extend(range.map(|range| (demand.protocols.clone(), range.clone(), choice.port)));
        }
        if let Some((wanted, _)) = choice.refused {
            let holder = holder_of(self.reader, wanted)?;
            let service = demand.service.clone();
            if demand.strict {
                return Err(
                    PortTaken { service, port: wanted, holder: Some(holder), has: None, is_strict: true }.into()
                );
            }
            self.notes.push(Note::PreferredTaken { service, wanted, holder, got: choice.port });
        }
        (choice.port.number()..)
            .take(usize::from(length))
            .filter_map(Port::new)
            .for_each(|port| self.occupancy.add(port));
        Ok(Some(choice.port))
    }
}

/// Whether the listener on the port was started in this checkout, or from this context's shell: a project that was
/// running before it met gantry keeps its port.
pub(super) fn is_own(held: &ContextRow, port: Port) -> Result<bool> {
    let listeners = listeners::listeners(Some(port))?;
    let is_own = |found: &Listener| listeners::origin_of(found.pid, &found.name).belongs_to(&held.hash, &held.path);
    Ok(listeners.iter().any(is_own))
}

/// The range that was set for the service, else the one of its kind; then `default`.
fn ranges_for(reader: &Reader, demand: &Demand<'_>) -> Result<Vec<NamedRange>> {
    let own = match ranges::find(reader, demand.service.as_str())? {
        Some(range) => NamedRange { name: demand.service.as_str().to_owned(), range, on_purpose: true },
        None => range_of_kind(reader, demand.kind)?,
    };
    let default = range_of_kind(reader, Kind::DEFAULT.as_str())?;
    Ok(if own == default { vec![own] } else { vec![own, default] })
}

fn range_of_kind(reader: &Reader, kind: &str) -> Result<NamedRange> {
    let set = ranges::find(reader, kind)?;
    let default = allocator::default_range(&Kind::by_name(kind).unwrap_or(Kind::DEFAULT));
    Ok(NamedRange { name: kind.to_owned(), range: set.unwrap_or(default), on_purpose: set.is_some() })
}
