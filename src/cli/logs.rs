//! `gantry logs`.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::failure::{Refused, Silent};
use super::target::{EngineArg, select_before};
use super::ui::Ui;
use crate::app::App;
use crate::lifecycle::{LifecycleError, Stage};
use crate::logs::{Filter, Form, Formatter, Level, Line, Moment, Pattern, pattern};
use crate::project::Selected;
use crate::resolve::nearest_of;
use crate::shell::quote_posix;
use crate::sys::child::is_forsaken;
use crate::sys::draft::Draft;
use crate::sys::signals::Interrupts;
use crate::tail::{self, Event, Request};

/// Show what a project's containers have written, in order of time
///
/// Works with every engine alike, also for containers that have ended, and without the compose file. With --follow
/// containers that come or run again are followed too, until Ctrl-C or until nothing of the project runs.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = "gantry logs [OPTIONS] [HOSTNAME] [SERVICE]...")]
pub struct Args {
    /// Services, by default all; a hostname before them names the project
    #[arg(value_name = "SERVICE")]
    words: Vec<String>,
    /// Show also what comes from now on
    #[arg(short, long, conflicts_with = "until")]
    follow: bool,
    /// The last N lines of each container, before --level and --grep
    #[arg(short = 'n', long, value_name = "N")]
    tail: Option<u64>,
    /// Lines since then: 1h30m, 2d, 2026-11-21T08:00:00Z
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Lines until then, written like --since
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// Lines of this level and graver ones, with their stack traces: trace, debug, info, warn, error or fatal
    #[arg(long, value_name = "LEVEL")]
    level: Option<Level>,
    /// Lines that match the regular expression; (?i) before it ignores case
    #[arg(long, value_name = "REGEX", value_parser = pattern)]
    grep: Option<Pattern>,
    /// Show when each line was written
    #[arg(short, long)]
    timestamps: bool,
    /// Write the lines to a file, byte for byte
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Let --export replace a file
    #[arg(long, requires = "export")]
    force: bool,
    /// Print JSON, one object a line
    #[arg(long)]
    json: bool,
    /// The project, where its name is a service's too
    #[arg(short, long, value_name = "HOSTNAME")]
    project: Option<String>,
    #[command(flatten)]
    engine: EngineArg,
}

const EXAMPLES: &str = "\
Examples:
  gantry logs -f
  gantry logs shop web --since 1h --level error
  gantry logs --grep '(?i)timeout' --json | jq -r .text
  gantry logs --since 2d --export shop.log";

/// Bytes that are gathered before they are written.
const PIECE: usize = 64 * 1024;

/// Where the lines go.
enum Target<'a> {
    Stdout(&'a Ui),
    File(Draft, &'a Path),
}

/// Lines on their way.
struct Output<'a> {
    target: Target<'a>,
    filter: Filter,
    formatter: Formatter,
    gathered: Vec<u8>,
    count: u64,
}

/// Asks the engine; changes nothing but the file that --export names.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let (selected, services) = select_before(app, args.project.as_deref(), &args.words)?;
    let stage = Stage::open(app, &selected, args.engine.engine)?;
    require_services(app, &selected, stage.as_ref(), services)?;
    let Some(stage) = stage.filter(|stage| !stage.containers.is_empty()) else {
        ui.note(&format!("{} has no containers; `gantry start` makes them", selected.name));
        return Ok(());
    };
    let interrupts = Interrupts::listen()?;
    let mut output = Output::new(ui, args, &stage)?;
    let request = Request {
        services: services.to_vec(),
        tail: args.tail,
        since: args.since.clone(),
        until: args.until.clone(),
        follow: args.follow,
    };
    let is_forsaken = || args.export.is_none() && is_forsaken(&io::stdout());
    let is_over = || interrupts.received().is_some() || is_forsaken();
    tail::tail(stage, &request, &mut |event| output.tell(ui, event), &is_over)?;
    match interrupts.received() {
        // Ctrl-C is how following ends; what is cut short is an end of another kind.
        Some(signal) if !(args.follow && signal == 2) => {
            Err(Silent(u8::try_from(128 + signal).unwrap_or(super::failure::FAILED)).into())
        }
        _ => output.finish(ui),
    }
}

