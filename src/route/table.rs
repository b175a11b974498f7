//! The table of all routes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;

use super::faces::faces;
use super::label::labelled;
use super::owner::{Claimant, Repositories, Repository, owner_of};
use crate::app::App;
use crate::config::{ProjectConfig, salvage_project_config};
use crate::context::{common_dir, detect, detect_despite};
use crate::model::{Clash, DomainName, Hostname, Route, Site, Tld};
use crate::project::{self, ProjectError};
use crate::prune;
use crate::registry::{Allocation, ContextRow, ProjectRow, allocations, contexts};
use crate::resolve::{first_held, judge};

/// Seconds that a web server may take to begin its answer where `gantry.yml` says nothing: long enough for a page that
/// is built while it is asked for, or a short stop at a breakpoint.
const TIMEOUT: u64 = 120;

/// Every name of every project.
#[derive(Debug, Default)]
pub struct Table {
    pub sites: Vec<Site>,
    /// What could not be told.
    pub notes: Vec<Note>,
}

/// What is wrong with a project's names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub project: Hostname,
    /// A sentence.
    pub text: String,
}

/// A context of a project, and the name that it goes by.
struct Place<'a> {
    context: &'a ContextRow,
    name: DomainName,
}

/// What is booked, and what is checked out.
struct Booked<'a> {
    rows: &'a BTreeMap<i64, Vec<Allocation>>,
    heads: &'a Heads,
}

/// The identities that directories have now, each asked for once.
#[derive(Default)]
struct Heads(RefCell<BTreeMap<PathBuf, Option<Vec<u8>>>>);

impl Heads {
    /// The context's branch, where its directory has another one by now.
    fn branch_to_switch_to(&self, context: &ContextRow) -> Option<String> {
        let mut heads = self.0.borrow_mut();
        let look = || detect(&context.path).ok().map(|found| found.identity);
        let head = heads.entry(context.path.clone()).or_insert_with(look);
        let is_elsewhere = head.as_ref().is_some_and(|head| *head != context.identity);
        context.branch.clone().filter(|_| is_elsewhere)
    }
}

/// Works the table out. `app` stays where it is.
///
/// # Errors
/// The registry cannot be read. What is wrong with one project is a note.
pub fn table(app: &mut App) -> Result<Table> {
    let projects = project::all(app)?;
    let tld = app.tld()?;
    let Some(registry) = app.existing_registry()? else { return Ok(Table::default()) };
    let (mut contexts, rows) = registry.read(|reader| Ok((contexts::all(reader)?, allocations::all(reader)?)))?;
    let mut by_context: BTreeMap<i64, Vec<Allocation>> = BTreeMap::new();
    for row in rows {
        by_context.entry(row.context_id).or_default().push(row);
    }
    // What is gone takes no name from what lives.
    contexts.retain(|context| by_context.contains_key(&context.id) && !prune::is_gone(context));
    let (heads, repositories) = (Heads::default(), Repositories::new(&common_dir));
    let mut table = Table::default();
    // Goes from one to the next with the registry open.
    let mut there = App::default();
    let standings: Vec<Standing> =
        projects.iter().map(|project| stand(&mut there, project, &repositories, &mut table.notes)).collect();
    let owners = owners_of(&contexts, &projects, &standings, &repositories);
    for (project, standing) in projects.iter().zip(&standings) {
        let others = contexts.iter().filter(|context| {
            Some(context.id) != standing.context.as_ref().map(|own| own.id)
                && owners.get(&context.id) == Some(&project.id)
        });
        let site =
            site_of(project, standing, others, &Booked { rows: &by_context, heads: &heads }, tld, &mut table.notes);
        table.sites.extend(site);
    }
    Ok(table)
}

/// The route of a context to a service, or to what goes by the word as a label, or to its web server.
pub fn find<'a>(
    sites: impl IntoIterator<Item = &'a Site>,
    context_id: i64,
    service: Option<&str>,
) -> Option<(&'a Site, &'a Route)> {
    let all = sites.into_iter().flat_map(|site| site.routes.iter().map(move |route| (site, route)));
    let (main, services): (Vec<_>, Vec<_>) =
        all.filter(|(_, route)| route.context_id == context_id).partition(|(_, route)| route.is_main);
    let Some(word) = service else { return main.into_iter().next() };
    let called = services.iter().find(|(_, route)| route.is_called(word));
    called.or_else(|| services.iter().find(|(_, route)| route.name.first_label() == word)).copied()
}

/// What a project's directory is now.
#[derive(Default)]
struct Standing {
    config: ProjectConfig,
    /// `None` where nothing is booked for it, or it cannot be read.
    context: Option<ContextRow>,
    /// What its other contexts share.
    repository: Option<Repository>,
}

