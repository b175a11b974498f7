//! `gantry export`.

use anyhow::Result;

use super::failure::{Failure, Silent};
use super::ui::Ui;
use crate::app::App;
use crate::exports::{Resolution, ResolveOptions, resolve};
use crate::shell::{Exports, Format};
use crate::sys::env;

/// Print the context's variables for a shell to evaluate
///
/// One variable for each port, COMPOSE_PROJECT_NAME and GANTRY_CONTEXT. Where something is wrong, what is known is still
/// printed, the error goes to stderr, and the exit status is not 0. Without --auto nothing is booked.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Book first what the compose file publishes and has no port yet
    #[arg(long)]
    auto: bool,
    /// Write no override, even where the compose file publishes other ports
    #[arg(long)]
    no_remap: bool,
    /// Lead Node and Python's requests to the CA of `gantry cert setup`, and what else does not trust it by itself
    #[arg(long)]
    certs: bool,
    /// The language to print
    #[arg(long, value_name = "FORMAT", default_value = "shell", value_parser = format_parser())]
    format: Format,
    /// Print JSON: the same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  eval \"$(gantry export --auto)\"                          # bash, zsh, dash; in .envrc
  gantry export --auto --format fish | source             # fish
  gantry export --auto --format json | from json | load-env  # nu
  gantry export --auto --format env > .env.ports          # a file for other programs";

/// The formats by name, so that completions know them.
pub(super) fn format_parser() -> impl clap::builder::TypedValueParser<Value = Format> {
    use clap::builder::TypedValueParser as _;
    clap::builder::PossibleValuesParser::new(Format::ALL.map(Format::as_str)).try_map(|name| name.parse::<Format>())
}

/// Prints what is known, then tells what was wrong.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let mut resolution = resolve(app, ResolveOptions { auto: args.auto, remap: !args.no_remap, certs: args.certs })?;
    let (unset, watched) = (std::mem::take(&mut resolution.unset), std::mem::take(&mut resolution.inputs));
    let variables = resolution.variables.clone();
    let format = if args.json { Format::Json } else { args.format };
    // direnv defines watch_file where it evaluates an .envrc; elsewhere the name may be anything.
    let under_direnv = env::var("DIRENV_IN_ENVRC").is_some();
    ui.data(&Exports { variables, unset, watched }.render(format, under_direnv))?;
    if resolution.variables.is_empty() && resolution.failures.is_empty() {
        ui.note("nothing is booked here; `gantry export --auto` books what the compose file publishes");
    }
    tell(ui, resolution)
}

/// Notes and failures on stderr; the first failure decides the exit status.
pub(super) fn tell(ui: &Ui, resolution: Resolution) -> Result<()> {
    for note in &resolution.notes {
        ui.note(&note.to_string());
    }
    let failures: Vec<Failure> = resolution.failures.iter().map(Failure::of).collect();
    for failure in &failures {
        ui.fail(failure);
    }
    match failures.first() {
        Some(failure) => Err(Silent(failure.exit).into()),
        None => Ok(()),
    }
}
