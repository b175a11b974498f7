//! The table of all routes.

use std::collections::BTreeMap;

use anyhow::Result;

use super::faces::faces;
use super::label::label_of;
use crate::app::App;
use crate::config::ProjectConfig;
use crate::model::{Clash, DomainName, Port, Route, Site, Tld};
use crate::project::{self, ProjectError};
use crate::registry::{Allocation, ContextRow, ProjectRow, allocations, contexts};
use crate::resolve::judge;

/// Seconds that a web server may take to begin its answer where `gantry.yml` says nothing: long enough for a page that
/// is built while it is asked for, or a short stop at a breakpoint.
const TIMEOUT: u64 = 120;

/// Every name of every project.
#[derive(Debug, Default)]
pub struct Table {
    pub sites: Vec<Site>,
    /// What could not be told, each a sentence.
    pub notes: Vec<String>,
}

/// A context of a project, and the name that it goes by.
struct Place<'a> {
    context: &'a ContextRow,
    name: DomainName,
}

/// Works the table out. `app` stays where it is.
///
/// # Errors
/// The registry cannot be read. What is wrong with one project is a note.
pub fn table(app: &mut App) -> Result<Table> {
    let projects = project::all(app)?;
    let tld = app.tld()?;
    let Some(registry) = app.existing_registry()? else { return Ok(Table::default()) };
    let (contexts, rows) = registry.read(|reader| Ok((contexts::all(reader)?, allocations::all(reader)?)))?;
    let mut by_context: BTreeMap<i64, Vec<Allocation>> = BTreeMap::new();
    for row in rows {
        by_context.entry(row.context_id).or_default().push(row);
    }
    let mut table = Table::default();
    // Goes from one to the next with the registry open.
    let mut there = App::default();
    let standings: Vec<Standing> =
        projects.iter().map(|project| stand(&mut there, project, &mut table.notes)).collect();
    for (project, standing) in projects.iter().zip(&standings) {
        let others = contexts.iter().filter(|context| {
            Some(context.id) != standing.context.as_ref().map(|own| own.id)
                && owner_of(context, &projects, &standings) == Some(project.id)
        });
        let site = site_of(project, standing, others, &by_context, tld, &mut table.notes);
        table.sites.extend(site);
    }
    Ok(table)
}

/// The route of a context to a service, or to its web server.
pub fn find<'a>(
    sites: impl IntoIterator<Item = &'a Site>,
    context_id: i64,
    service: Option<&str>,
) -> Option<(&'a Site, &'a Route)> {
    let all = sites.into_iter().flat_map(|site| site.routes.iter().map(move |route| (site, route)));
    let is_it = |route: &Route| match service {
        Some(service) => !route.is_main && route.is_called(service),
        None => route.is_main,
    };
    all.into_iter().find(|(_, route)| route.context_id == context_id && is_it(route))
}

/// What a project's directory is now.
#[derive(Default)]
struct Standing {
    config: ProjectConfig,
    /// `None` where nothing is booked for it, or it cannot be read.
    context: Option<ContextRow>,
    /// The remote and the directory below it, which its other contexts share.
    repository: Option<(String, Option<String>)>,
}

fn stand(there: &mut App, project: &ProjectRow, notes: &mut Vec<String>) -> Standing {
    there.enter(project.path.clone());
    let mut standing = Standing::default();
    let mut look = || -> Result<()> {
        let context = there.context()?.clone();
        project::require_own_root(there, project)?;
        standing.repository = context.remote.clone().map(|remote| (remote, context.subdir.clone()));
        let claim = match there.existing_registry()? {
            Some(registry) => registry.read(|reader| judge(reader, &context))?,
            None => return Ok(()),
        };
        // Who only looks takes nothing over.
        standing.context = claim.into_row();
        standing.config = there.config()?.clone();
        Ok(())
    };
    if let Err(error) = look() {
        notes.push(match error.downcast_ref::<ProjectError>() {
            Some(error) => error.to_string(),
            None => format!("{}: {error:#}", project.hostname),
        });
    }
    standing
}

