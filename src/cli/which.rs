//! `gantry which`.

use anyhow::Result;
use serde::Serialize;

use super::failure::NotFound;
use super::ui::Ui;
use crate::app::App;
use crate::listeners::{self, Listener};
use crate::model::{ContextHash, Port, Protocol};
use crate::registry::{Allocation, ContextRow, allocations, contexts};

/// Tell who holds a port: which context booked it, which process listens on it
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The port's number
    port: Port,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry which 5432
  gantry which 5432 --json | jq .listeners

Exit status: 3 where nobody booked it and nobody listens.";

#[derive(Serialize)]
struct Answer {
    port: Port,
    allocation: Option<Booking>,
    listening: bool,
    listeners: Vec<Process>,
}

#[derive(Serialize)]
struct Booking {
    context: ContextHash,
    label: String,
    path: String,
    service: String,
    container_port: Option<Port>,
    env_var: Option<String>,
}

#[derive(Serialize)]
struct Process {
    pid: u32,
    name: String,
    protocol: Protocol,
}

/// Asks the registry and the kernel.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let booking = match app.existing_registry()? {
        Some(registry) => registry.read(|reader| {
            let Some(row) = allocations::of_port(reader, args.port)? else { return Ok(None) };
            Ok(Some(Booking::of(&contexts::of_id(reader, row.context_id)?, &row)))
        })?,
        None => None,
    };
    let now = listeners::listening()?;
    let listening = now.contains(args.port, Protocol::Tcp) || now.contains(args.port, Protocol::Udp);
    let found = if listening { listeners::listeners(Some(args.port))? } else { Vec::new() };
    let listeners = found.into_iter().map(Process::of).collect();
    let answer = Answer { port: args.port, allocation: booking, listening, listeners };
    if answer.allocation.is_none() && !listening {
        let message = format!("port {} is free: nobody booked it, nobody listens on it", args.port);
        let hint = format!("`gantry book SERVICE --port {}` books it", args.port);
        return Err(NotFound { message, hint }.into());
    }
    if args.json { ui.json(&answer) } else { answer.print(ui) }
}

impl Answer {
    fn print(&self, ui: &Ui) -> Result<()> {
        match &self.allocation {
            Some(it) => ui.text_line(&format!("booked     {} of {} ({})", it.service, it.label, it.path))?,
            None => ui.text_line("booked     by nobody")?,
        }
        for process in &self.listeners {
            ui.text_line(&format!("listening  {} (pid {}, {})", process.name, process.pid, process.protocol))?;
        }
        match (self.listening, self.listeners.is_empty()) {
            (false, _) => ui.text_line("listening  nobody"),
            (true, true) => ui.text_line("listening  a process that this user cannot see"),
            (true, false) => Ok(()),
        }
    }
}

impl Booking {
    fn of(context: &ContextRow, row: &Allocation) -> Booking {
        Booking {
            context: context.hash.clone(),
            label: context.label.clone(),
            path: context.path.display().to_string(),
            service: row.service.as_str().to_owned(),
            container_port: row.container_port,
            env_var: row.variable.clone(),
        }
    }
}

impl Process {
    fn of(listener: Listener) -> Process {
        Process { pid: listener.pid, name: listener.name, protocol: listener.protocol }
    }
}
