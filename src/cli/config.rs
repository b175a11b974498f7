//! `gantry config`.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use super::failure::{NotFound, Usage};
use super::project::Row;
use super::ui::Ui;
use crate::allocator::default_range;
use crate::app::App;
use crate::model::{Kind, Port, PortRange};
use crate::project::{SETTINGS, apply_settings, http_port, parse_settings, project_here, select_registered};
use crate::registry::{ProjectRow, Registry, ranges, reserves};

/// Show or change a project's settings, the ranges that ports come from, and the ports to keep out of
///
/// Ranges and reserves hold for every project of this user; what is booked already stays. In a project's directory the
/// project comes first. Its settings are directory (where its commands run), http_port, http_service (SERVICE or
/// SERVICE:CONTAINER_PORT) and path (for a project that was moved); the hostname stays as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The project; by default the one of the current directory
    #[arg(conflicts_with_all = RANGES)]
    hostname: Option<String>,
    /// Change a setting of the project
    #[arg(long, value_name = "KEY=VALUE", conflicts_with_all = RANGES)]
    set: Vec<String>,
    /// Show the settings; the default
    #[arg(long)]
    show: bool,
    /// Where a service, or a kind of service, looks for ports; `default` is where the others look
    #[arg(long, value_name = "SERVICE:START-END")]
    set_range: Vec<String>,
    /// Go back to the default range
    #[arg(long, value_name = "SERVICE")]
    unset_range: Vec<String>,
    /// Never choose these ports; one that is asked for by number is still given
    #[arg(long, value_name = "PORT[-PORT]")]
    reserve: Vec<PortRange>,
    /// Take a reserve back
    #[arg(long, value_name = "PORT[-PORT]")]
    unreserve: Vec<PortRange>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What belongs to no project.
const RANGES: [&str; 4] = ["set_range", "unset_range", "reserve", "unreserve"];

const EXAMPLES: &str = "\
Examples:
  gantry config
  gantry config --set-range postgres:6000-6099 --set-range mailpit:8025-8050
  gantry config --reserve 8080 --reserve 9000-9010
  gantry config shop --set http_port=5050 --set directory=backend
  gantry config shop --set path=../moved/shop

Exit status: 3 where there is no such project, 4 where the HTTP port is taken.";

#[derive(Serialize)]
struct Answer {
    registry: String,
    ranges: BTreeMap<String, Range>,
    reserves: Vec<Reserve>,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<Row>,
}

#[derive(Serialize)]
struct Range {
    start: Port,
    end: Port,
    is_default: bool,
}

#[derive(Serialize)]
struct Reserve {
    start: Port,
    end: Port,
}

/// Changes everything that was asked for in one transaction, or nothing; shows where nothing was asked.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let set_ranges: Vec<(&str, PortRange)> =
        args.set_range.iter().map(|text| parse_range(text)).collect::<Result<_>>()?;
    let of_ranges = set_ranges.len() + args.unset_range.len() + args.reserve.len() + args.unreserve.len();
    let project = project(app, args)?;
    if of_ranges > 0 {
        change(app.registry()?, args, &set_ranges)?;
    }
    let changes = of_ranges + args.set.len();
    if changes > 0 {
        ui.note(&format!("{changes} setting{} changed", if changes == 1 { "" } else { "s" }));
    }
    if changes == 0 || args.show || args.json { show(app, ui, args, project.as_ref()) } else { Ok(()) }
}

/// The project that is meant, changed where that was asked; `None` outside any.
fn project(app: &mut App, args: &Args) -> Result<Option<ProjectRow>> {
    if args.hostname.is_none() && args.set.is_empty() {
        // Wherever that cannot be told there are ranges all the same.
        return Ok(project_here(app).unwrap_or_default());
    }
    let set: Vec<(&str, &str)> = args.set.iter().map(|text| parse_setting(text)).collect::<Result<_>>()?;
    let project = select_registered(app, args.hostname.as_deref())?;
    if set.is_empty() {
        return Ok(Some(project));
    }
    let settings = parse_settings(&project, &set)?;
    apply_settings(app, &project, &settings).map(Some)
}

