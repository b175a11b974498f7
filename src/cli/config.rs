//! `gantry config`.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use super::failure::{NotFound, Usage};
use super::ui::Ui;
use crate::allocator::default_range;
use crate::app::App;
use crate::model::{Kind, Port, PortRange};
use crate::registry::{Registry, ranges, reserves};

/// Show or change the ranges that ports come from, and the ports to keep out of
///
/// They hold for every project of this user. What is booked already stays.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
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

const EXAMPLES: &str = "\
Examples:
  gantry config
  gantry config --set-range postgres:6000-6099 --set-range mailpit:8025-8050
  gantry config --reserve 8080 --reserve 9000-9010";

#[derive(Serialize)]
struct Answer {
    registry: String,
    ranges: BTreeMap<String, Range>,
    reserves: Vec<Reserve>,
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
    let changes = set_ranges.len() + args.unset_range.len() + args.reserve.len() + args.unreserve.len();
    if changes > 0 {
        change(app.registry()?, args, &set_ranges)?;
        ui.note(&format!("{changes} setting{} changed", if changes == 1 { "" } else { "s" }));
    }
    if changes == 0 || args.show || args.json { show(app, ui, args) } else { Ok(()) }
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

fn show(app: &mut App, ui: &Ui, args: &Args) -> Result<()> {
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
        return ui.json(&Answer { registry, ranges, reserves });
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
