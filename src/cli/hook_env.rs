//! `gantry hook-env`: what the shell hooks evaluate at each prompt. Hidden: only the scripts in `shell/` call it.

use std::collections::BTreeMap;

use anyhow::Result;

use super::ui::Ui;
use crate::app::App;
use crate::config;
use crate::context::{hash_of, sibling_identity};
use crate::exports::{ResolveOptions, resolve};
use crate::resolve::judge;
use crate::shell::{Shell, VariableName, hook_env};
use crate::sys::{env, files};

/// Print what changes for the shell at this prompt
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The shell that evaluates it
    #[arg(long, value_name = "SHELL", value_parser = parse_shell)]
    shell: Shell,
}

fn parse_shell(text: &str) -> Result<Shell, String> {
    text.parse().map_err(|error: crate::shell::FormatUnknown| error.to_string())
}

/// Prints the change, or nothing. Failures are not told: a prompt is no place to repeat them, `gantry export` is.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    if is_others() {
        return Ok(());
    }
    let resolution = if is_project(app).unwrap_or(true) {
        resolve(app, ResolveOptions { auto: true, remap: true, certs: false }).ok()
    } else {
        None
    };
    let wanted = match resolution {
        // Half an answer must not take variables away. Those of the checkout that the user came from must go.
        Some(it) if it.variables.is_empty() && !it.failures.is_empty() && shell_is_of(app) => return Ok(()),
        Some(resolution) => resolution.variables,
        None => BTreeMap::new(),
    };
    ui.data(hook_env(args.shell, &wanted, env::raw_var).as_bytes())
}

/// Whether the shell has the variables of this checkout's context.
fn shell_is_of(app: &App) -> bool {
    let Ok(context) = app.context() else { return false };
    let hash = env::raw_var(VariableName::GANTRY_CONTEXT.as_str());
    [hash_of(&context.identity), hash_of(&sibling_identity(context))]
        .iter()
        .any(|it| Some(it.as_str()) == hash.as_deref())
}

/// Whether direnv has set the variables here: two that set and unset them would get into each other's way.
fn is_others() -> bool {
    let is_set = |name: VariableName| env::raw_var(name.as_str()).is_some();
    is_set(VariableName::GANTRY_CONTEXT) && !is_set(VariableName::GANTRY_HOOK) && env::var("DIRENV_DIR").is_some()
}

/// Whether the directory asks for ports: not every directory that somebody walks through becomes a context.
fn is_project(app: &mut App) -> Result<bool> {
    let context = app.context()?.clone();
    if files::is_file(&context.root.join(config::FILE_NAME))
        || app.project().map_or(true, |project| !project.files.is_empty())
    {
        return Ok(true);
    }
    let Some(registry) = app.existing_registry()? else { return Ok(false) };
    registry.read(|reader| Ok(judge(reader, &context)?.row().is_some()))
}
