//! `gantry list`.

use anyhow::Result;
use serde::Serialize;

use super::project::{Row, state_cell};
use super::ui::{Cell, Paint, Ui};
use crate::app::App;
use crate::lifecycle::{ProjectView, RunState, overview};
use crate::project;

/// List the registered projects and whether they run
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry list
  gantry list --json | jq -r '.projects[] | \"\\(.hostname) \\(.http_port)\"'

States: running, partial (some containers run), stopped, down (there are none), unknown (an engine
does not answer), and gone where the directory is not there any more (`is_gone` in JSON).";

#[derive(Serialize)]
struct Answer {
    projects: Vec<Row>,
}

/// Asks the registry and the engine; changes nothing.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let is_empty = project::all(app)?.is_empty();
    if is_empty && !args.json {
        ui.note("no project is registered; `gantry register` registers the one of this directory");
        return Ok(());
    }
    if is_empty {
        return ui.json(&Answer { projects: Vec::new() });
    }
    let overview = overview(app)?;
    if let Some(caveat) = overview.caveat() {
        ui.warn(&caveat);
    }
    let row = |view: &ProjectView| Row::of(&view.project, view.http_port, Some(view.state.as_str()));
    if args.json {
        return ui.json(&Answer { projects: overview.projects.iter().map(row).collect() });
    }
    let rows = overview.projects.iter().map(|view| {
        let http = view.http_port.map_or_else(|| "-".to_owned(), |port| port.to_string());
        let state = match view.state {
            RunState::Running | RunState::Partial if view.is_gone => gone(format!(", {}", view.state.as_str())),
            _ if view.is_gone => gone(String::new()),
            state => state_cell(state),
        };
        let path = view.project.path.display().to_string();
        let plain = [view.project.hostname.to_string(), http].map(Cell::from);
        let kind = Cell::from(view.project.scan.kind.to_string());
        plain.into_iter().chain([state, kind, Cell::from(path)]).collect()
    });
    ui.table(&["project", "http", "state", "kind", "path"], rows.collect())
}

fn gone(and: String) -> Cell {
    Cell::styled(Paint::Bad, "gone", and)
}