/// # Errors
/// One of the services is neither among the containers nor in the compose file.
fn require_services(app: &App, selected: &Selected, stage: Option<&Stage>, services: &[String]) -> Result<()> {
    let there = stage.map(|stage| stage.containers.as_slice()).unwrap_or_default();
    let mut known: BTreeSet<String> = there.iter().map(|container| container.service.clone()).collect();
    if services.iter().all(|service| known.contains(service)) {
        return Ok(());
    }
    // The containers are enough where the compose file is gone or broken.
    if let Ok(project) = app.project() {
        known.extend(project.services.iter().map(ToString::to_string));
    }
    let Some(unknown) = services.iter().find(|service| !known.contains(*service)) else { return Ok(()) };
    let nearest = nearest_of(unknown, known.into_iter());
    Err(LifecycleError::NoSuchService { name: selected.name.clone(), service: unknown.clone(), nearest }.into())
}

impl<'a> Output<'a> {
    fn new(ui: &'a Ui, args: &'a Args, stage: &Stage) -> Result<Output<'a>> {
        let target = match &args.export {
            Some(path) => Target::File(begin(path, args)?, path),
            None => Target::Stdout(ui),
        };
        let form = match args.export {
            _ if args.json => Form::Json,
            Some(_) => Form::Raw,
            None => Form::Person { color: ui.colors_data() },
        };
        let widest = stage.containers.iter().filter(|it| args.words.is_empty() || args.words.contains(&it.service));
        let width = widest.map(|container| container.service.len()).max().unwrap_or(0);
        let formatter = Formatter::new(form, args.timestamps, width);
        let filter = Filter { level: args.level, grep: args.grep.clone() };
        Ok(Output { target, filter, formatter, gathered: Vec::new(), count: 0 })
    }

    fn tell(&mut self, ui: &Ui, event: Event<'_>) -> Result<()> {
        match event {
            Event::Line(line, level) => return self.line(line, level),
            Event::Pause => return self.write(),
            Event::Note(text) => {
                self.write()?;
                ui.note(text);
            }
            Event::Warning(text) => {
                self.write()?;
                ui.warn(text);
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &Line, level: Option<Level>) -> Result<()> {
        if self.filter.keeps(line, level) {
            self.count += 1;
            self.formatter.append(&mut self.gathered, line, level);
        }
        if self.gathered.len() >= PIECE { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        match &mut self.target {
            Target::Stdout(ui) => ui.stream(&self.gathered)?,
            Target::File(draft, path) => draft.write_all(&self.gathered).with_context(|| unwritable(path))?,
        }
        self.gathered.clear();
        Ok(())
    }

    fn finish(mut self, ui: &Ui) -> Result<()> {
        self.write()?;
        if let Target::File(draft, path) = self.target {
            draft.finish().map_err(|error| refusal(path, error))?;
            let lines = if self.count == 1 { "line" } else { "lines" };
            ui.note(&format!("wrote {} {lines} to {}", self.count, path.display()));
        }
        Ok(())
    }
}

fn begin(path: &Path, args: &Args) -> Result<Draft> {
    Draft::begin(path, args.force, args.follow).map_err(|error| refusal(path, error))
}

fn refusal(path: &Path, error: io::Error) -> anyhow::Error {
    if error.kind() == ErrorKind::AlreadyExists {
        let message = format!("{} is there already", path.display());
        let hint = format!("--force replaces it; so does `rm {}` first", quote_posix(&path.display().to_string()));
        return Refused { message, hint }.into();
    }
    anyhow::Error::from(error).context(unwritable(path))
}

fn unwritable(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}
