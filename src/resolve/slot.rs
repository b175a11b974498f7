//! From what a compose file publishes to what has to be booked. Several entries can stand for one port: a number that
//! is published over TCP and UDP, or on two addresses, and a variable that is used twice. Such a port is one [`Slot`].

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::Result;

use super::Note;
use crate::app::App;
use crate::config;
use crate::model::{Block, FixedKind, FixedName, Kind, Port, Protocol, Published, PublishedPort, ServiceName, Source};
use crate::shell::{VariableName, distinct_names};

/// One host port that the compose file asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub service: ServiceName,
    pub container_port: Port,
    pub protocol: Protocol,
    /// Counts from 0 where one service publishes one container port several times.
    pub ordinal: u32,
    pub kind: Kind,
    pub preferred: Option<Port>,
    /// The variable that gantry exports for it.
    pub variable: VariableName,
    /// The file itself reads the variable, so what is exported is what gets published.
    pub is_read_by_file: bool,
    /// Its place among neighbours that the file publishes as a range.
    pub block: Option<Block>,
    /// The entries that it stands for; the first gave it its name.
    pub faces: Vec<Face>,
}

/// An entry of the compose file.
pub type Face = PublishedPort;

/// What the project asks for, and what there is to say about it.
#[derive(Debug, Default)]
pub struct Discovery {
    pub slots: Vec<Slot>,
    pub fixed_names: Vec<FixedName>,
    /// Services whose ports an override cannot replace.
    pub left_as_written: BTreeSet<ServiceName>,
    /// Absolute, in Compose's order.
    pub files: Vec<PathBuf>,
    /// What stands between them in `COMPOSE_FILE`.
    pub separator: String,
    /// The `COMPOSE_FILE` that the user set.
    pub own_compose_file: Option<String>,
    pub notes: Vec<Note>,
    pub inputs: Vec<PathBuf>,
}

impl Slot {
    /// Whether one of its entries goes by `SERVICE` or `SERVICE:CONTAINER_PORT`.
    pub fn is_called(&self, name: &str) -> bool {
        self.face_called(name).is_some()
    }

    /// Its first entry that goes by `SERVICE` or `SERVICE:CONTAINER_PORT`.
    pub fn face_called(&self, name: &str) -> Option<&Face> {
        let is_called = |face: &&Face| {
            let service = face.service.as_str();
            name == service || name == format!("{service}:{}", face.container_port)
        };
        self.faces.iter().find(is_called)
    }

    /// Whether `next` follows in the same range of the file.
    pub(super) fn is_neighbour_of(&self, next: &Slot) -> bool {
        let follows = |(a, b): (Block, Block)| a.length == b.length && a.index + 1 == b.index;
        self.service == next.service
            && self.faces[0].source == next.faces[0].source
            && self.block.zip(next.block).is_some_and(follows)
    }
}

/// Reads the project's compose files; books nothing.
///
/// # Errors
/// Compose would refuse the files.
pub fn discover(app: &App) -> Result<Discovery> {
    let project = app.project()?;
    let mut notes: Vec<Note> = project.warnings.iter().cloned().map(Note::Compose).collect();
    let slots = slots_of(&project.ports, &mut notes);
    let (mut fixed_names, files) = (project.fixed_names.clone(), project.files.clone());
    fixed_names.extend(project_name(app)?);
    let left_as_written = project.left_as_written.clone();
    let separator = project.separator.clone();
    Ok(Discovery {
        slots,
        fixed_names,
        left_as_written,
        files,
        separator,
        own_compose_file: app.own_compose_file(),
        notes,
        inputs: project.inputs.clone(),
    })
}

/// The name that `gantry.yml` gives the Compose project: two checkouts that read it replace each other's containers.
fn project_name(app: &App) -> Result<Option<FixedName>> {
    let source = Source { file: app.context()?.root.join(config::FILE_NAME), line: 1 };
    Ok(app.config()?.project_name.as_ref().map(|name| FixedName {
        kind: FixedKind::Project,
        key: "project_name".to_owned(),
        name: name.to_string(),
        source,
    }))
}

fn slots_of(ports: &[PublishedPort], notes: &mut Vec<Note>) -> Vec<Slot> {
    let mut groups: Vec<Vec<PublishedPort>> = Vec::new();
    for port in ports {
        match groups.iter_mut().find(|group| is_one_port(&group[0], port)) {
            Some(group) => group.push(port.clone()),
            None => groups.push(vec![port.clone()]),
        }
    }
    let variables = variables_of(&groups, notes);
    let mut slots: Vec<Slot> = Vec::with_capacity(groups.len());
    for (faces, (variable, is_read_by_file)) in groups.into_iter().zip(variables) {
        let first = &faces[0];
        let is_same = |slot: &&Slot| {
            (&slot.service, slot.container_port, slot.protocol)
                == (&first.service, first.container_port, first.protocol)
        };
        let ordinal = u32::try_from(slots.iter().filter(is_same).count()).unwrap_or(u32::MAX);
        slots.push(Slot {
            service: first.service.clone(),
            container_port: first.container_port,
            protocol: first.protocol,
            ordinal,
            kind: first.kind.clone(),
            preferred: first.published.preferred(),
            variable,
            is_read_by_file,
            block: first.block,
            faces,
        });
    }
    slots
}

/// One variable has one value; one number of one service is one port whatever its protocols and addresses.
fn is_one_port(a: &PublishedPort, b: &PublishedPort) -> bool {
    match (&a.published, &b.published) {
        (Published::Variable { name: a, .. }, Published::Variable { name: b, .. }) => a == b,
        (Published::Fixed(x), Published::Fixed(y)) => x == y && a.service == b.service,
        _ => false,
    }
}

