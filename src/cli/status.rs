//! `gantry status`.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use anyhow::Result;
use serde::Serialize;

use super::project::{self as project_json, state_cell};
use super::ps;
use super::ui::{Cell, Paint, Ui};
use crate::app::App;
use crate::engine::Container;
use crate::lifecycle::{ContextView, Overview, ProjectView, RunState, overview};
use crate::model::{ContextHash, Port, Protocol};
use crate::project::{self, select};
use crate::resolve::known;
use crate::status::{State, Status, statuses};

/// List the booked ports and whether anybody listens on them
///
/// Of registered projects it tells what the engine says of their services, too.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Every context on the machine, not only this one
    #[arg(short, long)]
    all: bool,
    /// Name the process behind every port that is listened on; without it, only somebody else's is named
    #[arg(long)]
    live: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry status --live
  gantry status -a --json | jq '.allocations[] | select(.state == \"foreign\")'

States: free (nobody listens), listening (the context's own process or container), foreign
(somebody else's); of a project's services what the engine says: running, exited, …";

const HEADER: [&str; 6] = ["project", "context", "label", "service", "port", "state"];

#[derive(Serialize)]
struct Answer {
    allocations: Vec<Row>,
    projects: Vec<project_json::Row>,
    /// Where a registered project is among what is shown.
    contexts: Vec<ContextRow>,
}

#[derive(Serialize)]
struct ContextRow {
    context: ContextHash,
    label: String,
    path: String,
    project: Option<String>,
    compose_project: String,
    state: RunState,
    containers: usize,
}

#[derive(Serialize)]
struct Row {
    context: ContextHash,
    label: String,
    path: String,
    service: String,
    port: Port,
    container_port: Option<Port>,
    protocol: Protocol,
    env_var: Option<String>,
    state: State,
    holder: Option<Holder>,
}

#[derive(Serialize)]
struct Holder {
    pid: u32,
    name: String,
}

/// Looks; books nothing. The engine is asked where a registered project is among what is shown: it knows more of a
/// service than whether somebody listens, and of services without ports.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let allocations: Vec<Row> = statuses(app, args.all)?.into_iter().map(|status| Row::of(status, args.live)).collect();
    let view = view_of(app, ui, args.all)?;
    if args.json {
        return ui.json(&Answer {
            allocations,
            projects: view.projects.iter().map(project_row).collect(),
            contexts: view.contexts.iter().map(|context| ContextRow::of(context, &view)).collect(),
        });
    }
    let rows = Table::new(&allocations, &view).rows();
    if rows.is_empty() {
        ui.note("nothing is booked; `gantry export --auto` books what the compose file publishes");
        return Ok(());
    }
    match view.projects.as_slice() {
        [] => ui.table(&HEADER[1..], rows.into_iter().map(|row| row.into_iter().skip(1).collect()).collect()),
        _ => ui.table(&HEADER, rows),
    }
}

/// What the engine says of the projects that are shown, and of the contexts in their directories; of every context
/// where all are shown.
fn view_of(app: &mut App, ui: &Ui, all: bool) -> Result<Overview> {
    let projects = project::all(app)?;
    // One whose directory is a part of another project by now is not what is shown.
    let here = if all || projects.is_empty() { None } else { select(app, None).ok().and_then(|here| here.project) };
    if projects.is_empty() || !all && here.is_none() {
        return Ok(Overview::default());
    }
    let mut view = overview(app)?;
    if let Some(caveat) = view.caveat() {
        ui.warn(&caveat);
    }
    if let Some(here) = here {
        let current = known(app)?.and_then(|(claim, _)| claim.into_row()).map(|row| row.hash);
        view.projects.retain(|view| view.project.id == here.id);
        view.contexts.retain(|view| Some(&view.context.hash) == current.as_ref());
    }
    Ok(view)
}

fn project_row(view: &ProjectView) -> project_json::Row {
    project_json::Row::of(&view.project, view.http_port, Some(view.state.as_str()))
}

/// What the rows are made of.
struct Table<'a> {
    allocations: &'a [Row],
    view: &'a Overview,
    /// How many ports each service of a context has, counted once: there may be tens of thousands.
    ports: HashMap<(&'a str, &'a str), usize>,
    /// Labels that more than one context goes by.
    ambiguous: HashSet<&'a str>,
    /// The contexts, by hash.
    contexts: HashMap<&'a str, &'a ContextView>,
}

