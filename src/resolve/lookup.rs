//! Finding an allocation by the name that a script gives: a service, `service:container-port`, or a kind.

use std::fmt;

use super::{Discovery, Note};
use crate::allocator::default_range;
use crate::model::{Context, Kind, Port, ServiceName};
use crate::registry::{Allocation, ContextRow, Reader, SqlResult, contexts};

/// Nothing is called that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownService {
    pub name: String,
    /// What the user may have meant, the nearest first.
    pub nearest: Vec<String>,
    /// A compose file or a range knows the name, but no port is booked.
    pub is_known: bool,
}

/// The allocation that goes by this name, and what to say of it.
///
/// A service with several ports answers with the one that its kind is known for (5672 of a RabbitMQ), else with the
/// first of the compose file. A name that no service has stands for the one service of that kind. What the compose
/// file no longer mentions comes last.
pub fn find_allocation<'a>(rows: &'a [Allocation], name: &str) -> Option<(&'a Allocation, Option<Note>)> {
    let (used, unused): (Vec<&Allocation>, Vec<&Allocation>) = rows.iter().partition(|row| row.variable.is_some());
    find_among(&used, name).or_else(|| find_among(&unused, name))
}

fn find_among<'a>(rows: &[&'a Allocation], name: &str) -> Option<(&'a Allocation, Option<Note>)> {
    let of_service: Vec<&Allocation> = rows.iter().copied().filter(|row| row.service.as_str() == name).collect();
    if let Some(found) = main_port(&of_service) {
        return Some((found, None));
    }
    if let Some((service, port)) = name.rsplit_once(':')
        && let Ok(port) = port.parse::<Port>()
    {
        let is_it = |row: &&&Allocation| row.service.as_str() == service && row.container_port == Some(port);
        return rows.iter().find(is_it).map(|found| (*found, None));
    }
    let kind = Kind::by_name(name)?;
    let of_kind: Vec<&Allocation> = rows.iter().copied().filter(|row| row.kind == kind.as_str()).collect();
    let found = main_port(&of_kind)?;
    let is_one_service = of_kind.iter().all(|row| row.service == found.service);
    let note = Note::OneOfKind { kind: name.to_owned(), service: found.service.clone() };
    is_one_service.then_some((found, Some(note)))
}

/// The context that is held by the first of the candidates that holds any; for a checkout whose `gantry.yml` is broken.
///
/// # Errors
/// The registry cannot be read.
pub fn first_held(reader: &Reader, candidates: &[Context]) -> SqlResult<Option<ContextRow>> {
    for candidate in candidates {
        if let Some(row) = contexts::find(reader, &candidate.identity, &candidate.root)? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// The names near `name` among the services and the kinds, the nearest first.
pub fn nearest_names(name: &str, rows: &[Allocation], discovery: &Discovery) -> Vec<String> {
    let services = rows.iter().map(|row| &row.service);
    let published = discovery.slots.iter().flat_map(|slot| slot.faces.iter().map(|face| &face.service));
    let kinds = Kind::ALL.into_iter().filter(|kind| *kind != Kind::DEFAULT).map(|kind| ServiceName::new(kind.as_str()));
    nearest_of(name, services.chain(published).map(ToString::to_string).chain(kinds.map(|kind| kind.to_string())))
}

/// The known names near `name`, the nearest first, three at most.
pub fn nearest_of(name: &str, known: impl Iterator<Item = String>) -> Vec<String> {
    let mut scored: Vec<(f64, String)> =
        known.map(|known| (likeness(name, &known), known)).filter(|(likeness, _)| *likeness > 0.75).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// From 0 to 1. Jaro and Winkler see no likeness in a short name with two letters swapped; that is one slip all the same.
fn likeness(a: &str, b: &str) -> f64 {
    let is_one_slip = a.chars().count() > 1 && strsim::damerau_levenshtein(a, b) == 1;
    if is_one_slip { 0.99 } else { strsim::jaro_winkler(a, b) }
}

fn main_port<'a>(rows: &[&'a Allocation]) -> Option<&'a Allocation> {
    let is_known_for = |row: &&&Allocation| {
        let kind = Kind::by_name(&row.kind).filter(|kind| *kind != Kind::DEFAULT);
        kind.is_some_and(|kind| row.container_port == Some(default_range(&kind).start))
    };
    rows.iter().find(is_known_for).or(rows.first()).copied()
}

impl fmt::Display for UnknownService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_known {
            write!(f, "no port is booked for `{}`", self.name.escape_debug())
        } else {
            write!(f, "no service is called `{}`", self.name.escape_debug())
        }
    }
}

impl std::error::Error for UnknownService {}
