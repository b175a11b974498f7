//! Which allocation belongs to which slot. A service keeps its port when its container port changes, when it is renamed
//! under the same variable or the same fixed port, and when it was booked by name before the compose file knew it.

use std::collections::BTreeSet;

use super::Slot;
use crate::model::{Port, Protocol, ServiceName};
use crate::registry::Allocation;
use crate::registry::allocations::NewAllocation;
use crate::shell::{VariableName, distinct_names};

/// A slot without an allocation, or an allocation and what it stands for now.
#[derive(Debug)]
pub(super) enum Entry<'a> {
    Missing(&'a Slot),
    Found { row: &'a Allocation, description: Description },
}

/// What an allocation stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Description {
    service: ServiceName,
    container_port: Option<Port>,
    protocol: Protocol,
    ordinal: u32,
    kind: String,
    variable: Option<VariableName>,
}

impl Description {
    fn of_slot(slot: &Slot) -> Description {
        Description {
            service: slot.service.clone(),
            container_port: Some(slot.container_port),
            protocol: slot.protocol,
            ordinal: slot.ordinal,
            kind: slot.kind.as_str().to_owned(),
            variable: Some(slot.variable.clone()),
        }
    }

    fn of_row(row: &Allocation, variable: Option<VariableName>) -> Description {
        Description {
            service: row.service.clone(),
            container_port: row.container_port,
            protocol: row.protocol,
            ordinal: row.ordinal,
            kind: row.kind.clone(),
            variable,
        }
    }

    /// The allocation as it would be described.
    pub(super) fn apply_to(&self, row: &Allocation) -> Allocation {
        Allocation {
            service: self.service.clone(),
            container_port: self.container_port,
            protocol: self.protocol,
            ordinal: self.ordinal,
            kind: self.kind.clone(),
            variable: self.variable.as_ref().map(|name| name.as_str().to_owned()),
            ..row.clone()
        }
    }

    pub(super) fn for_context(&self, context_id: i64, port: Port) -> NewAllocation<'_> {
        NewAllocation {
            context_id,
            service: &self.service,
            container_port: self.container_port,
            protocol: self.protocol,
            ordinal: self.ordinal,
            kind: &self.kind,
            port,
            variable: self.variable.as_ref().map(VariableName::as_str),
        }
    }
}

impl Allocation {
    pub(super) fn is_described_by(&self, description: &Description) -> bool {
        let variable = description.variable.as_ref().map(VariableName::as_str);
        self.variable.as_deref() == variable && Description::of_row(self, description.variable.clone()) == *description
    }
}

/// Every slot in its order, then every allocation that the compose file does not mention: one that was booked by name
/// keeps a variable of its own, one that came from an earlier compose file has none until it is mentioned again.
pub(super) fn pair<'a>(rows: &'a [Allocation], slots: &'a [Slot]) -> Vec<Entry<'a>> {
    let mut free: Vec<&Allocation> = rows.iter().collect();
    let mut found: Vec<Option<&Allocation>> = vec![None; slots.len()];
    for is_match in [is_exact, is_exact_for_another_face, is_same_service, is_same_variable, is_same_number] {
        for (slot, found) in slots.iter().zip(&mut found).filter(|(_, found)| found.is_none()) {
            if let Some(position) = free.iter().position(|row| is_match(slot, row)) {
                *found = Some(free.remove(position));
            }
        }
    }
    let paired = slots.iter().zip(found).map(|(slot, row)| match row {
        Some(row) => Entry::Found { row, description: Description::of_slot(slot) },
        None => Entry::Missing(slot),
    });
    paired.chain(unmentioned(free, slots)).collect()
}

fn unmentioned<'a>(rows: Vec<&'a Allocation>, slots: &[Slot]) -> impl Iterator<Item = Entry<'a>> {
    let reserved: BTreeSet<VariableName> = slots.iter().map(|slot| slot.variable.clone()).collect();
    let by_name = |row: &&&Allocation| row.container_port.is_none();
    let wanted: Vec<_> = rows.iter().filter(by_name).map(|row| (row.service.clone(), None)).collect();
    let mut names = distinct_names(&wanted, &reserved).into_iter();
    rows.into_iter().map(move |row| {
        let variable = if row.container_port.is_none() { names.next() } else { None };
        Entry::Found { row, description: Description::of_row(row, variable) }
    })
}

fn is_exact(slot: &Slot, row: &Allocation) -> bool {
    (&slot.service, Some(slot.container_port), slot.protocol, slot.ordinal)
        == (&row.service, row.container_port, row.protocol, row.ordinal)
}

/// The entry that gave the slot its name is gone from the file, another of its entries is still there.
fn is_exact_for_another_face(slot: &Slot, row: &Allocation) -> bool {
    let is_face = |face: &super::Face| {
        (&face.service, Some(face.container_port), face.protocol) == (&row.service, row.container_port, row.protocol)
    };
    slot.ordinal == row.ordinal && slot.faces.iter().any(is_face)
}

fn is_same_service(slot: &Slot, row: &Allocation) -> bool {
    slot.service == row.service
}

fn is_same_variable(slot: &Slot, row: &Allocation) -> bool {
    row.variable.as_deref() == Some(slot.variable.as_str())
}

/// A service that was renamed under its port, or booked by its kind before the file had it: the number is what everybody
/// has in mind.
fn is_same_number(slot: &Slot, row: &Allocation) -> bool {
    let is_of_kind = row.container_port.is_some() || row.service.as_str() == slot.kind.as_str();
    is_of_kind && slot.preferred == Some(row.port)
}