fn parse_setting(text: &str) -> Result<(&str, &str)> {
    text.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
        let message = format!("`{}` names no setting and value", text.escape_debug());
        let keys = SETTINGS.join(", ");
        let hint = format!("write it as KEY=VALUE, for example http_port=5050; the settings are {keys}");
        Usage { message, hint }.into()
    })
}

fn change(registry: &mut Registry, args: &Args, set_ranges: &[(&str, PortRange)]) -> Result<()> {
    registry.write(|writer| {
        for &(service, range) in set_ranges {
            ranges::set(writer, service, range)?;
        }
        for service in &args.unset_range {
            if !ranges::unset(writer, canonical(service))? {
                return Err(absent(&format!("no range was set for `{}`", service.escape_debug())));
            }
        }
        for &range in &args.reserve {
            reserves::insert(writer, range)?;
        }
        for &range in &args.unreserve {
            if !reserves::delete(writer, range)? {
                return Err(absent(&format!("{range} is not reserved")));
            }
        }
        Ok(())
    })
}

fn absent(message: &str) -> anyhow::Error {
    NotFound { message: message.to_owned(), hint: "`gantry config` lists what is set; nothing was changed".to_owned() }
        .into()
}

fn parse_range(text: &str) -> Result<(&str, PortRange)> {
    let hint = "write it as SERVICE:START-END, for example postgres:6000-6099".to_owned();
    let Some((service, range)) = text.rsplit_once(':').filter(|(service, _)| !service.is_empty()) else {
        return Err(Usage { message: format!("`{}` names no service and range", text.escape_debug()), hint }.into());
    };
    match range.parse() {
        Ok(range) => Ok((canonical(service), range)),
        Err(error) => Err(Usage { message: format!("--set-range {service}: {error}"), hint }.into()),
    }
}

/// `postgresql` is another word for the kind `postgres`.
fn canonical(service: &str) -> &str {
    Kind::by_name(service).map_or(service, |kind| kind_name(&kind))
}

fn kind_name(kind: &Kind) -> &'static str {
    Kind::ALL.iter().find(|known| *known == kind).map_or("default", Kind::as_str)
}

fn show(app: &mut App, ui: &Ui, args: &Args, project: Option<&ProjectRow>) -> Result<()> {
    // A project that cannot be read has no port to tell.
    let project = project.map(|project| {
        let port = http_port(app, project).ok().flatten();
        Row::of(project, port.map(|row| row.port), None)
    });
    if !args.json
        && let Some(row) = &project
    {
        ui.table(&["setting", "value"], row.fields())?;
        if args.hostname.is_some() {
            return Ok(());
        }
        ui.line("")?;
    }
    let registry = app.registry_path()?.display().to_string();
    let (set, reserves) = match app.existing_registry()? {
        Some(registry) => (registry.read(ranges::all)?, registry.read(reserves::all)?),
        None => (Vec::new(), Vec::new()),
    };
    let defaults = Kind::ALL.iter().map(|kind| (kind.as_str().to_owned(), Range::of(default_range(kind), true)));
    let mut ranges: BTreeMap<String, Range> = defaults.collect();
    ranges.extend(set.into_iter().map(|(name, range)| (name, Range::of(range, false))));
    if args.json {
        let reserves = reserves.into_iter().map(|it| Reserve { start: it.start, end: it.end }).collect();
        return ui.json(&Answer { registry, ranges, reserves, project });
    }
    let mut rows: Vec<Vec<String>> = ranges
        .into_iter()
        .map(|(name, range)| {
            let origin = if range.is_default { "default" } else { "set" };
            vec![name, format!("{}-{}", range.start, range.end), origin.to_owned()]
        })
        .collect();
    rows.extend(reserves.iter().map(|range| vec!["-".to_owned(), range.to_string(), "reserved".to_owned()]));
    ui.table(&["service", "ports", "origin"], rows)?;
    ui.note(&format!("the registry is {registry}"));
    Ok(())
}

impl Range {
    fn of(range: PortRange, is_default: bool) -> Range {
        Range { start: range.start, end: range.end, is_default }
    }
}
