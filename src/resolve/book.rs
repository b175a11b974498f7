//! Booking: each slot keeps the allocation it has, what is new gets a port, all in one transaction.

use anyhow::Result;

use super::choose::{Chooser, Demand};
use super::claim::{self, Claim};
use super::names::{self, Clash};
use super::pair::{Entry, pair};
use super::{Discovery, Note, PortTaken, Slot};
use crate::allocator::Exhausted;
use crate::app::App;
use crate::model::{Context, Kind, Port, Protocol, ServiceName};
use crate::registry::allocations::NewAllocation;
use crate::registry::{Allocation, ContextRow, Reader, allocations, contexts, projects};
use crate::sys::clock;

/// How `book` was asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct BookOptions {
    /// The port to have, before what the compose file prefers.
    pub port: Option<Port>,
    /// Fail rather than take another port than the preferred one.
    pub strict: bool,
}

/// What a context has after booking.
#[derive(Debug)]
pub struct Booked {
    pub held: ContextRow,
    pub allocations: Vec<Allocation>,
    /// Names that the compose file fixes and that another checkout uses.
    pub clashes: Vec<Clash>,
    pub notes: Vec<Note>,
    /// Services that got nothing because their ranges are full; the others were booked.
    pub exhausted: Vec<(ServiceName, Exhausted)>,
}

/// What is to be booked.
#[derive(Clone, Copy, Debug)]
enum Wish<'a> {
    /// Every slot, and the service that the project's HTTP port goes by where no slot is called that.
    Everything {
        http: Option<&'a ServiceName>,
    },
    Service {
        name: &'a ServiceName,
        options: BookOptions,
    },
}

/// Books every slot that has no port yet. Writes nothing where all have one.
///
/// # Errors
/// The registry cannot be read, or cannot be written though something is new.
pub fn book_project(app: &mut App, discovery: &Discovery) -> Result<Booked> {
    let root = app.context()?.root.clone();
    let http = match app.existing_registry()? {
        Some(registry) => registry.read(|reader| projects::http_service_at(reader, &root))?,
        None => None,
    };
    let http = http.and_then(|name| beside(&discovery.slots, &name));
    book(app, discovery, Wish::Everything { http: http.as_ref() })
}

/// Books every slot and the project's HTTP port within the caller's transaction.
///
/// # Errors
/// As [`book_project`].
pub fn book_within(writer: &Reader, context: &Context, discovery: &Discovery, http_service: &str) -> Result<Booked> {
    let http = beside(&discovery.slots, http_service);
    Session::begin(writer, context, clock::now())?.run(discovery, Wish::Everything { http: http.as_ref() })
}

/// The service of `SERVICE` or `SERVICE:CONTAINER_PORT`, where the compose file publishes nothing for it.
fn beside(slots: &[Slot], http_service: &str) -> Option<ServiceName> {
    let is_published = slots.iter().any(|slot| slot.is_called(http_service));
    (!is_published).then(|| ServiceName::new(http_service))
}

/// What the context has by now; `None` where it holds nothing yet. Books nothing.
///
/// # Errors
/// The registry cannot be read.
pub fn booked_already(app: &mut App, discovery: &Discovery) -> Result<Option<Booked>> {
    let context = app.context()?.clone();
    let Some(registry) = app.existing_registry()? else { return Ok(None) };
    registry.read(|reader| {
        let Some(held) = claim::judge(reader, &context)?.row().cloned() else { return Ok(None) };
        let allocations = described(&allocations::of_context(reader, held.id)?, &discovery.slots);
        let clashes = names::live_clashes(reader, &held, &discovery.fixed_names)?;
        Ok(Some(Booked { held, allocations, clashes, notes: Vec::new(), exhausted: Vec::new() }))
    })
}

/// The allocations under the variables that the compose file gives them now, which booking would write down.
fn described(rows: &[Allocation], slots: &[Slot]) -> Vec<Allocation> {
    let found = pair(rows, slots).into_iter().filter_map(|entry| match entry {
        Entry::Found { row, description } => Some(description.apply_to(row)),
        Entry::Missing(_) => None,
    });
    let mut described: Vec<Allocation> = found.collect();
    described.sort_by_key(|row| row.id);
    described
}

