//! `gantry health`.

use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use super::failure::{FAILED, Silent};
use super::target::{Target, seconds};
use super::ui::{Cell, Paint, Ui};
use crate::app::App;
use crate::checkup::{Answer as PortAnswer, Checkup, Report, Service, Verdict};
use crate::lifecycle::LifecycleError;
use crate::sys::clock;
use crate::sys::signals::Interrupts;

/// Tell how a project's services do: their containers, whether their ports answer, what they use
///
/// Asks the engine for the containers, the project's HTTP port for its page `/`, and every other published TCP port for
/// a connection; UDP is not asked. Several containers of a service are taken together. Whatever answers below 500 is up.
/// A service that ended with status 0 is done, unless it publishes ports.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// Ask again and again, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
    /// Seconds from one round of --watch to the next
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    interval: Duration,
    /// Seconds that a port has to answer, attempts together
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    timeout: Duration,
    /// Print JSON; with --watch one object a line
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry health
  gantry health shop --json | jq -r '.services[] | select(.ok | not) | .service'
  until gantry health >/dev/null; do sleep 1; done

Exit status: 1 where something that should be up is not, or nothing runs; 5 where no engine answers.";

#[derive(Serialize)]
struct Answer<'a> {
    project: &'a str,
    engine: Option<&'static str>,
    time: String,
    ok: bool,
    running: bool,
    services: &'a [Service],
}

/// Asks; says what it found, and whether that is well.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let selected = args.target.select(app)?;
    let mut checkup = Checkup::prepare(app, &selected, args.target.engine.engine, args.timeout)?;
    let is_ok = if args.watch { watch(ui, args, &mut checkup)? } else { once(ui, args, &mut checkup)? };
    if is_ok { Ok(()) } else { Err(Silent(FAILED).into()) }
}

fn once(ui: &Ui, args: &Args, checkup: &mut Checkup) -> Result<bool> {
    let report = checkup.run()?;
    if args.json {
        ui.json(&Answer::of(checkup, &report))?;
    } else if is_worth_a_table(checkup, &report) {
        table(ui, &report)?;
    } else {
        return Err(LifecycleError::NotRunning { name: checkup.name.clone() }.into());
    }
    Ok(report.is_ok())
}

/// The last round's answer.
fn watch(ui: &mut Ui, args: &Args, checkup: &mut Checkup) -> Result<bool> {
    let interrupts = Interrupts::listen()?;
    ui.speak_endlessly();
    let mut last = None;
    loop {
        let asked = checkup.run();
        // Ctrl-C has ended the engine's program too, and what it left half said counts for nothing.
        if interrupts.received().is_some() {
            return Ok(last.unwrap_or(false));
        }
        let report = asked?;
        if args.json {
            ui.json_line(&Answer::of(checkup, &report))?;
        } else {
            if !ui.clear()? && last.is_some() {
                ui.line("")?;
            }
            block(ui, args, checkup, &report)?;
        }
        last = Some(report.is_ok());
        if interrupts.wait(args.interval).is_some() {
            return Ok(report.is_ok());
        }
    }
}

fn block(ui: &Ui, args: &Args, checkup: &Checkup, report: &Report) -> Result<()> {
    let (name, now) = (&checkup.name, clock::rfc3339(clock::now()));
    ui.text_line(&format!("{name} at {now}, every {} s", args.interval.as_secs_f64()))?;
    match is_worth_a_table(checkup, report) {
        true => table(ui, report),
        false => ui.text_line(&format!("nothing of {name} runs")),
    }
}

/// Of a project without containers, the port alone tells.
fn is_worth_a_table(checkup: &Checkup, report: &Report) -> bool {
    report.is_running() || checkup.engine().is_none()
}

fn table(ui: &Ui, report: &Report) -> Result<()> {
    let rows = report.services.iter().flat_map(rows);
    ui.table(&["service", "state", "health", "port", "answer", "time", "cpu", "memory"], rows.collect())
}

