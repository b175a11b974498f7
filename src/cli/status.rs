//! `gantry status`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::Serialize;

use super::ui::{Cell, Paint, Ui};
use crate::app::App;
use crate::model::{ContextHash, Port, Protocol};
use crate::status::{State, Status, statuses};

/// List the booked ports and whether anybody listens on them
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

States: free (nobody listens), listening (the context's own process or container), foreign (somebody else's).";

#[derive(Serialize)]
struct Answer {
    allocations: Vec<Row>,
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

/// Looks; books nothing.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let rows: Vec<Row> = statuses(app, args.all)?.into_iter().map(|status| Row::of(status, args.live)).collect();
    if args.json {
        return ui.json(&Answer { allocations: rows });
    }
    if rows.is_empty() {
        ui.note("nothing is booked; `gantry export --auto` books what the compose file publishes");
        return Ok(());
    }
    let mut ports_of_service: BTreeMap<(ContextHash, String), usize> = BTreeMap::new();
    for row in &rows {
        *ports_of_service.entry((row.context.clone(), row.service.clone())).or_default() += 1;
    }
    let mut contexts_of_label: BTreeMap<String, BTreeSet<ContextHash>> = BTreeMap::new();
    for row in &rows {
        contexts_of_label.entry(row.label.clone()).or_default().insert(row.context.clone());
    }
    // Two clones of one branch, or two projects of one repository, go by one label.
    let is_ambiguous = |row: &Row| contexts_of_label[&row.label].len() > 1;
    let is_several = |row: &Row| ports_of_service[&(row.context.clone(), row.service.clone())] > 1;
    let rows = rows.iter().map(|row| {
        // As `gantry get` takes it.
        let service = match row.container_port.filter(|_| is_several(row)) {
            Some(port) => format!("{}:{port}", row.service),
            None => row.service.clone(),
        };
        let label = if is_ambiguous(row) { format!("{} ({})", row.label, row.path) } else { row.label.clone() };
        let plain = [row.context.to_string(), label, service, row.port.to_string()];
        plain.map(Cell::from).into_iter().chain([row.state_cell()]).collect()
    });
    ui.table(&["context", "label", "service", "port", "state"], rows.collect())
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
