//! `gantry run`.

use std::ffi::OsString;
use std::io;

use anyhow::Result;

use super::export;
use super::failure::{Failure, Silent};
use super::news::{self, News};
use super::ui::Ui;
use crate::app::App;
use crate::exports::{ResolveOptions, resolve};
use crate::shell::VariableName;
use crate::sys::process;

/// Run a command with the context's variables
///
/// Books first what has no port yet, as `gantry export --auto` does; where that fails, runs nothing. gantry becomes the
/// command, so its signals and its exit status are the command's own.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The command and its arguments
    #[arg(required = true, trailing_var_arg = true, value_name = "CMD")]
    command: Vec<OsString>,
}

const EXAMPLES: &str = "\
Examples:
  gantry run -- docker compose up -d
  gantry run -- sh -c 'psql -p \"$PG_PORT\"'

Exit status: the command's; 127 where there is no such command, 126 where it cannot be run.";

/// Runs nothing where a port is missing: the command would use somebody else's.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let resolution = resolve(app, ResolveOptions { auto: true, remap: true, certs: false })?;
    let set = resolution.variables.clone().into_iter().map(|(name, value)| (name, Some(value)));
    let unset = resolution.unset.clone().into_iter().map(|name| (name, None));
    let variables: Vec<(VariableName, Option<String>)> = set.chain(unset).collect();
    export::tell(ui, resolution)?;
    // Who becomes another program does nothing afterwards.
    news::tell(app, ui, News::Glance);
    let Some((program, rest)) = args.command.split_first() else { return Ok(()) };
    let error = process::exec(program, rest, variables.iter().map(|(name, value)| (name.as_str(), value.as_deref())));
    let exit = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
    let message = format!("{} cannot be run: {error}", program.to_string_lossy());
    ui.fail(&Failure { kind: "failed", message, hint: None, exit });
    Err(Silent(exit).into())
}
