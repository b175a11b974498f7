//! Whether a project's ports are free for it now: against every container that runs, and against every process that
//! listens.

use std::fmt;

use anyhow::Result;

use super::stage::Stage;
use crate::app::App;
use crate::config::Remap;
use crate::engine::{self, Container};
use crate::listeners::{self, Listening};
use crate::model::{EngineKind, FixedKind, Hostname, Port, Protocol};
use crate::registry::{contexts, fixed_names, projects};
use crate::remap::{self, Publishing};
use crate::resolve::{booked_already, discover};

/// A port that the project publishes and somebody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub service: String,
    pub port: Port,
    pub protocol: Protocol,
    pub holder: Holder,
    /// `FILE:LINE` of the entry.
    pub place: String,
    /// The project may not be remapped.
    pub is_fixed: bool,
}

/// Who has the port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A container of another Compose project.
    Container {
        service: String,
        compose_name: String,
        /// Where gantry knows it.
        owner: Option<Owner>,
        /// The container's own name, and what runs it.
        name: String,
        engine: EngineKind,
    },
    Process {
        name: String,
        pid: u32,
    },
    /// Another user's process, or one in another namespace.
    Unknown,
}

/// Whose a Compose project is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A registered project, which gantry's commands take by this name.
    Project(Hostname),
    /// The label of a context that is no project's.
    Context(String),
}

/// The project's ports that somebody else has now.
///
/// # Errors
/// The compose file, the registry, the engine or the kernel's tables cannot be read.
pub fn conflicts(app: &mut App, stage: &Stage) -> Result<Vec<Conflict>> {
    let discovery = discover(app)?;
    let Some(booked) = booked_already(app, &discovery)? else { return Ok(Vec::new()) };
    let mode = app.config()?.remap;
    let is_fixed = mode == Remap::Never;
    let has_override = !is_fixed && remap::is_written(&booked.held.hash)?;
    let listening = listeners::listening()?;
    // What another engine publishes is as taken as what this one does.
    let everybody = engine::everywhere_by_engine()?;
    let mut found: Vec<Conflict> = Vec::new();
    for Publishing { service, port, protocol, source } in remap::publishings(&discovery, &booked, mode, has_override) {
        let holder = holder(stage, &everybody, &listening, port, protocol)?;
        if found.iter().any(|other| (other.port, other.protocol) == (port, protocol)) {
            continue;
        }
        if let Some(holder) = holder {
            let (service, place) = (service.to_string(), source.to_string());
            found.push(Conflict { service, port, protocol, holder, place, is_fixed });
        }
    }
    for conflict in &mut found {
        name_owner(app, conflict)?;
    }
    Ok(found)
}

/// Who has the port, where that is not the project itself.
fn holder(
    stage: &Stage,
    everybody: &[(EngineKind, Vec<Container>)],
    listening: &Listening,
    port: Port,
    protocol: Protocol,
) -> Result<Option<Holder>> {
    let publishes = |it: &Container| {
        it.is_running() && it.ports.iter().any(|published| (published.port, published.protocol) == (port, protocol))
    };
    // Not every engine listens on the port that it publishes: some only redirect it.
    let all = everybody.iter().flat_map(|(kind, containers)| containers.iter().map(move |it| (*kind, it)));
    if let Some((engine, container)) = all.into_iter().find(|(_, it)| publishes(it)) {
        let is_own = container.project == stage.compose_name && engine == stage.engine.kind();
        return Ok((!is_own).then(|| Holder::Container {
            service: container.service.clone(),
            compose_name: container.project.clone(),
            owner: None,
            name: container.name.clone(),
            engine,
        }));
    }
    if !listening.contains(port, protocol) {
        return Ok(None);
    }
    let listener = listeners::listeners(Some(port))?.into_iter().find(|listener| listener.protocol == protocol);
    Ok(Some(listener.map_or(Holder::Unknown, |it| Holder::Process { name: it.name, pid: it.pid })))
}

/// Whose the Compose project is that has the port, by the name that gantry gave it or by that of a `gantry.yml`.
fn name_owner(app: &mut App, conflict: &mut Conflict) -> Result<()> {
    let Holder::Container { compose_name, owner, .. } = &mut conflict.holder else { return Ok(()) };
    let Some(registry) = app.existing_registry()? else { return Ok(()) };
    *owner = registry.read(|reader| {
        let context = match fixed_names::holder_of(reader, FixedKind::Project, compose_name)? {
            Some(id) => Some(contexts::of_id(reader, id)?),
            None => contexts::of_project_name(reader, compose_name)?,
        };
        let Some(context) = context else { return Ok(None) };
        let project = projects::of_path(reader, &context.path)?;
        Ok(Some(project.map_or(Owner::Context(context.label), |project| Owner::Project(project.hostname))))
    })?;
    Ok(())
}

impl Conflict {
    /// The way out.
    pub fn hint(&self) -> String {
        let port = self.port;
        let other = match &self.holder {
            Holder::Container { owner: Some(Owner::Project(hostname)), .. } => format!("`gantry stop {hostname}`"),
            Holder::Container { engine: EngineKind::Podman, name, .. } => format!("`podman stop {name}`"),
            Holder::Container { compose_name, .. } => format!("`docker compose -p {compose_name} stop`"),
            Holder::Process { pid, .. } => format!("end the process (`kill {pid}`)"),
            Holder::Unknown => format!("`sudo ss -lptn 'sport = :{port}'` names it"),
        };
        match self.is_fixed {
            true => format!(
                "{other}, or drop `remap: never` from gantry.yml, so that {} gets a port of its own",
                self.service
            ),
            false => format!("{other}; or `gantry release {}`, and the next start takes a free one", self.service),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Conflict { service, port, protocol, holder, place, .. } = self;
        write!(f, "port {port}/{protocol} of {service} ({place}) is held by {holder}")
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Container { service, compose_name, owner, .. } => {
                let owner: &dyn fmt::Display = match owner {
                    Some(Owner::Project(hostname)) => hostname,
                    Some(Owner::Context(label)) => label,
                    None => compose_name,
                };
                write!(f, "the container of {service} of {owner}")
            }
            Holder::Process { name, pid } => write!(f, "{name} (pid {pid})"),
            Holder::Unknown => f.write_str("a process that this user cannot see"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hostname_is_stopped_by_gantry() {
        #[track_caller]
        fn check(owner: Option<Owner>, engine: EngineKind, expected: &str) {
            let (service, compose_name, name) = ("web".to_owned(), "shop".to_owned(), "shop-web-1".to_owned());
            let conflict = Conflict {
                service: "api".to_owned(),
                port: Port::new(8080).expect("not 0"),
                protocol: Protocol::Tcp,
                holder: Holder::Container { service, compose_name, owner, name, engine },
                place: "compose.yaml:3".to_owned(),
                is_fixed: false,
            };
            let hint = conflict.hint();
            assert_eq!(hint.split_once(';').map(|(first, _)| first), Some(expected));
        }
        let hostname = Hostname::from_directory("shop");
        let outside_git = || Some(Owner::Context("shop".to_owned()));
        check(Some(Owner::Project(hostname)), EngineKind::Podman, "`gantry stop shop`");
        check(outside_git(), EngineKind::Docker, "`docker compose -p shop stop`");
        check(outside_git(), EngineKind::Podman, "`podman stop shop-web-1`");
        check(None, EngineKind::Docker, "`docker compose -p shop stop`");
    }
}
