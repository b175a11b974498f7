//! Publishing the ports that a context has from a compose file that says otherwise.
//!
//! Compose appends the `ports` of an override to those of the file, unless they carry the tag `!override`; a fixed name
//! goes away by `!reset` (Compose specification, "Merge"; Compose 2.24.4). So where the files as they stand would
//! publish other ports, or use a name that another checkout uses, gantry writes one override outside the project, and
//! `COMPOSE_FILE` lists the project's own files and the override. Where the files say what the context has, nothing is
//! written and nothing is exported: the first checkout notices nothing.
//!
//! The project's own files are never touched.

mod change;
mod document;
mod file;
mod version;

use std::path::PathBuf;

use anyhow::Result;

use crate::config::Remap;
use crate::model::{ContextHash, Port, Protocol, Published, ServiceName, Source};
use crate::registry::{Allocation, Reader};
use crate::resolve::{Booked, Clash, Discovery, Face, Note, Slot, holder_of};
use crate::shell::VariableName;
use crate::sys::files;

use version::TooOld;

pub use change::{Change, changes};
pub use document::document;
pub use file::{last_known, override_path, remove};

/// What became of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// `COMPOSE_FILE`, where there is an override.
    pub variables: Vec<(VariableName, String)>,
    /// What the files will publish instead, where there could be no override.
    pub notes: Vec<Note>,
    /// The override.
    pub file: Option<PathBuf>,
}

/// Writes the override where one is needed and allowed, removes it where not.
///
/// # Errors
/// The state directory cannot be written.
pub fn apply(discovery: &Discovery, booked: &Booked, is_allowed: bool) -> Result<Outcome> {
    let changes = changes(discovery, booked);
    let hash = &booked.held.hash;
    let is_booked = |slot: &Slot| allocation_of(slot, &booked.allocations).is_some();
    if changes.is_empty() && !discovery.slots.iter().all(is_booked) {
        // What is not booked yet says nothing of what is.
        let variables = if is_allowed { last_known(hash, discovery.own_compose_file.clone()) } else { Vec::new() };
        return Ok(Outcome { variables, ..Outcome::default() });
    }
    if changes.is_empty() {
        remove(hash)?;
        return Ok(Outcome::default());
    }
    if !is_allowed {
        // One that is there stays: another shell of this context may have it in its COMPOSE_FILE.
        return Ok(Outcome { notes: notes(discovery, booked), ..Outcome::default() });
    }
    let path = override_path(hash)?;
    let variables = match file::compose_variables(discovery, &path) {
        Ok(variables) => variables,
        Err(path) => {
            let notes = std::iter::once(Note::NotListable { path }).chain(notes(discovery, booked)).collect();
            return Ok(Outcome { notes, ..Outcome::default() });
        }
    };
    if let Some(TooOld { program, version, needed }) = version::too_old() {
        remove(hash)?;
        let notes =
            std::iter::once(Note::ComposeTooOld { program, version, needed }).chain(notes(discovery, booked)).collect();
        return Ok(Outcome { notes, ..Outcome::default() });
    }
    file::write(&path, &variables, &document(&booked.held, &changes))?;
    let notes = port_notes(discovery, booked, |face| discovery.left_as_written.contains(&face.service));
    Ok(Outcome { variables, notes, file: Some(path) })
}

/// What the files as they stand will do that the context does not want.
fn notes(discovery: &Discovery, booked: &Booked) -> Vec<Note> {
    let in_files = |clash: &&Clash| Change::place_of(clash.name.kind).is_some();
    let names = booked.clashes.iter().filter(in_files).map(|Clash { name, holder }| Note::NameTaken {
        name: name.clone(),
        label: holder.label.clone(),
        path: holder.path.clone(),
    });
    port_notes(discovery, booked, |_| true).into_iter().chain(names).collect()
}

/// The entries that will publish another port than the context has, among those that `is_meant`.
fn port_notes(discovery: &Discovery, booked: &Booked, is_meant: impl Fn(&Face) -> bool) -> Vec<Note> {
    let ports = discovery.slots.iter().flat_map(|slot| slot.faces.iter().map(move |face| (slot, face)));
    let ports = ports.filter(|(_, face)| is_meant(face)).filter_map(|(slot, face)| {
        let allocated = allocation_of(slot, &booked.allocations)?.port;
        let (source, service) = (face.source.clone(), face.service.clone());
        match difference(slot, face, allocated)? {
            Difference::Published(published) => {
                let variable = slot.variable.to_string();
                Some(Note::NotPublished { source, service, published, allocated, variable, holder: None })
            }
            Difference::LeftToEngine => Some(Note::LeftToEngine { source, service, allocated }),
        }
    });
    ports.collect()
}

/// A host port that Compose will publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publishing {
    pub service: ServiceName,
    pub port: Port,
    pub protocol: Protocol,
    pub source: Source,
}

/// What Compose will publish with the context's variables, by an override or without. What is left to the engine to
/// choose is not among it, nor what has no port yet and may be given a free one.
pub fn publishings(discovery: &Discovery, booked: &Booked, mode: Remap, has_override: bool) -> Vec<Publishing> {
    let faces = discovery.slots.iter().flat_map(|slot| slot.faces.iter().map(move |face| (slot, face)));
    let publishing = |(slot, face): (&Slot, &Face)| {
        let row = allocation_of(slot, &booked.allocations);
        let is_as_written = !has_override || discovery.left_as_written.contains(&face.service);
        let port = match row.map(|row| (row.port, difference(slot, face, row.port))) {
            Some((allocated, None)) => Some(allocated),
            Some((allocated, Some(_))) if !is_as_written => Some(allocated),
            Some((_, Some(Difference::Published(published)))) => Some(published),
            Some((_, Some(Difference::LeftToEngine))) => None,
            None => face.published.preferred().filter(|_| mode == Remap::Never && !face.engine_chooses),
        };
        let (service, protocol, source) = (face.service.clone(), face.protocol, face.source.clone());
        port.map(|port| Publishing { service, port, protocol, source })
    };
    faces.filter_map(publishing).collect()
}

/// Whether the context has an override.
///
/// # Errors
/// There is no home directory.
pub fn is_written(hash: &ContextHash) -> Result<bool> {
    Ok(files::exists(&override_path(hash)?))
}

/// Adds who holds the ports that the files publish.
///
/// # Errors
/// The registry or the kernel's tables cannot be read.
pub fn name_holders(reader: &Reader, notes: &mut [Note]) -> Result<()> {
    for note in notes {
        if let Note::NotPublished { published, holder, .. } = note {
            *holder = Some(holder_of(reader, *published)?);
        }
    }
    Ok(())
}

/// How what an entry publishes differs from what the context has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Difference {
    Published(Port),
    LeftToEngine,
}

/// `None` where the entry publishes the allocated port by itself.
fn difference(slot: &Slot, face: &Face, allocated: Port) -> Option<Difference> {
    match &face.published {
        Published::Variable { .. } if slot.is_read_by_file => None,
        // Its variable is one that gantry never sets: whatever it holds, it is not this port.
        Published::Variable { .. } | Published::Bare => Some(Difference::LeftToEngine),
        Published::Fixed(_) if face.engine_chooses => Some(Difference::LeftToEngine),
        Published::Fixed(published) => (*published != allocated).then_some(Difference::Published(*published)),
    }
}

fn allocation_of<'a>(slot: &Slot, rows: &'a [Allocation]) -> Option<&'a Allocation> {
    rows.iter().find(|row| row.variable.as_deref() == Some(slot.variable.as_str()))
}
