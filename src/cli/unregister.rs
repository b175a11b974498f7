//! `gantry unregister`.

use anyhow::Result;
use serde::Serialize;

use super::progress::Progress;
use super::ui::Ui;
use crate::app::App;
use crate::engine::EngineError;
use crate::lifecycle::{Evicted, LifecycleError, Remains, evict, remains};
use crate::listeners;
use crate::project::{Departure, ProjectError, plan_departure, select_registered, unregister};
use crate::sys::signals::Interrupts;

/// Forget a project: its hostname, and the ports of its directory
///
/// Takes its containers, networks and certificate along; volumes are data, and stay. Asks on a terminal. A project that runs is left
/// alone, unless forced.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The project; by default the one of the current directory
    hostname: Option<String>,
    /// Keep what the directory's contexts have booked, and their containers
    #[arg(long)]
    keep_ports: bool,
    /// Only print what would be given up
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Stop it first where it runs; does not ask
    #[arg(short, long)]
    force: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry unregister shop
  gantry unregister shop --keep-ports --yes

Exit status: 1 where it runs, 3 where there is no such project.";

/// Seconds that a container may take to end with --force.
const TIMEOUT: u32 = 30;

#[derive(Serialize)]
struct Answer {
    dry_run: bool,
    hostname: String,
    ports: Vec<PortRow>,
    containers: Vec<String>,
    /// What stays.
    volumes: Vec<String>,
}

#[derive(Serialize)]
struct PortRow {
    label: String,
    service: String,
    port: u16,
}

/// Plans, asks, forgets.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let project = select_registered(app, args.hostname.as_deref())?;
    let hostname = project.hostname.clone();
    let departure = plan_departure(app, project)?;
    let interrupts = Interrupts::listen()?;
    let remains = if args.keep_ports { None } else { remains_of(app, ui, &departure, args.force)? };
    let is_reachable = remains.is_some();
    let remains = remains.unwrap_or_default();
    require_stopped(&departure, &remains, args)?;
    let answer = Answer::of(&departure, &remains, args);
    let is_asked = !args.yes && !args.force && ui.can_ask();
    if args.dry_run || is_asked {
        tell(ui, &answer, "would give back", "would remove");
    }
    if args.dry_run && answer.ports.is_empty() && answer.containers.is_empty() {
        ui.note(&format!("would forget {hostname} alone"));
    }
    if args.dry_run {
        return if args.json { ui.json(&answer) } else { Ok(()) };
    }
    if is_asked && !interrupts.while_asking(|| ui.confirm(&format!("Forget {hostname}?")))? {
        ui.note("nothing was changed");
        return Ok(());
    }
    let evicted = if is_reachable { Some(clear(app, ui, &departure, args.force, &interrupts)?) } else { None };
    unregister(app, &departure, args.keep_ports)?;
    drop(evicted);
    if args.json {
        return ui.json(&answer);
    }
    tell(ui, &answer, "gave back", "removed");
    ui.note(&format!("{hostname} is no project any more"));
    for (volume, engine) in remains.iter().flat_map(|it| it.volumes.iter().map(|volume| (volume, it.engine.kind()))) {
        ui.note(&format!("the volume {volume} stays; `{engine} volume rm {volume}` removes it and its data"));
    }
    Ok(())
}

/// Without an engine nothing can be removed from one; the registry is mended all the same, unless somebody listens on one
/// of the ports: that may well be the project.
fn remains_of(app: &mut App, ui: &Ui, departure: &Departure, force: bool) -> Result<Option<Vec<Remains>>> {
    match remains(app, departure) {
        Err(error) if error.downcast_ref().is_some_and(EngineError::is_unreachable) => {
            let listening = listeners::listening()?;
            let mut rows = departure.contexts.iter().flat_map(|(_, rows)| rows);
            if let Some(row) = rows.find(|row| !force && listening.contains(row.port, row.protocol)) {
                let hostname = &departure.project.hostname;
                return Err(error.context(format!("{hostname} may run, since somebody listens on {}", row.port)));
            }
            ui.warn(&format!("{error:#}; containers of the project, if there are any, stay"));
            Ok(None)
        }
        found => found.map(Some),
    }
}

/// Takes its containers and networks away.
fn clear(app: &mut App, ui: &Ui, departure: &Departure, force: bool, interrupts: &Interrupts) -> Result<Evicted> {
    let mut progress = Progress::new(ui);
    let stop = force.then_some(TIMEOUT);
    let evicted = evict(app, departure, stop, &mut |event| progress.tell(event), interrupts);
    match interrupts.received() {
        // Ctrl-C ends the engine's own program too, which then says nothing.
        Some(signal) if evicted.is_err() => {
            let (name, state) = (departure.project.hostname.to_string(), "partly stopped".to_owned());
            Err(LifecycleError::Interrupted { name, signal, state }.into())
        }
        _ => evicted,
    }
}

fn require_stopped(departure: &Departure, remains: &[Remains], args: &Args) -> Result<()> {
    let running = remains.iter().flat_map(|it| &it.containers).filter(|it| it.is_alive());
    let services: Vec<String> = running.map(|container| container.name.clone()).collect();
    if services.is_empty() || args.force || args.dry_run {
        return Ok(());
    }
    Err(ProjectError::Running { hostname: departure.project.hostname.clone(), services }.into())
}

fn tell(ui: &Ui, answer: &Answer, gives_back: &str, removes: &str) {
    for row in &answer.ports {
        ui.note(&format!("{gives_back} {}: {} ({})", row.label, row.service, row.port));
    }
    for container in &answer.containers {
        ui.note(&format!("{removes} the container {container}"));
    }
}

impl Answer {
    fn of(departure: &Departure, remains: &[Remains], args: &Args) -> Answer {
        let rows = departure.contexts.iter().filter(|_| !args.keep_ports).flat_map(|(context, rows)| {
            rows.iter().map(|row| PortRow {
                label: context.label.clone(),
                service: row.service.to_string(),
                port: row.port.number(),
            })
        });
        Answer {
            dry_run: args.dry_run,
            hostname: departure.project.hostname.to_string(),
            ports: rows.collect(),
            containers: remains.iter().flat_map(|it| &it.containers).map(|it| it.name.clone()).collect(),
            volumes: remains.iter().flat_map(|it| it.volumes.clone()).collect(),
        }
    }
}