/// Books one service: its slots where the compose file has it, else a port by its name.
///
/// # Errors
/// As [`book_project`]; [`PortTaken`] with `strict`; [`Exhausted`] where its ranges are full.
pub fn book_service(app: &mut App, discovery: &Discovery, name: &ServiceName, options: BookOptions) -> Result<Booked> {
    let mut booked = book(app, discovery, Wish::Service { name, options })?;
    match booked.exhausted.pop() {
        Some((_, exhausted)) => Err(exhausted.into()),
        None => Ok(booked),
    }
}

fn book(app: &mut App, discovery: &Discovery, wish: Wish<'_>) -> Result<Booked> {
    let context = app.context()?.clone();
    if let Some(registry) = app.existing_registry()?
        && let Claim::Held(held) = registry.read(|reader| claim::judge(reader, &context))?
    {
        let rows = registry.read(|reader| allocations::of_context(reader, held.id))?;
        let clashes = registry.read(|reader| names::clashes(reader, &held, &discovery.fixed_names))?;
        if let Some(clashes) = clashes
            && is_settled(&rows, &discovery.slots, wish)
        {
            claim::note_use(registry, &held);
            let notes = kept_notes(&rows, wish)?;
            return Ok(Booked { held, allocations: rows, clashes, notes, exhausted: Vec::new() });
        }
    }
    let now = clock::now();
    app.registry()?.write(|writer| Session::begin(writer, &context, now)?.run(discovery, wish))
}

/// Whether every wanted slot has its allocation and every allocation is described as the compose file has it now.
fn is_settled(rows: &[Allocation], slots: &[Slot], wish: Wish<'_>) -> bool {
    let entries = pair(rows, slots);
    let all_booked = entries.iter().all(|entry| match entry {
        Entry::Missing(slot) => !wish.wants(slot),
        Entry::Found { row, description } => row.is_described_by(description),
    });
    let name_booked = match wish {
        Wish::Everything { http } => http.is_none_or(|name| rows.iter().any(|row| row.service == *name)),
        Wish::Service { name, .. } => rows.iter().any(|row| row.service == *name),
    };
    all_booked && (name_booked || slots.iter().any(|slot| wish.wants(slot)))
}

/// What to say of a `--port` that asks an existing allocation to move: it stays.
fn kept_notes(rows: &[Allocation], wish: Wish<'_>) -> Result<Vec<Note>> {
    let Wish::Service { name, options: BookOptions { port: Some(wanted), strict } } = wish else {
        return Ok(Vec::new());
    };
    let of_service: Vec<_> = rows.iter().filter(|row| row.service == *name).collect();
    if of_service.iter().any(|row| row.port == wanted) {
        return Ok(Vec::new());
    }
    let Some(first) = of_service.first() else { return Ok(Vec::new()) };
    if strict {
        return Err(PortTaken {
            service: name.clone(),
            port: wanted,
            holder: None,
            has: Some(first.port),
            is_strict: true,
        }
        .into());
    }
    Ok(vec![Note::KeptInstead { service: name.clone(), wanted, kept: first.port }])
}

impl Wish<'_> {
    fn wants(self, slot: &Slot) -> bool {
        match self {
            Wish::Everything { .. } => true,
            Wish::Service { name, .. } => slot.faces.iter().any(|face| face.service == *name),
        }
    }

    fn options(self) -> BookOptions {
        match self {
            Wish::Everything { .. } => BookOptions::default(),
            Wish::Service { options, .. } => options,
        }
    }
}

/// One booking transaction.
struct Session<'a> {
    writer: &'a Reader,
    held: ContextRow,
    chooser: Chooser<'a>,
    now: i64,
}

