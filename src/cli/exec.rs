//! `gantry exec`.

use std::ffi::OsString;
use std::io;

use anyhow::Result;

use super::failure::{Failure, Silent, Usage};
use super::target::{EngineArg, select_before};
use super::ui::Ui;
use crate::app::App;
use crate::lifecycle::Stage;
use crate::sys::{env, process};

/// Run a command in a service's container
///
/// gantry becomes the engine's `exec`, so its signals and its exit status are the command's own. Of several containers
/// it is the first that runs, unless --index names another.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, override_usage = "gantry exec [OPTIONS] [HOSTNAME] <SERVICE> <CMD>...")]
pub struct Args {
    /// The service, then the command and its arguments; a hostname before them names the project
    #[arg(required = true, num_args = 1.., trailing_var_arg = true, allow_hyphen_values = true, value_name = "SERVICE CMD")]
    words: Vec<String>,
    /// Which of several containers, counted from 1
    #[arg(long, value_name = "N")]
    index: Option<u32>,
    /// The project, where its name is a service's too
    #[arg(short, long, value_name = "HOSTNAME")]
    project: Option<String>,
    #[command(flatten)]
    engine: EngineArg,
}

const EXAMPLES: &str = "\
Examples:
  gantry exec postgres psql -U postgres
  gantry exec shop web sh

Exit status: the command's; 3 where there is no such service.";

/// Becomes the engine's `exec`.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let (selected, words) = select_before(app, args.project.as_deref(), &args.words)?;
    let Some((service, command)) = words.split_first().filter(|(_, command)| !command.is_empty()) else {
        let message = "there is no command to run".to_owned();
        return Err(Usage { message, hint: "for example `gantry exec web sh`".to_owned() }.into());
    };
    let stage = Stage::require(app, &selected, args.engine.engine)?;
    let running = stage.running_of(service)?;
    let wanted = running.iter().find(|container| args.index.is_none_or(|index| container.number == index));
    let Some(container) = wanted else {
        let numbers: Vec<String> = running.iter().map(|container| container.number.to_string()).collect();
        let message = format!("{service} has no container {} that runs", args.index.unwrap_or_default());
        return Err(Usage { message, hint: format!("those that run are {}", numbers.join(", ")) }.into());
    };
    let is_terminal = env::is_terminal(&io::stdin()) && env::is_terminal(&io::stdout());
    let options: &[&str] = if is_terminal { &["exec", "--interactive", "--tty"] } else { &["exec", "--interactive"] };
    let own = options.iter().copied().chain([container.id.as_str()]).map(OsString::from);
    let arguments: Vec<OsString> = own.chain(command.iter().map(OsString::from)).collect();
    let error = process::exec(stage.engine.program().as_os_str(), &arguments, std::iter::empty());
    let message = format!("{} cannot be run: {error}", stage.engine.program().display());
    ui.fail(&Failure { kind: "failed", message, hint: None, exit: 126 });
    Err(Silent(126).into())
}