/// A line for each port; what is of the service stands in the first.
fn rows(service: &Service) -> Vec<Vec<Cell>> {
    let mut ports: Vec<Vec<Cell>> = service.ports.iter().map(answer).collect();
    if ports.is_empty() {
        ports.push(vec![dash().into(); 3]);
    }
    let rows = ports.into_iter().enumerate().map(|(index, port)| match index {
        0 => [head(service), port, figures(service)].concat(),
        _ => [vec![Cell::default(); 3], port, vec![Cell::default(); 2]].concat(),
    });
    rows.collect()
}

/// Name, state and health.
fn head(service: &Service) -> Vec<Cell> {
    let health = service.health.map_or_else(dash, |health| health.as_str().to_owned());
    vec![service.service.clone().into(), state(service), health.into()]
}

/// What its containers use.
fn figures(service: &Service) -> Vec<Cell> {
    let cpu = service.cpu_percent.map_or_else(dash, |percent| format!("{percent:.1}%"));
    vec![cpu.into(), service.memory_bytes.map_or_else(dash, bytes).into()]
}

/// `running`, `exited (1), 2 of 3 run`, in the verdict's colour.
fn state(service: &Service) -> Cell {
    let (word, mut more) = match (service.state, service.exit_code) {
        (Some(state), Some(code)) => (state.as_str(), format!(" ({code})")),
        (Some(state), None) => (state.as_str(), String::new()),
        (None, _) if service.ports.is_empty() => ("missing", String::new()),
        // Not in a container: only its port tells.
        (None, _) => ("-", String::new()),
    };
    if service.containers > 1 {
        more += &format!(", {} of {} run", service.running, service.containers);
    }
    Cell::styled(paint(service.verdict), word, more)
}

/// Port, answer and time.
fn answer(port: &PortAnswer) -> Vec<Cell> {
    let place = match &port.address {
        Some(address) if address.contains(':') => format!("[{address}]:{}", port.port),
        Some(address) => format!("{address}:{}", port.port),
        None => port.port.to_string(),
    };
    let more = match (port.status, &port.detail) {
        (Some(status), _) => format!(" {status}"),
        (None, Some(detail)) => format!(": {detail}"),
        (None, None) => String::new(),
    };
    let time = port.milliseconds.map_or_else(dash, |time| format!("{time} ms"));
    vec![place.into(), Cell::styled(paint(port.verdict), port.answer, more), time.into()]
}

const fn paint(verdict: Verdict) -> Paint {
    match verdict {
        Verdict::Good => Paint::Good,
        Verdict::Done => Paint::Dim,
        Verdict::Starting => Paint::Attention,
        Verdict::Down | Verdict::Bad => Paint::Bad,
    }
}

/// A size as `docker stats` writes it.
fn bytes(size: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "a figure rounded for people anyway")]
    let mut size = size as f64;
    for unit in ["B", "KiB", "MiB"] {
        if size < 1024.0 {
            return format!("{size:.1} {unit}");
        }
        size /= 1024.0;
    }
    format!("{size:.1} GiB")
}

fn dash() -> String {
    "-".to_owned()
}

impl<'a> Answer<'a> {
    fn of(checkup: &'a Checkup, report: &'a Report) -> Answer<'a> {
        Answer {
            project: &checkup.name,
            engine: checkup.engine().map(|engine| engine.as_str()),
            time: clock::rfc3339(clock::now()),
            ok: report.is_ok(),
            running: report.is_running(),
            services: &report.services,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_people() {
        #[track_caller]
        fn check(size: u64, expected: &str) {
            assert_eq!(bytes(size), expected);
        }
        check(0, "0.0 B");
        check(1_023, "1023.0 B");
        check(1_536, "1.5 KiB");
        check(3 << 20, "3.0 MiB");
        check(5 << 40, "5120.0 GiB");
    }
}
