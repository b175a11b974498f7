//! The command line: one file a command, each with its documented arguments and a short `run`.
//!
//! Nothing here decides anything about ports: a command asks the verbs and puts their answer into words.

mod book;
mod completions;
mod config;
mod context;
mod discover;
mod export;
mod failure;
mod get;
mod hook;
mod hook_env;
mod init;
mod man;
mod overrides;
mod prune;
mod release;
mod run;
mod status;
mod ui;
mod which;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::app::App;
use crate::memo;
use failure::{Failure, Silent};
use ui::{Color, Ui};

/// Every checkout its own ports.
///
/// gantry gives each context (this repository, this branch) ports that nobody else on the machine has, finds them in
/// the compose file as it stands, and puts them into the shell.
#[derive(Debug, Parser)]
#[command(name = "gantry", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to colour: auto, always or never
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = true)]
    color: Color,
}

const EXAMPLES: &str = "\
Examples:
  echo 'eval \"$(gantry export --auto)\"' >> .envrc && direnv allow
  PGPORT=$(gantry get postgres -q)
  gantry status -a
  gantry prune -n

Exit status: 0 done, 1 failed, 2 wrong usage, 3 no such thing, 4 port conflict or range full,
5 a needed program or daemon is missing.";

#[derive(Debug, Subcommand)]
enum Command {
    Export(export::Args),
    Get(get::Args),
    Book(book::Args),
    Release(release::Args),
    Status(status::Args),
    Context(context::Args),
    Discover(discover::Args),
    Override(overrides::Args),
    #[command(visible_alias = "gc")]
    Prune(prune::Args),
    Which(which::Args),
    Run(run::Args),
    Init(init::Args),
    Hook(hook::Args),
    #[command(hide = true)]
    HookEnv(hook_env::Args),
    Config(config::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// Reads the command line, runs the command, tells what went wrong.
pub fn main(arguments: &[OsString]) -> ExitCode {
    let wants_json = arguments
        .iter()
        .take_while(|argument| *argument != "--" && *argument != "run")
        .any(|argument| argument == "--json");
    let matches = match command().color(color_of(arguments)).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return refuse(&error, wants_json),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, wants_json),
    };
    let mut ui = Ui::new(cli.color);
    ui.speak_json(wants_json);
    match cli.command.run(&mut App::default(), &mut ui) {
        Ok(()) => {
            memo::remember(arguments, &ui.into_said());
            ExitCode::SUCCESS
        }
        Err(error) if Failure::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => match error.downcast_ref::<Silent>() {
            Some(Silent(status)) => ExitCode::from(*status),
            None => {
                let failure = Failure::of(&error);
                ui.fail(&failure);
                ExitCode::from(failure.exit)
            }
        },
    }
}

/// What `--color` says, read ahead: the parser's own errors and its help follow it too.
fn color_of(arguments: &[OsString]) -> clap::ColorChoice {
    let options =
        || arguments.iter().take_while(|argument| *argument != "--" && *argument != "run").filter_map(|it| it.to_str());
    let apart = options().zip(options().skip(1)).filter(|(name, _)| *name == "--color").map(|(_, value)| value);
    match options().filter_map(|it| it.strip_prefix("--color=")).chain(apart).last() {
        Some("always") => clap::ColorChoice::Always,
        Some("never") => clap::ColorChoice::Never,
        _ => clap::ColorChoice::Auto,
    }
}

/// The whole tree of commands, as the completions and the man pages show it too.
pub fn command() -> clap::Command {
    Cli::command()
}

impl Command {
    fn run(self, app: &mut App, ui: &mut Ui) -> anyhow::Result<()> {
        match self {
            Command::Export(args) => export::run(app, ui, &args),
            Command::Get(args) => get::run(app, ui, &args),
            Command::Book(args) => book::run(app, ui, &args),
            Command::Release(args) => release::run(app, ui, &args),
            Command::Status(args) => status::run(app, ui, &args),
            Command::Context(args) => context::run(app, ui, &args),
            Command::Discover(args) => discover::run(app, ui, &args),
            Command::Override(args) => overrides::run(app, ui, &args),
            Command::Prune(args) => prune::run(app, ui, &args),
            Command::Which(args) => which::run(app, ui, &args),
            Command::Run(args) => run::run(app, ui, &args),
            Command::Init(args) => init::run(app, ui, &args),
            Command::Hook(args) => hook::run(ui, &args),
            Command::HookEnv(args) => hook_env::run(app, ui, &args),
            Command::Config(args) => config::run(app, ui, &args),
            Command::Completions(args) => completions::run(ui, &args),
            Command::Man(args) => man::run(ui, &args),
        }
    }
}

/// `--help` and `--version` come this way too.
fn refuse(error: &clap::Error, wants_json: bool) -> ExitCode {
    if error.use_stderr() && wants_json {
        let failure = Failure {
            kind: "usage",
            message: first_paragraph(&error.to_string()),
            hint: Some("`gantry help` lists the commands and their options".to_owned()),
            exit: failure::USAGE,
        };
        let mut ui = Ui::new(Color::Never);
        ui.speak_json(true);
        ui.fail(&failure);
        return ExitCode::from(failure.exit);
    }
    if let Err(gone) = error.print()
        && !error.use_stderr()
        && gone.kind() != std::io::ErrorKind::BrokenPipe
    {
        let failure = Failure::of(&anyhow::Error::from(gone).context("standard output cannot be written"));
        Ui::new(Color::Never).fail(&failure);
        return ExitCode::from(failure.exit);
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::USAGE))
}

/// clap's message on one line, without the usage that follows it: it names missing arguments below its first line.
fn first_paragraph(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let message = lines.join(" ");
    message.strip_prefix("error: ").unwrap_or(&message).to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_of_commands_is_sound() {
        super::command().debug_assert();
    }
}
