//! `gantry down`.

use anyhow::Result;

use super::failure::Usage;
use super::progress::Progress;
use super::target::{StopArgs, Target, select_or_gone};
use super::ui::Ui;
use crate::app::App;
use crate::engine;
use crate::lifecycle::{self, DownOptions, Stage};
use crate::sys::signals::Interrupts;

/// Stop a project and remove its containers and networks; its ports stay booked
///
/// Volumes are data and stay, unless --volumes names them too: that asks on a terminal.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    target: Target,
    /// Remove the volumes too, and what is in them
    #[arg(long)]
    volumes: bool,
    /// Only print what would be removed
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long, visible_short_alias = 'f', visible_alias = "force")]
    yes: bool,
    #[command(flatten)]
    stop: StopArgs,
}

const EXAMPLES: &str = "\
Examples:
  gantry down
  gantry down shop --volumes -n";

/// Lists, asks where data is meant, removes.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let selected = select_or_gone(app, args.target.hostname.as_deref())?;
    let nothing = || format!("{} has no containers", selected.name);
    let Some(stage) = Stage::open(app, &selected, args.target.engine.engine)? else {
        ui.note(&nothing());
        return Ok(());
    };
    let volumes = if args.volumes { engine::volumes(&*stage.engine, &stage.compose_name)? } else { Vec::new() };
    if stage.containers.is_empty() && volumes.is_empty() && args.dry_run {
        ui.note(&nothing());
        return Ok(());
    }
    // Compose removes volumes without a name too, and nobody lists those.
    let is_data = args.volumes && !args.dry_run && !args.yes;
    let is_asked = is_data && ui.can_ask();
    if is_data && !is_asked {
        let message = "--volumes removes data, and nobody can be asked here".to_owned();
        return Err(Usage { message, hint: "--yes answers; --dry-run shows what would be removed".to_owned() }.into());
    }
    if args.dry_run || is_asked {
        stage.containers.iter().for_each(|it| ui.note(&format!("would remove the container {}", it.name)));
        volumes.iter().for_each(|name| ui.note(&format!("would remove the volume {name}, and what is in it")));
    }
    if args.dry_run || is_asked && !ui.confirm(&format!("Remove {} and its data?", selected.name))? {
        ui.note("nothing was removed");
        return Ok(());
    }
    let stop = args.stop.options(args.target.engine.engine);
    let options = DownOptions { stop, volumes: args.volumes };
    let interrupts = Interrupts::listen()?;
    let mut progress = Progress::new(ui);
    lifecycle::down(app, &selected, options, &mut |event| progress.tell(event), &interrupts)?;
    drop(progress);
    ui.note(&format!("{} is down", selected.name));
    Ok(())
}
