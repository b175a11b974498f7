//! `gantry update`.

use anyhow::Result;
use serde::Serialize;

use super::ui::Ui;
use crate::app::App;
use crate::engine::{Container, EngineError};
use crate::lifecycle::{Stage, conflicts};
use crate::model::{Port, ScannedPort};
use crate::project::{Difference, Selected, Update, apply_update, http_port, plan_update, select_registered};
use crate::registry::Allocation;
use crate::resolve::Booked;

/// Look at a project's files again and take over what has changed
///
/// Books what is new and gives back what services held that are gone. The hostname, the HTTP port and the time of
/// registration stay. Asks on a terminal.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The project; by default the one of the current directory
    hostname: Option<String>,
    /// Only print what has changed
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long, visible_short_alias = 'f', visible_alias = "force")]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry update -n
  gantry update shop --yes

Exit status: 3 where there is no such project, or its directory is gone.";

#[derive(Serialize)]
struct Answer {
    dry_run: bool,
    hostname: String,
    /// `None` where no engine tells.
    is_running: Option<bool>,
    changes: Vec<Change>,
    conflicts: Vec<String>,
    http_port: Option<Port>,
}

#[derive(Serialize)]
struct Change {
    /// `service_added`, `service_removed`, `port_added`, `port_removed`, `port_changed`, `exposed_changed`,
    /// `compose_file_appeared`, `compose_file_gone`, `kind_changed`, `http_service_changed` or `given_back`.
    change: &'static str,
    text: String,
}

/// Looks, shows, asks, takes over.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let project = select_registered(app, args.hostname.as_deref())?;
    let update = plan_update(app, &project)?;
    let selected = Selected { name: project.hostname.to_string(), project: Some(project.clone()) };
    let (stage, is_running) = stage_of(app, ui, &selected)?;
    let conflicts = match &stage {
        Some(stage) => conflicts(app, stage)?.iter().map(ToString::to_string).collect(),
        None => Vec::new(),
    };
    let changes = update.differences.iter().map(Change::of).chain(update.unneeded.iter().map(Change::given_back));
    let http_port = http_port(app, &project)?.map(|row| row.port);
    let hostname = selected.name;
    let mut answer =
        Answer { dry_run: args.dry_run, hostname, is_running, changes: changes.collect(), conflicts, http_port };
    let is_asked = !args.yes && !args.json && ui.can_ask() && !answer.changes.is_empty();
    if !args.json {
        tell(ui, &answer, args.dry_run || is_asked)?;
    }
    if args.dry_run || is_asked && !ui.confirm(&format!("Take this over for {}?", answer.hostname))? {
        if args.json {
            return ui.json(&answer);
        }
        if !answer.changes.is_empty() {
            ui.note("nothing was changed");
        }
        return Ok(());
    }
    let (booked, http) = apply_update(app, &update)?;
    answer.http_port = Some(http.port);
    booked.notes.iter().for_each(|note| ui.note(&note.to_string()));
    for (service, exhausted) in &booked.exhausted {
        ui.warn(&format!("{service} gets no port: {exhausted}"));
    }
    if args.json {
        return ui.json(&answer);
    }
    kept(&update, &booked).iter().for_each(|note| ui.note(note));
    for row in &update.in_use {
        ui.note(&format!("{} keeps {} while it is in use; update again after a restart", row.service, row.port));
    }
    if answer.changes.is_empty() {
        return Ok(());
    }
    ui.note(&format!("{} is up to date", answer.hostname));
    if is_running == Some(true) {
        ui.warn(&format!("{} runs as it was; `gantry restart {0}` starts it anew", answer.hostname));
    }
    Ok(())
}

/// What the project stands on, where it holds ports and an engine can be asked, and whether it runs.
fn stage_of(app: &mut App, ui: &Ui, selected: &Selected) -> Result<(Option<Stage>, Option<bool>)> {
    let error = match Stage::open(app, selected, None) {
        Ok(stage) => {
            let runs = stage.as_ref().is_some_and(|stage| stage.containers.iter().any(Container::is_running));
            return Ok((stage, Some(runs)));
        }
        Err(error) => error,
    };
    match error.downcast_ref::<EngineError>() {
        None => Err(error),
        // Where no engine is installed, nothing of it runs.
        Some(reason) if is_absence(reason) => Ok((None, Some(false))),
        Some(_) => {
            ui.warn(&format!("{error:#}; so nobody knows whether {} runs", selected.name));
            Ok((None, None))
        }
    }
}

fn is_absence(reason: &EngineError) -> bool {
    match reason {
        EngineError::Missing(_) => true,
        EngineError::None { docker, podman } => is_absence(docker) && is_absence(podman),
        _ => false,
    }
}

/// The services that keep their ports although the file names others by now.
fn kept(update: &Update, booked: &Booked) -> Vec<String> {
    let changed = update.differences.iter().filter_map(|difference| match difference {
        Difference::PortChanged { to, .. } if to.published.parse::<Port>().is_ok() => Some(to),
        _ => None,
    });
    let note = |to: &ScannedPort| {
        let is_it = |row: &&Allocation| {
            row.service.as_str() == to.service && row.container_port.map(Port::number) == Some(to.container_port)
        };
        let row = booked.allocations.iter().find(is_it).filter(|row| row.port.to_string() != to.published)?;
        let (service, port, wanted) = (&to.service, row.port, &to.published);
        Some(format!(
            "{service} keeps {port}; `gantry release {service}`, and the next start takes {wanted} if it is free"
        ))
    };
    changed.filter_map(note).collect()
}

/// What has changed and, before it is taken over, whether the project runs.
fn tell(ui: &Ui, answer: &Answer, is_before: bool) -> Result<()> {
    for change in &answer.changes {
        ui.text_line(&change.text)?;
    }
    if answer.changes.is_empty() {
        ui.note(&format!("nothing has changed in {}", answer.hostname));
    }
    answer.conflicts.iter().for_each(|conflict| ui.warn(conflict));
    if is_before && answer.is_running == Some(true) && !answer.changes.is_empty() {
        ui.warn(&format!("{} runs", answer.hostname));
    }
    Ok(())
}

impl Change {
    fn of(difference: &Difference) -> Change {
        let port = |port: &ScannedPort| {
            let published = if port.published.is_empty() { "any port" } else { port.published.as_str() };
            format!("{}:{}/{} on {published}", port.service, port.container_port, port.protocol)
        };
        let (change, text) = match difference {
            Difference::ComposeFileAppeared => ("compose_file_appeared", "+ a compose file".to_owned()),
            Difference::ComposeFileGone => ("compose_file_gone", "- the compose file".to_owned()),
            Difference::Kind { from, to } => ("kind_changed", format!("~ kind: {from} is {to} now")),
            Difference::ServiceAdded(name) => ("service_added", format!("+ service {name}")),
            Difference::ServiceRemoved(name) => ("service_removed", format!("- service {name}")),
            Difference::PortAdded(added) => ("port_added", format!("+ port {}", port(added))),
            Difference::PortRemoved(removed) => ("port_removed", format!("- port {}", port(removed))),
            Difference::PortChanged { from, to } => {
                ("port_changed", format!("~ port {} is {} now", port(from), port(to)))
            }
            Difference::ExposedChanged => ("exposed_changed", "~ exposed ports".to_owned()),
            Difference::HttpService { from, to } => {
                ("http_service_changed", format!("~ the HTTP port goes from {from} to {to}"))
            }
        };
        Change { change, text }
    }

    fn given_back(row: &Allocation) -> Change {
        Change { change: "given_back", text: format!("- the port of {} ({})", row.service, row.port) }
    }
}