/// The number of the project that the context is another one of: the one in whose directory it is, else the first that
/// was registered of those of its repository.
fn owner_of(context: &ContextRow, projects: &[ProjectRow], standings: &[Standing]) -> Option<i64> {
    if let Some(project) = projects.iter().find(|project| project.path == context.path) {
        return Some(project.id);
    }
    let repository = (context.remote.clone()?, context.subdir.clone());
    let shares = |(_, standing): &(&ProjectRow, &Standing)| standing.repository.as_ref() == Some(&repository);
    projects.iter().zip(standings).filter(shares).map(|(project, _)| project.id).min()
}

fn site_of<'a>(
    project: &ProjectRow,
    standing: &Standing,
    others: impl Iterator<Item = &'a ContextRow>,
    rows: &BTreeMap<i64, Vec<Allocation>>,
    tld: Tld,
    notes: &mut Vec<String>,
) -> Option<Site> {
    let tld = standing.config.tld.unwrap_or(tld);
    let domain: DomainName = match format!("{}.{tld}", project.hostname).parse() {
        Ok(domain) => domain,
        Err(error) => {
            notes.push(format!("{}: {error}", project.hostname));
            return None;
        }
    };
    let mut places: Vec<Place<'_>> = Vec::new();
    places.extend(standing.context.as_ref().map(|context| Place { context, name: domain.clone() }));
    let mut further = Vec::new();
    for context in others.filter(|context| rows.contains_key(&context.id)) {
        match domain.child(&label_of(context)) {
            Ok(name) => further.push(Place { context, name }),
            Err(error) => notes.push(format!("{}: {error}", context.label)),
        }
    }
    further.sort_by(|a, b| a.name.cmp(&b.name));
    places.append(&mut further);
    let none = Vec::new();
    let routes = places.iter().flat_map(|place| {
        let rows = rows.get(&place.context.id).unwrap_or(&none);
        routes_of(place, rows, &project.http_service)
    });
    let (routes, clashes) = part(routes.collect());
    let mut zones: Vec<DomainName> =
        places.into_iter().map(|place| place.name).filter(|name| *name != domain).collect();
    zones.sort();
    zones.dedup();
    let (timeout, directory) = (standing.config.http_timeout.unwrap_or(TIMEOUT), project.path.clone());
    let kind = project.scan.kind;
    Some(Site { project: project.hostname.clone(), kind, domain, directory, zones, routes, clashes, timeout })
}

fn routes_of(place: &Place<'_>, rows: &[Allocation], http_service: &str) -> Vec<Route> {
    let route = |face: super::faces::Face<'_>| {
        let name = match &face.label {
            Some(label) => place.name.child(label).ok()?,
            None => place.name.clone(),
        };
        let answers = face.row.service.as_str();
        Some(Route {
            name,
            context_id: place.context.id,
            context: place.context.label.clone(),
            path: place.context.path.clone(),
            service: face.service.to_owned(),
            container_port: face.row.container_port,
            port: face.row.port,
            via: (answers != face.service).then(|| answers.to_owned()),
            is_main: face.label.is_none(),
            speaks_tls: matches!(face.row.container_port.map(Port::number), Some(443 | 8443)),
            entry: face.entry,
        })
    };
    faces(rows, http_service).into_iter().filter_map(route).collect()
}

/// The routes of a name of their own, in their order, and those that are no route because another one is.
fn part(routes: Vec<Route>) -> (Vec<Route>, Vec<Clash>) {
    let mut by_name: BTreeMap<DomainName, Vec<String>> = BTreeMap::new();
    for route in &routes {
        by_name.entry(route.name.clone()).or_default().push(route.description());
    }
    by_name.retain(|_, rivals| rivals.len() > 1);
    let single = routes.into_iter().filter(|route| !by_name.contains_key(&route.name)).collect();
    (single, by_name.into_iter().map(|(name, rivals)| Clash { name, rivals }).collect())
}