impl<'a> Table<'a> {
    fn new(allocations: &'a [Row], view: &'a Overview) -> Table<'a> {
        let mut ports: HashMap<(&str, &str), usize> = HashMap::new();
        let mut contexts_of_label: HashMap<&str, &str> = HashMap::new();
        let mut ambiguous = HashSet::new();
        for row in allocations {
            *ports.entry((row.context.as_str(), &row.service)).or_default() += 1;
            if *contexts_of_label.entry(&row.label).or_insert(row.context.as_str()) != row.context.as_str() {
                ambiguous.insert(row.label.as_str());
            }
        }
        let contexts = view.contexts.iter().map(|view| (view.context.hash.as_str(), view)).collect();
        Table { allocations, view, ports, ambiguous, contexts }
    }

    /// Context by context: what is booked, then the services that publish nothing; at last the projects that have
    /// neither.
    fn rows(&self) -> Vec<Vec<Cell>> {
        let mut placed: Vec<((&str, &Path), Vec<Cell>)> =
            self.allocations.iter().map(|row| ((row.label.as_str(), Path::new(&row.path)), self.row(row))).collect();
        for view in &self.view.contexts {
            let place = (view.context.label.as_str(), view.context.path.as_path());
            placed.extend(self.portless(view).into_iter().map(|row| (place, row)));
        }
        // Stable: within a context the order stays.
        placed.sort_by_key(|(place, _)| *place);
        let rows = placed.into_iter().map(|(_, row)| row);
        rows.chain(self.view.projects.iter().filter_map(|project| self.bare(project))).collect()
    }

    /// The services of the context that have containers and no port.
    fn portless(&self, view: &ContextView) -> Vec<Vec<Cell>> {
        let has_port = |service: &str| self.ports.contains_key(&(view.context.hash.as_str(), service));
        let mut services: Vec<&str> = view.containers.iter().map(|it| it.service.as_str()).collect();
        services.dedup();
        services.retain(|service| !has_port(service));
        let row = |service: &str| {
            let start = self.start(&view.context.hash, &view.context.label, &view.context.path);
            let plain = [service.to_owned(), "-".to_owned()].map(Cell::from);
            start.into_iter().chain(plain).chain(service_cell(&view.containers, service)).collect()
        };
        services.into_iter().map(row).collect()
    }

    /// A project that no context is shown of.
    fn bare(&self, view: &ProjectView) -> Option<Vec<Cell>> {
        let path = &view.project.path;
        let is_shown = self.allocations.iter().any(|row| Path::new(&row.path) == path);
        if is_shown && !view.is_gone {
            return None;
        }
        let state = match view.is_gone {
            true => Cell::styled(Paint::Bad, "gone", format!(": {}", path.display())),
            false => state_cell(view.state),
        };
        let plain = [view.project.hostname.as_str(), "-", "-", "-", "-"].map(|text| Cell::from(text.to_owned()));
        Some(plain.into_iter().chain([state]).collect())
    }

    fn row(&self, row: &Row) -> Vec<Cell> {
        let is_several = self.ports.get(&(row.context.as_str(), row.service.as_str())).is_some_and(|count| *count > 1);
        // As `gantry get` takes it.
        let service = match row.container_port.filter(|_| is_several) {
            Some(port) => format!("{}:{port}", row.service),
            None => row.service.clone(),
        };
        let start = self.start(&row.context, &row.label, Path::new(&row.path));
        let plain = [service, row.port.to_string()].map(Cell::from);
        start.into_iter().chain(plain).chain([self.state(row)]).collect()
    }

    /// Project, context and label. Two clones of one branch, or two projects of one repository, go by one label.
    fn start(&self, hash: &ContextHash, label: &str, path: &Path) -> [Cell; 3] {
        let label =
            if self.ambiguous.contains(label) { format!("{label} ({})", path.display()) } else { label.to_owned() };
        [hostname_at(self.view, path).unwrap_or("-").to_owned(), hash.to_string(), label].map(Cell::from)
    }

    /// What the engine says of the service, unless the port is somebody else's or the service has no container.
    fn state(&self, row: &Row) -> Cell {
        let of_context = self.contexts.get(row.context.as_str());
        let containers = of_context.map(|view| view.containers.as_slice()).unwrap_or_default();
        let cell = if row.state == State::Foreign { None } else { service_cell(containers, &row.service) };
        cell.unwrap_or_else(|| row.state_cell())
    }
}

/// What the engine says of the service's containers: of several the worst, and how many run.
fn service_cell(containers: &[Container], service: &str) -> Option<Cell> {
    let own: Vec<&Container> = containers.iter().filter(|it| it.service == service).collect();
    let worst = own.iter().min_by_key(|it| it.is_running())?;
    let running = own.iter().filter(|it| it.is_running()).count();
    let cell = ps::state_cell(worst);
    Some(if own.len() > 1 { cell.followed_by(&format!(", {running} of {}", own.len())) } else { cell })
}

fn hostname_at<'a>(view: &'a Overview, path: &Path) -> Option<&'a str> {
    let project = view.projects.iter().find(|view| view.project.path == path)?;
    Some(project.project.hostname.as_str())
}

impl ContextRow {
    fn of(context: &ContextView, view: &Overview) -> ContextRow {
        ContextRow {
            context: context.context.hash.clone(),
            label: context.context.label.clone(),
            path: context.context.path.display().to_string(),
            project: hostname_at(view, &context.context.path).map(str::to_owned),
            compose_project: context.compose_names.first().cloned().unwrap_or_default(),
            state: context.state,
            containers: context.containers.len(),
        }
    }
}

impl Row {
    fn of(status: Status, live: bool) -> Row {
        let is_told = live || status.state == State::Foreign;
        let listener = status.listener.filter(|_| is_told);
        Row {
            context: status.context,
            label: status.label,
            path: status.path.display().to_string(),
            service: status.service,
            port: status.port,
            container_port: status.container_port,
            protocol: status.protocol,
            env_var: status.variable,
            state: status.state,
            holder: listener.map(|listener| Holder { pid: listener.pid, name: listener.name }),
        }
    }

    fn state_cell(&self) -> Cell {
        let paint = match self.state {
            State::Free => Paint::Dim,
            State::Listening => Paint::Good,
            State::Foreign => Paint::Bad,
        };
        let holder = self.holder.as_ref().map(|holder| format!(": {} (pid {})", holder.name, holder.pid));
        Cell::styled(paint, self.state.as_str(), holder.unwrap_or_default())
    }
}
