//! What an override has to change, and why.

use crate::model::{FixedKind, FixedName, Port, ServiceName};
use crate::registry::Allocation;
use crate::resolve::{Booked, Clash, Discovery, Face};

use super::{Difference, allocation_of, difference};

/// One thing that the override changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A service's whole list of ports: an override cannot replace a single one.
    Ports { service: String, ports: Vec<PortChange> },
    /// A fixed name goes away.
    Name { name: FixedName, why: String },
}

/// An entry of the new list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortChange {
    pub face: Face,
    pub port: Port,
    pub why: String,
}

/// Nothing where the files publish what the context has.
pub fn changes(discovery: &Discovery, booked: &Booked) -> Vec<Change> {
    let mut services: Vec<&str> = Vec::new();
    for face in discovery.slots.iter().flat_map(|slot| &slot.faces) {
        if !services.contains(&face.service.as_str()) {
            services.push(face.service.as_str());
        }
    }
    let replaceable = |service: &&str| !discovery.left_as_written.contains(&ServiceName::new(*service));
    let ports = services.into_iter().filter(replaceable).filter_map(|service| {
        let ports = ports_of(service, discovery, &booked.allocations)?;
        Some(Change::Ports { service: service.to_owned(), ports })
    });
    let names = booked.clashes.iter().filter_map(|Clash { name, holder }| {
        let why = format!("{}: {} is used by {} ({})", name.source, name.name, holder.label, holder.path.display());
        Change::place_of(name.kind).map(|_| Change::Name { name: name.clone(), why })
    });
    ports.chain(names).collect()
}

/// The service's new list; `None` where the old one does, or where a port of it could not be booked.
fn ports_of(service: &str, discovery: &Discovery, rows: &[Allocation]) -> Option<Vec<PortChange>> {
    let mut ports = Vec::new();
    let mut differs = false;
    for slot in &discovery.slots {
        for face in slot.faces.iter().filter(|face| face.service.as_str() == service) {
            let port = allocation_of(slot, rows)?.port;
            let difference = difference(slot, face, port);
            differs |= difference.is_some();
            ports.push(PortChange { face: face.clone(), port, why: why(face, difference) });
        }
    }
    differs.then_some(ports)
}

fn why(face: &Face, difference: Option<Difference>) -> String {
    let source = &face.source;
    match difference {
        Some(Difference::Published(published)) => format!("{source} publishes {published}"),
        Some(Difference::LeftToEngine) => format!("{source} leaves the port to the engine"),
        None => format!("{source}, unchanged: an override replaces the whole list"),
    }
}

impl Change {
    /// The section of the compose file that a fixed name stands in, and the key that holds it; `None` for one that
    /// stands elsewhere.
    pub(super) fn place_of(kind: FixedKind) -> Option<(&'static str, &'static str)> {
        match kind {
            FixedKind::Container => Some(("services", "container_name")),
            FixedKind::Volume => Some(("volumes", "name")),
            FixedKind::Network => Some(("networks", "name")),
            FixedKind::Project => None,
        }
    }
}
