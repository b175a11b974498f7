//! Looking at a project's files again: what has changed since the last look, and taking it over.

use anyhow::{Context as _, Result};

use super::http::{BY_NAME, http_service};
use super::register::settle_http;
use super::{scan::scan, select::require_own_root};
use crate::app::App;
use crate::listeners::{self, Listening};
use crate::model::{ProjectKind, Protocol, Scan, ScannedPort, ServiceName};
use crate::registry::allocations::NewAllocation;
use crate::registry::{Allocation, ContextRow, ProjectRow, Reader, allocations, projects};
use crate::resolve::{Booked, Slot, book_within, discover, find_allocation, known};
use crate::sys::clock;

/// What an update would change.
#[derive(Clone, Debug)]
pub struct Update {
    pub project: ProjectRow,
    pub scan: Scan,
    pub http_service: String,
    pub differences: Vec<Difference>,
    /// What services that are gone still hold.
    pub unneeded: Vec<Allocation>,
    /// The same, while somebody listens there: it is kept.
    pub in_use: Vec<Allocation>,
}

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    ComposeFileAppeared,
    ComposeFileGone,
    Kind { from: ProjectKind, to: ProjectKind },
    ServiceAdded(String),
    ServiceRemoved(String),
    PortAdded(ScannedPort),
    PortRemoved(ScannedPort),
    PortChanged { from: ScannedPort, to: ScannedPort },
    ExposedChanged,
    HttpService { from: String, to: String },
}

/// Looks again; changes nothing. `app` stands in the project.
///
/// # Errors
/// [`super::ProjectError::Gone`], [`super::ProjectError::Absorbed`]; Compose would refuse the files.
pub fn plan(app: &mut App, project: &ProjectRow) -> Result<Update> {
    require_own_root(app, project)?;
    let (scan, discovery) = (scan(app)?, discover(app)?);
    let name = project.http_service.as_str();
    let wanted = app.config()?.http.clone();
    let is_there = discovery.slots.iter().any(|slot| slot.is_called(name));
    // Whose port goes by another service's name now is asked for by its own, and found.
    let is_first = |slot: &Slot| slot.face_called(name).is_some_and(|face| face.service == slot.service);
    let http_service = match &wanted {
        // What `gantry.yml` said once, and says no more, is found out again.
        None if project.scan.http.is_some() => http_service(&discovery, None)?,
        None if discovery.slots.iter().any(is_first) => name.to_owned(),
        wanted => http_service(&discovery, wanted.as_deref().or(is_there.then_some(name)))?,
    };
    let mut differences = differences(&project.scan, &scan);
    if http_service != project.http_service {
        let (from, to) = (project.http_service.clone(), http_service.clone());
        differences.push(Difference::HttpService { from, to });
    }
    let rows = known(app)?.map(|(_, rows)| rows).unwrap_or_default();
    let http = find_allocation(&rows, &project.http_service).map(|(row, _)| row.id);
    let is_gone = |row: &&Allocation| {
        let service = row.service.as_str();
        row.container_port.is_some()
            && Some(row.id) != http
            && !scan.services.iter().any(|name| name == service)
            && !discovery.slots.iter().any(|slot| row.variable.as_deref() == Some(slot.variable.as_str()))
    };
    let listening = listeners::listening()?;
    let (in_use, unneeded) =
        rows.iter().filter(is_gone).cloned().partition(|row: &Allocation| listening.contains(row.port, row.protocol));
    Ok(Update { project: project.clone(), scan, http_service, differences, unneeded, in_use })
}

/// Takes the update over, in one transaction: what is new is booked, what services that are gone hold is given back
/// where nobody listens on it. The hostname, the HTTP port and the time of registration stay. Says what the context has
/// then, and the HTTP port.
///
/// # Errors
/// The registry cannot be written; then nothing is changed.
pub fn apply(app: &mut App, update: &Update) -> Result<(Booked, Allocation)> {
    let (context, discovery) = (app.context()?.clone(), discover(app)?);
    let held = known(app)?.and_then(|(claim, _)| claim.into_row());
    let listening = listeners::listening()?;
    app.registry()?.write(|writer| {
        if let Some(held) = &held {
            carry_http(writer, held, &update.project.http_service, &update.http_service, &discovery.slots)?;
            give_back(writer, held, &update.unneeded, &listening)?;
        }
        let mut booked = book_within(writer, &context, &discovery, &update.http_service)?;
        let http = settle_http(writer, &mut booked, &update.http_service, None)?;
        projects::set_scan(writer, update.project.id, &update.http_service, &update.scan, clock::now())?;
        Ok((booked, http))
    })
}

