//! What is booked, and whether anybody listens there: asked of the kernel at every call, never remembered.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::app::App;
use crate::listeners::{self, Listener};
use crate::model::{ContextHash, Port, Protocol};
use crate::registry::{Allocation, ContextRow, Reader, SqlResult, allocations, contexts};
use crate::resolve::known;

/// An allocation and what the kernel says of its port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub context: ContextHash,
    pub label: String,
    pub path: PathBuf,
    pub service: String,
    pub port: Port,
    pub container_port: Option<Port>,
    pub protocol: Protocol,
    pub variable: Option<String>,
    pub state: State,
    /// Who listens, where this user may know it.
    pub listener: Option<Listener>,
}

/// Who listens on an allocated port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nobody.
    Free,
    /// The context's own process or container, as far as can be told.
    Listening,
    /// A process that was started neither in the checkout nor from its shell, and forwards to no such container.
    Foreign,
}

/// The allocations of the current context, or of every context, by label and port.
///
/// # Errors
/// The checkout, the registry or the kernel's tables cannot be read.
pub fn statuses(app: &mut App, all: bool) -> Result<Vec<Status>> {
    let rows = match app.existing_registry()? {
        Some(registry) if all => registry.read(every_context)?,
        _ if all => Vec::new(),
        _ => known(app)?.and_then(|(claim, rows)| Some((claim.into_row()?, rows))).into_iter().collect(),
    };
    let listening = listeners::listening()?;
    let is_listening = |row: &Allocation| listening.contains(row.port, row.protocol);
    let any_listener = rows.iter().flat_map(|(_, rows)| rows).any(is_listening);
    let processes = if any_listener { listeners::listeners(None)? } else { Vec::new() };
    let mut statuses: Vec<Status> = Vec::new();
    for (context, rows) in &rows {
        for row in rows {
            let (state, listener) = match is_listening(row) {
                true => state_of(context, row, &processes),
                false => (State::Free, None),
            };
            statuses.push(Status::new(context, row, state, listener.cloned()));
        }
    }
    statuses.sort_by(|a, b| (&a.label, &a.path, a.port).cmp(&(&b.label, &b.path, b.port)));
    Ok(statuses)
}

fn every_context(reader: &Reader) -> SqlResult<Vec<(ContextRow, Vec<Allocation>)>> {
    let mut of_context: BTreeMap<i64, Vec<Allocation>> = BTreeMap::new();
    for allocation in allocations::all(reader)? {
        of_context.entry(allocation.context_id).or_default().push(allocation);
    }
    let contexts = contexts::all(reader)?.into_iter();
    let with_allocations = contexts.map(|context| {
        let allocations = of_context.remove(&context.id).unwrap_or_default();
        (context, allocations)
    });
    Ok(with_allocations.collect())
}

/// Whose listener it is, and which; one that this user cannot see may well be the context's own.
fn state_of<'a>(context: &ContextRow, row: &Allocation, processes: &'a [Listener]) -> (State, Option<&'a Listener>) {
    let mut of_port = processes.iter().filter(|found| found.port == row.port && found.protocol == row.protocol);
    match of_port.clone().find(|found| is_own(context, row, found)) {
        Some(own) => (State::Listening, Some(own)),
        None => of_port.next().map_or((State::Listening, None), |found| (State::Foreign, Some(found))),
    }
}

/// A container's forwarder is told by the container port it forwards to; any other process by where it was started.
fn is_own(context: &ContextRow, row: &Allocation, listener: &Listener) -> bool {
    let origin = listeners::origin_of(listener.pid, &listener.name);
    if origin.is_forwarder {
        origin.container_port.is_none() || row.container_port.is_none() || origin.container_port == row.container_port
    } else {
        // Another user's process tells neither, and counts as foreign.
        origin.belongs_to(&context.hash, &context.path)
    }
}

impl Status {
    fn new(context: &ContextRow, row: &Allocation, state: State, listener: Option<Listener>) -> Status {
        Status {
            context: context.hash.clone(),
            label: context.label.clone(),
            path: context.path.clone(),
            service: row.service.as_str().to_owned(),
            port: row.port,
            container_port: row.container_port,
            protocol: row.protocol,
            variable: row.variable.clone(),
            state,
            listener,
        }
    }
}

impl State {
    pub const fn as_str(self) -> &'static str {
        match self {
            State::Free => "free",
            State::Listening => "listening",
            State::Foreign => "foreign",
        }
    }
}
