//! `gantry book`.

use anyhow::Result;
use clap::builder::NonEmptyStringValueParser;
use serde::Serialize;

use super::failure::{CONFLICT, Failure, Silent};
use super::ui::Ui;
use crate::app::App;
use crate::model::{Port, ServiceName};
use crate::registry::Allocation;
use crate::resolve::{BookOptions, Booked, Discovery, book_project, book_service, discover};

/// Book a port for a service, whatever its name
///
/// The port is the one asked for with --port, else the one that the compose file prefers, else the first free one of
/// the service's range, else of the default range. A service that has a port already keeps it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = USAGE)]
pub struct Args {
    /// The service's name
    #[arg(required_unless_present = "auto", conflicts_with = "auto", value_parser = NonEmptyStringValueParser::new())]
    service: Option<String>,
    /// The port to have, where it is free
    #[arg(short, long, conflicts_with = "auto")]
    port: Option<Port>,
    /// Fail where the preferred port is taken, instead of taking the next
    #[arg(long, conflicts_with = "auto")]
    strict: bool,
    /// Book every service of the compose file
    #[arg(long)]
    auto: bool,
    /// Leave out the notes on stderr; errors are still told
    #[arg(short, long)]
    quiet: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const USAGE: &str = "gantry book [OPTIONS] <SERVICE>\n       gantry book [OPTIONS] --auto";

const EXAMPLES: &str = "\
Examples:
  gantry book mailpit                  # the first free port of its range
  gantry book web --port 3000 --strict # this one or none
  gantry book --auto                   # whatever the compose file publishes

Exit status: 4 where the port is taken (--strict) or the range is full.";

#[derive(Serialize)]
struct Answer<'a> {
    context: &'a str,
    allocations: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    service: &'a str,
    port: u16,
    container_port: Option<u16>,
    env_var: Option<&'a str>,
}

/// Books, says who had the preferred port, prints what was booked.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    ui.be_quiet(args.quiet);
    let discovery = discover(app)?;
    let service = args.service.as_deref().map(|name| service_of(&discovery, name));
    let booked = match &service {
        Some(service) => book_service(app, &discovery, service, BookOptions { port: args.port, strict: args.strict })?,
        None => book_project(app, &discovery)?,
    };
    for note in discovery.notes.iter().filter(|_| args.auto).chain(&booked.notes) {
        ui.note(&note.to_string());
    }
    print(ui, args, &booked, service.as_ref())?;
    if booked.exhausted.is_empty() {
        return Ok(());
    }
    for (service, exhausted) in booked.exhausted {
        ui.fail(&Failure::of(&anyhow::Error::from(exhausted).context(format!("{service} gets no port"))));
    }
    Err(Silent(CONFLICT).into())
}

/// The service that the name means: `mq:5672` is `mq`, where the compose file has that.
fn service_of(discovery: &Discovery, name: &str) -> ServiceName {
    let face = discovery.slots.iter().find_map(|slot| slot.face_called(name));
    face.map_or_else(|| ServiceName::new(name), |face| face.service.clone())
}

fn print(ui: &Ui, args: &Args, booked: &Booked, service: Option<&ServiceName>) -> Result<()> {
    let is_wanted = |row: &&Allocation| service.is_none_or(|service| row.service == *service);
    let rows: Vec<&Allocation> = booked.allocations.iter().filter(is_wanted).collect();
    if args.json {
        let allocations = rows.iter().map(|row| Row::of(row)).collect();
        return ui.json(&Answer { context: booked.held.hash.as_str(), allocations });
    }
    for row in &rows {
        let is_several = rows.iter().filter(|other| other.service == row.service).count() > 1;
        match (service, row.container_port.filter(|_| is_several)) {
            (Some(_), _) => ui.line(&row.port.to_string())?,
            // As `gantry get` takes it.
            (None, Some(port)) => ui.text_line(&format!("{}:{port} {}", row.service, row.port))?,
            (None, None) => ui.text_line(&format!("{} {}", row.service, row.port))?,
        }
    }
    Ok(())
}

impl Row<'_> {
    fn of(row: &Allocation) -> Row<'_> {
        Row {
            service: row.service.as_str(),
            port: row.port.number(),
            container_port: row.container_port.map(Port::number),
            env_var: row.variable.as_deref(),
        }
    }
}