/// The web server is another service now: it takes the project's HTTP port over, whatever it had itself.
pub(super) fn carry_http(writer: &Reader, held: &ContextRow, from: &str, to: &str, slots: &[Slot]) -> Result<()> {
    let rows = allocations::of_context(writer, held.id)?;
    let Some((http, _)) = find_allocation(&rows, from).filter(|_| from != to) else { return Ok(()) };
    let slot = slots.iter().find(|slot| slot.is_called(to));
    if let Some((other, _)) = find_allocation(&rows, to).filter(|(other, _)| other.id != http.id) {
        allocations::delete(writer, other.id)?;
    }
    let by_name = ServiceName::new(to);
    let described = NewAllocation {
        context_id: held.id,
        service: slot.map_or(&by_name, |slot| &slot.service),
        container_port: slot.map(|slot| slot.container_port),
        protocol: slot.map_or(Protocol::Tcp, |slot| slot.protocol),
        ordinal: slot.map_or(0, |slot| slot.ordinal),
        kind: slot.map_or(BY_NAME, |slot| slot.kind.as_str()),
        port: http.port,
        variable: None,
    };
    allocations::describe(writer, http.id, &described).context("the HTTP port cannot be handed on")
}

fn give_back(writer: &Reader, held: &ContextRow, rows: &[Allocation], listening: &Listening) -> Result<()> {
    // Compared whole: where another process was faster, SQLite may have given the number of the row away again.
    let still_there = allocations::of_context(writer, held.id)?;
    let is_free = |row: &&Allocation| !listening.contains(row.port, row.protocol);
    for row in rows.iter().filter(|row| still_there.contains(row)).filter(is_free) {
        allocations::delete(writer, row.id)?;
    }
    Ok(())
}

fn differences(old: &Scan, new: &Scan) -> Vec<Difference> {
    let mut found = Vec::new();
    match (old.kind, new.kind) {
        (from, to) if from == to => {}
        (_, ProjectKind::Compose) => found.push(Difference::ComposeFileAppeared),
        (ProjectKind::Compose, _) => found.push(Difference::ComposeFileGone),
        (from, to) => found.push(Difference::Kind { from, to }),
    }
    let only_in =
        |a: &[String], b: &[String]| -> Vec<String> { a.iter().filter(|it| !b.contains(it)).cloned().collect() };
    found.extend(only_in(&new.services, &old.services).into_iter().map(Difference::ServiceAdded));
    found.extend(only_in(&old.services, &new.services).into_iter().map(Difference::ServiceRemoved));
    found.extend(port_differences(&old.ports, &new.ports));
    let sorted = |scan: &Scan| {
        let mut exposed = scan.exposed.clone();
        exposed.sort();
        exposed
    };
    if sorted(old) != sorted(new) {
        found.push(Difference::ExposedChanged);
    }
    found
}

/// What is the same is left out first, so that one of several ports of a service is not taken for another.
fn port_differences(old: &[ScannedPort], new: &[ScannedPort]) -> Vec<Difference> {
    let mut left: Vec<&ScannedPort> = old.iter().collect();
    let mut came: Vec<&ScannedPort> = Vec::new();
    for port in new {
        match left.iter().position(|it| *it == port) {
            Some(position) => drop(left.remove(position)),
            None => came.push(port),
        }
    }
    let mut found = Vec::new();
    for port in came {
        let is_same_place = |it: &&ScannedPort| {
            (&it.service, it.container_port, &it.protocol) == (&port.service, port.container_port, &port.protocol)
        };
        found.push(match left.iter().position(is_same_place) {
            Some(position) => Difference::PortChanged { from: left.remove(position).clone(), to: port.clone() },
            None => Difference::PortAdded(port.clone()),
        });
    }
    found.extend(left.into_iter().cloned().map(Difference::PortRemoved));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(service: &str, container_port: u16, published: &str) -> ScannedPort {
        let (service, published) = (service.to_owned(), published.to_owned());
        ScannedPort { service, container_port, protocol: "tcp".to_owned(), published }
    }

    #[test]
    fn ports_are_compared_place_by_place() {
        let old = [port("web", 80, "8080"), port("web", 80, "8081"), port("db", 5432, "5432")];
        let new = [port("web", 80, "8081"), port("web", 80, "$WEB_PORT"), port("mail", 25, "")];
        assert_eq!(
            port_differences(&old, &new),
            [
                Difference::PortChanged { from: old[0].clone(), to: new[1].clone() },
                Difference::PortAdded(new[2].clone()),
                Difference::PortRemoved(old[2].clone()),
            ]
        );
        assert_eq!(port_differences(&old, &old), []);
    }

    #[test]
    fn a_compose_file_comes_and_goes() {
        let native = Scan::default();
        let compose = Scan { kind: ProjectKind::Compose, services: vec!["web".to_owned()], ..Scan::default() };
        let appeared = [Difference::ComposeFileAppeared, Difference::ServiceAdded("web".to_owned())];
        assert_eq!(differences(&native, &compose), appeared);
        let gone = [Difference::ComposeFileGone, Difference::ServiceRemoved("web".to_owned())];
        assert_eq!(differences(&compose, &native), gone);
        let built = Scan { kind: ProjectKind::Dockerfile, ..Scan::default() };
        let (from, to) = (ProjectKind::Native, ProjectKind::Dockerfile);
        assert_eq!(differences(&native, &built), [Difference::Kind { from, to }]);
    }
}
