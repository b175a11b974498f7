//! Whether a port is free, and who has it otherwise.

use std::cell::OnceCell;
use std::fmt;

use anyhow::Result;

use crate::allocator::{NamedRange, Policy};
use crate::listeners::{self, Listening};
use crate::model::{Port, PortRange, PortSet, Protocol};
use crate::registry::{Reader, allocations, contexts, reserves};

/// Why a port is not free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// An allocation holds it.
    Allocated,
    /// A process listens on it.
    Listening,
    /// It cannot be bound, though nobody is seen to listen.
    Unbindable,
}

/// Who has a port, in words that let the user find them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    Allocation {
        service: String,
        label: String,
        path: String,
    },
    Process {
        name: String,
        pid: u32,
    },
    /// Another user's process, or one in another namespace.
    Unknown,
}

/// The ports that are taken now, for the length of one transaction.
#[derive(Debug)]
pub(super) struct Occupancy<'a> {
    reader: &'a Reader,
    listening: OnceCell<Listening>,
    /// The ranges that were walked, whose held ports were read at once instead of one a query.
    walked: Vec<PortRange>,
    held: PortSet,
}

impl<'a> Occupancy<'a> {
    pub(super) fn new(reader: &'a Reader) -> Occupancy<'a> {
        Occupancy { reader, listening: OnceCell::new(), walked: Vec::new(), held: PortSet::default() }
    }

    /// Notes a port that was booked meanwhile.
    pub(super) fn add(&mut self, port: Port) {
        self.held.insert(port.number());
    }

    /// Why a port that was asked for by number is not free for these protocols; `None` where it is.
    pub(super) fn taken(&self, port: Port, protocols: &[Protocol]) -> Result<Option<Taken>> {
        if allocations::of_port(self.reader, port)?.is_some() {
            return Ok(Some(Taken::Allocated));
        }
        self.taken_by_process(port, protocols)
    }

    /// The same for a port that comes up while one of the ranges is walked.
    pub(super) fn taken_in(
        &mut self,
        ranges: &[NamedRange],
        port: Port,
        protocols: &[Protocol],
    ) -> Result<Option<Taken>> {
        if !self.held.contains(port.number()) && !self.walked.iter().any(|range| range.contains(port)) {
            let named = ranges.iter().map(|named| named.range).find(|range| range.contains(port));
            let range = named.unwrap_or(PortRange { start: port, end: port });
            allocations::ports_in(self.reader, range, &mut self.held)?;
            self.walked.push(range);
        }
        if self.held.contains(port.number()) {
            return Ok(Some(Taken::Allocated));
        }
        self.taken_by_process(port, protocols)
    }

    fn taken_by_process(&self, port: Port, protocols: &[Protocol]) -> Result<Option<Taken>> {
        let listening = self.listening()?;
        if protocols.iter().any(|&protocol| listening.contains(port, protocol)) {
            return Ok(Some(Taken::Listening));
        }
        let can_bind = protocols.iter().all(|&protocol| listeners::can_bind(port, protocol));
        Ok((!can_bind).then_some(Taken::Unbindable))
    }

    fn listening(&self) -> Result<&Listening> {
        if self.listening.get().is_none() {
            let _ = self.listening.set(listeners::listening()?);
        }
        Ok(self.listening.get().expect("set above"))
    }
}

/// Who has the port: the context that booked it, else the process that listens.
///
/// # Errors
/// The registry or the kernel's tables cannot be read.
pub fn holder_of(reader: &Reader, port: Port) -> Result<Holder> {
    if let Some(allocation) = allocations::of_port(reader, port)? {
        let row = contexts::of_id(reader, allocation.context_id)?;
        let (service, path) = (allocation.service.as_str().to_owned(), row.path.display().to_string());
        return Ok(Holder::Allocation { service, label: row.label, path });
    }
    let listener = listeners::listeners(Some(port))?.into_iter().next();
    Ok(listener.map_or(Holder::Unknown, |listener| Holder::Process { name: listener.name, pid: listener.pid }))
}

/// What gantry may choose from.
///
/// # Errors
/// The registry cannot be read.
pub(super) fn policy(reader: &Reader) -> Result<Policy> {
    Ok(Policy {
        ephemeral: listeners::ephemeral_range(),
        kernel_reserved: listeners::reserved_ports(),
        reserves: reserves::all(reader)?,
    })
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Allocation { service, label, path } => write!(f, "{service} of {label} ({path})"),
            Holder::Process { name, pid } => write!(f, "{name} (pid {pid})"),
            Holder::Unknown => f.write_str("a process that this user cannot see"),
        }
    }
}