fn stand(there: &mut App, project: &ProjectRow, repositories: &Repositories<'_>, notes: &mut Vec<Note>) -> Standing {
    there.enter(project.path.clone());
    let mut standing = Standing::default();
    let mut look = || -> Result<()> {
        let context = there.context()?.clone();
        project::require_own_root(there, project)?;
        standing.repository = repositories.find(context.remote.as_deref(), context.subdir.as_deref(), &context.root);
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
        // While its `gantry.yml` is broken, it is what it was.
        if standing.context.is_none()
            && let Some((context, repository)) = stand_despite(there, project, repositories)
        {
            (standing.context, standing.repository) = (Some(context), repository);
            standing.config = salvage_project_config(&project.path);
        }
        let text = match error.downcast_ref::<ProjectError>() {
            Some(error) => error.to_string(),
            None => format!("{}: {error:#}", project.hostname),
        };
        notes.push(Note { project: project.hostname.clone(), text });
    }
    standing
}

fn stand_despite(
    there: &mut App,
    project: &ProjectRow,
    repositories: &Repositories<'_>,
) -> Option<(ContextRow, Option<Repository>)> {
    let (mut candidates, _) = detect_despite(&project.path);
    candidates.retain(|candidate| candidate.root == project.path);
    let held = there.existing_registry().ok()??.read(|reader| first_held(reader, &candidates)).ok()??;
    let repository = repositories.find(held.remote.as_deref(), held.subdir.as_deref(), &held.path);
    Some((held, repository))
}

/// The project of each context that is one's.
fn owners_of(
    contexts: &[ContextRow],
    projects: &[ProjectRow],
    standings: &[Standing],
    repositories: &Repositories<'_>,
) -> BTreeMap<i64, i64> {
    let claimants: Vec<Claimant<'_>> = projects
        .iter()
        .zip(standings)
        .map(|(project, standing)| Claimant {
            project_id: project.id,
            directory: &project.path,
            repository: standing.repository.as_ref(),
        })
        .collect();
    let owned = |context: &ContextRow| Some((context.id, owner_of(context, &claimants, repositories)?));
    contexts.iter().filter_map(owned).collect()
}

fn site_of<'a>(
    project: &ProjectRow,
    standing: &Standing,
    others: impl Iterator<Item = &'a ContextRow>,
    booked: &Booked<'_>,
    tld: Tld,
    notes: &mut Vec<Note>,
) -> Option<Site> {
    let tld = standing.config.tld.unwrap_or(tld);
    let domain: DomainName = match format!("{}.{tld}", project.hostname).parse() {
        Ok(domain) => domain,
        Err(error) => {
            notes.push(Note { project: project.hostname.clone(), text: format!("{}: {error}", project.hostname) });
            return None;
        }
    };
    let mut places: Vec<Place<'_>> = Vec::new();
    places.extend(standing.context.as_ref().map(|context| Place { context, name: domain.clone() }));
    for (context, label) in labelled(others.collect()) {
        match domain.child(&label) {
            Ok(name) => places.push(Place { context, name }),
            Err(error) => {
                notes.push(Note { project: project.hostname.clone(), text: format!("{}: {error}", context.label) });
            }
        }
    }
    let none = Vec::new();
    let routes = places.iter().flat_map(|place| {
        let rows = booked.rows.get(&place.context.id).unwrap_or(&none);
        routes_of(place, rows, &project.http_service, booked.heads.branch_to_switch_to(place.context))
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

fn routes_of(place: &Place<'_>, rows: &[Allocation], http_service: &str, switch_to: Option<String>) -> Vec<Route> {
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
            switch_to: switch_to.clone(),
            service: face.service.to_owned(),
            container_port: face.row.container_port,
            port: face.row.port,
            via: (answers != face.service).then(|| answers.to_owned()),
            is_main: face.label.is_none(),
            speaks_tls: face.speaks_tls(),
            entry: face.entry,
        })
    };
    faces(rows, http_service).into_iter().filter_map(route).collect()
}

/// The routes of a name of their own, in their order, and those that are no route because another one is. Who is checked
/// out goes before who is not: a branch that was only visited takes no name from one that lives.
fn part(routes: Vec<Route>) -> (Vec<Route>, Vec<Clash>) {
    let checked_out = routes.iter().filter(|route| route.switch_to.is_none());
    let living: BTreeSet<DomainName> = checked_out.map(|route| route.name.clone()).collect();
    let routes: Vec<Route> =
        routes.into_iter().filter(|route| route.switch_to.is_none() || !living.contains(&route.name)).collect();
    let mut by_name: BTreeMap<DomainName, usize> = BTreeMap::new();
    for route in &routes {
        *by_name.entry(route.name.clone()).or_default() += 1;
    }
    let (single, several): (Vec<Route>, Vec<Route>) = routes.into_iter().partition(|route| by_name[&route.name] == 1);
    let mut clashes: BTreeMap<DomainName, Vec<Route>> = BTreeMap::new();
    for route in several {
        clashes.entry(route.name.clone()).or_default().push(route);
    }
    (single, clashes.into_iter().map(|(name, rivals)| Clash { name, rivals }).collect())
}