/// For each group its variable, and whether the file itself reads it.
fn variables_of(groups: &[Vec<PublishedPort>], notes: &mut Vec<Note>) -> Vec<(VariableName, bool)> {
    let written: Vec<Option<VariableName>> = groups.iter().map(|group| written_name(&group[0], notes)).collect();
    let reserved: BTreeSet<VariableName> = written.iter().flatten().cloned().collect();
    let made: Vec<usize> = (0..groups.len()).filter(|&index| written[index].is_none()).collect();
    let wanted: Vec<_> = made.iter().map(|&index| wanted_name(groups, index)).collect();
    let mut names = distinct_names(&wanted, &reserved).into_iter();
    written
        .into_iter()
        .map(|written| match written {
            Some(name) => (name, true),
            None => (names.next().expect("one for each group without a written name"), false),
        })
        .collect()
}

/// The variable that the file names, where gantry may set it.
fn written_name(port: &PublishedPort, notes: &mut Vec<Note>) -> Option<VariableName> {
    let Published::Variable { name, .. } = &port.published else { return None };
    match VariableName::new(name) {
        Ok(name) => Some(name),
        Err(error) => {
            notes.push(Note::VariableRefused { source: port.source.clone(), reason: error.to_string() });
            None
        }
    }
}

/// `<SERVICE>_PORT`; where the service has several ports `<SERVICE>_<container port>_PORT`; where it publishes that
/// container port several times, counted.
fn wanted_name(groups: &[Vec<PublishedPort>], index: usize) -> (ServiceName, Option<Port>) {
    let port = &groups[index][0];
    let siblings = groups.iter().filter(|group| group[0].service == port.service).count();
    if siblings == 1 {
        return (port.service.clone(), None);
    }
    let is_twin = |group: &&Vec<PublishedPort>| {
        group[0].service == port.service && group[0].container_port == port.container_port
    };
    match groups[..index].iter().filter(is_twin).count() {
        0 => (port.service.clone(), Some(port.container_port)),
        earlier => (ServiceName::new(format!("{}_{}_{}", port.service, port.container_port, earlier + 1)), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(service: &str, container_port: u16, protocol: Protocol, published: Published) -> PublishedPort {
        PublishedPort {
            service: ServiceName::new(service),
            container_port: Port::new(container_port).expect("not 0"),
            protocol,
            host_ip: None,
            published,
            engine_chooses: false,
            block: None,
            options: Vec::new(),
            kind: Kind::DEFAULT,
            source: Source { file: PathBuf::from("compose.yaml"), line: 1 },
        }
    }

    fn fixed(port: u16) -> Published {
        Published::Fixed(Port::new(port).expect("not 0"))
    }

    fn variable(name: &str) -> Published {
        Published::Variable { name: name.to_owned(), preferred: Port::new(8080) }
    }

    #[track_caller]
    fn check(ports: &[PublishedPort], expected: &[(&str, u16, &str)]) {
        let slots = slots_of(ports, &mut Vec::new());
        let found: Vec<_> = slots
            .iter()
            .map(|slot| (slot.service.as_str(), slot.container_port.number(), slot.variable.as_str()))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_slot_is_a_port_on_the_host() {
        use Protocol::{Tcp, Udp};
        check(&[entry("db", 5432, Tcp, fixed(5432))], &[("db", 5432, "DB_PORT")]);
        check(&[entry("db", 5432, Tcp, variable("PG"))], &[("db", 5432, "PG")]);
        let both = [entry("mq", 5672, Tcp, fixed(5672)), entry("mq", 15672, Tcp, Published::Bare)];
        check(&both, &[("mq", 5672, "MQ_5672_PORT"), ("mq", 15672, "MQ_15672_PORT")]);
        let dns = [entry("dns", 53, Tcp, fixed(53)), entry("dns", 53, Udp, fixed(53))];
        check(&dns, &[("dns", 53, "DNS_PORT")]);
        let shared = [entry("a", 80, Tcp, variable("WEB")), entry("b", 81, Tcp, variable("WEB"))];
        check(&shared, &[("a", 80, "WEB")]);
        let twice = [entry("web", 80, Tcp, fixed(8080)), entry("web", 80, Tcp, fixed(8081))];
        check(&twice, &[("web", 80, "WEB_80_PORT"), ("web", 80, "WEB_80_2_PORT")]);
        assert_eq!(slots_of(&twice, &mut Vec::new()).iter().map(|slot| slot.ordinal).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn a_slot_goes_by_each_of_its_entries() {
        use Protocol::Tcp;
        let ports = [entry("a", 80, Tcp, variable("WEB")), entry("b", 81, Tcp, variable("WEB"))];
        let slots = slots_of(&ports, &mut Vec::new());
        for (name, expected) in [("a", Some(80)), ("a:80", Some(80)), ("b", Some(81)), ("b:81", Some(81))] {
            assert_eq!(slots[0].face_called(name).map(|face| face.container_port.number()), expected, "{name}");
        }
        for name in ["c", "a:81", "b:80", "b:", ""] {
            assert!(!slots[0].is_called(name), "{name}");
        }
    }

    #[test]
    fn a_variable_that_steers_is_not_set() {
        let mut notes = Vec::new();
        let slots = slots_of(&[entry("web", 80, Protocol::Tcp, variable("LD_PRELOAD"))], &mut notes);
        assert_eq!((slots[0].variable.as_str(), slots[0].is_read_by_file), ("WEB_PORT", false));
        assert_eq!(notes.len(), 1);
    }
}
