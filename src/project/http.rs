//! Which service is the web server of a project: the one whose port a browser wants.
//!
//! `http:` in `gantry.yml` says it. Else it is the service on a usual web port, the one with the most telling name
//! first. A project without any has a server that runs on the machine itself: its port is booked by the name `http`.

use anyhow::Result;

use super::ProjectError;
use crate::app::App;
use crate::model::{Kind, Port, Protocol, ServiceName};
use crate::registry::{Allocation, ProjectRow};
use crate::resolve::{Discovery, Slot, find_allocation, known};

/// What the port of a server outside the compose file is booked as.
pub(super) const BY_NAME: &str = "http";

/// Names of services that browsers are meant for, the most telling first.
const NAMES: [&str; 16] = [
    "web", "app", "frontend", "www", "site", "ui", "client", "nginx", "caddy", "traefik", "proxy", "gateway", "http",
    "server", "api", "backend",
];

/// Words of tools that look at a project's databases, mail and queues, and are not the project.
const TOOLS: [&str; 14] = [
    "adminer",
    "pgadmin",
    "phpmyadmin",
    "mailhog",
    "mailpit",
    "mailcatcher",
    "commander",
    "express",
    "rabbitmq",
    "minio",
    "redisinsight",
    "prometheus",
    "elasticsearch",
    "meilisearch",
];

/// The service that is the project's web server, as `gantry get` takes it: of those that share a port, the first of the
/// file.
///
/// # Errors
/// [`ProjectError::NoSuchHttpService`].
pub(super) fn http_service(discovery: &Discovery, wanted: Option<&str>) -> Result<String, ProjectError> {
    let servers = || discovery.slots.iter().filter(|slot| slot.protocol == Protocol::Tcp);
    if let Some(wanted) = wanted {
        let named = servers().filter(|slot| slot.is_called(wanted)).min_by_key(|slot| rank(slot));
        return match named {
            Some(slot) => Ok(name_of(slot, discovery)),
            None if discovery.slots.is_empty() => Ok(wanted.to_owned()),
            None => Err(no_such_service(discovery, wanted)),
        };
    }
    let best =
        servers().filter(|slot| slot.kind == Kind::HTTP && !is_tool(&slot.service)).min_by_key(|slot| rank(slot));
    Ok(best.map_or_else(|| BY_NAME.to_owned(), |slot| name_of(slot, discovery)))
}

/// The allocation of the project's HTTP port in the context that its directory is now; none where `app` could not go
/// there.
///
/// # Errors
/// The checkout or the registry cannot be read.
pub fn http_port(app: &mut App, project: &ProjectRow) -> Result<Option<Allocation>> {
    if app.context()?.root != project.path {
        return Ok(None);
    }
    let rows = known(app)?.map(|(_, rows)| rows).unwrap_or_default();
    Ok(find_allocation(&rows, &project.http_service).map(|(found, _)| found.clone()))
}

fn no_such_service(discovery: &Discovery, wanted: &str) -> ProjectError {
    let faces = discovery.slots.iter().flat_map(|slot| &slot.faces);
    let mut known: Vec<String> = faces.map(|face| face.service.to_string()).collect();
    known.dedup();
    ProjectError::NoSuchHttpService { service: wanted.to_owned(), known }
}

fn name_of(slot: &Slot, discovery: &Discovery) -> String {
    let of_service = discovery.slots.iter().filter(|other| other.service == slot.service).count();
    if of_service > 1 { format!("{}:{}", slot.service, slot.container_port) } else { slot.service.to_string() }
}

/// Whether the service is by its name a tool that looks at the project's data, and not the project.
pub fn is_tool(service: &ServiceName) -> bool {
    words(service.as_str()).any(|word| TOOLS.contains(&word))
}

/// The less, the more likely the one that a browser wants; of equals, the first of the file.
pub fn web_rank(service: &ServiceName, container_port: Option<Port>) -> (usize, usize) {
    let name = NAMES.iter().position(|name| words(service.as_str()).any(|word| word == *name));
    let port = match container_port.map(Port::number) {
        Some(80) => 0,
        Some(443) => 9,
        Some(3000 | 5173 | 8000 | 8080) => 1,
        _ => 2,
    };
    (name.unwrap_or(NAMES.len()), port)
}

fn rank(slot: &Slot) -> (usize, usize) {
    web_rank(&slot.service, Some(slot.container_port))
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty())
}
