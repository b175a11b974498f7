//! `gantry trust`.

use anyhow::Result;
use serde::Serialize;

use super::failure::NotFound;
use super::ui::Ui;
use crate::app::App;
use crate::config::FILE_NAME;
use crate::lifecycle::{distrust, trust};
use crate::project::select;

/// Let the hooks of this project's gantry.yml run
///
/// They are commands of whoever wrote the repository: read them first. A file that has changed since has to be trusted
/// anew.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The project; by default the one of the current directory, registered or not
    hostname: Option<String>,
    /// Trust them no more
    #[arg(long)]
    revoke: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  cat gantry.yml && gantry trust
  gantry trust --revoke";

#[derive(Serialize)]
struct Answer {
    file: String,
    /// What may run from now on.
    hooks: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    hook: &'static str,
    commands: Vec<String>,
}

/// Trusts the file as it is now, and shows what may run.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    select(app, args.hostname.as_deref())?;
    if args.revoke {
        let was_trusted = distrust(app)?;
        ui.note(if was_trusted { "its hooks do not run any more" } else { "its hooks were not trusted" });
        let file = app.context()?.root.join(FILE_NAME).display().to_string();
        return if args.json { ui.json(&Answer { file, hooks: Vec::new() }) } else { Ok(()) };
    }
    let Some(trusted) = trust(app)? else {
        let message = format!("{} has no hooks", app.context()?.root.display());
        let hint = "`hooks:` in gantry.yml names them: pre_start, post_start, pre_stop, post_stop".to_owned();
        return Err(NotFound { message, hint }.into());
    };
    let file = trusted.file.display().to_string();
    if args.json {
        let hooks = trusted.hooks.into_iter().map(|(hook, commands)| Row { hook, commands });
        return ui.json(&Answer { file, hooks: hooks.collect() });
    }
    for (hook, commands) in &trusted.hooks {
        commands.iter().try_for_each(|command| ui.text_line(&format!("{hook}: {command}")))?;
    }
    ui.note(&format!("trusted {file} as it is now"));
    Ok(())
}