impl<'a> Session<'a> {
    fn begin(writer: &'a Reader, context: &Context, now: i64) -> Result<Session<'a>> {
        let held = claim::settle(writer, context, now)?;
        contexts::touch(writer, held.id, now)?;
        let chooser = Chooser::new(writer, held.clone())?;
        Ok(Session { writer, held, chooser, now })
    }

    fn run(mut self, discovery: &Discovery, wish: Wish<'_>) -> Result<Booked> {
        let slots = &discovery.slots;
        let rows = allocations::of_context(self.writer, self.held.id)?;
        let mut notes = kept_notes(&rows, wish)?;
        // Described first, so that a variable or a place that moved from one row to another is free for a new one.
        allocations::clear_variables(self.writer, self.held.id)?;
        let entries = pair(&rows, slots);
        for entry in &entries {
            if let Entry::Found { row, description } = entry {
                allocations::describe(self.writer, row.id, &description.for_context(self.held.id, row.port))?;
            }
        }
        let missing = entries.iter().filter_map(|entry| match entry {
            Entry::Missing(slot) if wish.wants(slot) => Some(*slot),
            _ => None,
        });
        let mut options = wish.options();
        for row in rows_of(missing) {
            self.book_row(&row, options)?;
            // `--port` names one port: the service's others get what the file says.
            options.port = None;
        }
        if let Wish::Service { name, .. } | Wish::Everything { http: Some(name) } = wish {
            self.book_name(name, &rows, slots, wish)?;
        }
        notes.append(&mut self.chooser.notes);
        let clashes = names::settle(self.writer, &self.held, &discovery.fixed_names)?;
        let allocations = allocations::of_context(self.writer, self.held.id)?;
        Ok(Booked { held: self.held, allocations, clashes, notes, exhausted: self.chooser.exhausted })
    }

    /// Books one slot, or neighbours that must stay in a row.
    fn book_row(&mut self, row: &[&Slot], options: BookOptions) -> Result<()> {
        let first = row[0];
        let mut protocols: Vec<Protocol> = first.faces.iter().map(|face| face.protocol).collect();
        protocols.sort_unstable();
        protocols.dedup();
        let demand = Demand {
            service: &first.service,
            kind: first.kind.as_str(),
            preferred: options.port.or(first.preferred),
            length: u16::try_from(row.len()).unwrap_or(u16::MAX),
            protocols,
            strict: options.strict,
        };
        let Some(port) = self.chooser.choose(&demand)? else { return Ok(()) };
        for (slot, number) in row.iter().zip(port.number()..) {
            let Some(port) = Port::new(number) else { continue };
            let new = NewAllocation {
                context_id: self.held.id,
                service: &slot.service,
                container_port: Some(slot.container_port),
                protocol: slot.protocol,
                ordinal: slot.ordinal,
                kind: slot.kind.as_str(),
                port,
                variable: Some(slot.variable.as_str()),
            };
            allocations::insert(self.writer, &new, self.now)?;
        }
        Ok(())
    }

    /// Books a service that neither the registry nor the compose file has, by its name alone.
    fn book_name(&mut self, name: &ServiceName, rows: &[Allocation], slots: &[Slot], wish: Wish<'_>) -> Result<()> {
        let is_known = rows.iter().any(|row| row.service == *name)
            || slots.iter().any(|slot| slot.faces.iter().any(|face| face.service == *name));
        if is_known {
            return Ok(());
        }
        let by_name = Kind::by_name(name.as_str());
        let kind = match by_name {
            None if matches!(wish, Wish::Everything { .. }) => Kind::HTTP,
            kind => kind.unwrap_or(Kind::DEFAULT),
        };
        let demand = Demand {
            service: name,
            kind: kind.as_str(),
            preferred: wish.options().port,
            length: 1,
            protocols: vec![Protocol::Tcp],
            strict: wish.options().strict,
        };
        let Some(port) = self.chooser.choose(&demand)? else { return Ok(()) };
        let new = NewAllocation {
            context_id: self.held.id,
            service: name,
            container_port: None,
            protocol: Protocol::Tcp,
            ordinal: 0,
            kind: kind.as_str(),
            port,
            variable: None,
        };
        allocations::insert(self.writer, &new, self.now)?;
        // Its variable depends on its neighbours' names: paired once more, it is described like the others.
        let rows = allocations::of_context(self.writer, self.held.id)?;
        for entry in pair(&rows, slots) {
            if let Entry::Found { row, description } = entry
                && row.service == *name
            {
                allocations::describe(self.writer, row.id, &description.for_context(self.held.id, row.port))?;
            }
        }
        Ok(())
    }
}

/// The slots one by one, those of a range of the file together; a range of which some are booked already is not a row
/// any more.
fn rows_of<'s>(slots: impl Iterator<Item = &'s Slot>) -> Vec<Vec<&'s Slot>> {
    let mut rows: Vec<Vec<&Slot>> = Vec::new();
    for slot in slots {
        match rows.last_mut() {
            Some(row) if row[row.len() - 1].is_neighbour_of(slot) => row.push(slot),
            _ => rows.push(vec![slot]),
        }
    }
    rows
}
