//! `gantry stop-all`.

use anyhow::Result;

use super::progress::Progress;
use super::target::StopArgs;
use super::ui::Ui;
use crate::app::App;
use crate::engine::Container;
use crate::lifecycle::{self, ContextView, overview, stop_elsewhere};
use crate::project::select;
use crate::resolve::known;
use crate::sys::signals::Interrupts;

/// Stop everything that runs of gantry's contexts, whatever their branch
///
/// Containers that no context of gantry's has started are left alone. Asks on a terminal.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only print what would be stopped
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
  gantry stop-all -n
  gantry stop-all --yes --timeout 5";

/// Lists, asks, stops one after the other; one that cannot be stopped does not keep the others running.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let overview = overview(app)?;
    if let Some(error) = overview.failure {
        return Err(error);
    }
    if let Some(caveat) = overview.caveat() {
        ui.warn(&caveat);
    }
    let runs = |view: &ContextView| view.containers.iter().any(Container::is_running);
    let running: Vec<ContextView> = overview.contexts.into_iter().filter(runs).collect();
    if running.is_empty() {
        ui.note("nothing runs");
        return Ok(());
    }
    let is_asked = !args.yes && ui.can_ask();
    if args.dry_run || is_asked {
        running.iter().for_each(|view| ui.note(&format!("would stop {}", named(view))));
    }
    if args.dry_run || is_asked && !ui.confirm(&format!("Stop all {} of them?", running.len()))? {
        ui.note("nothing was stopped");
        return Ok(());
    }
    let interrupts = Interrupts::listen()?;
    let mut first = None;
    for view in running {
        match stop_one(app, ui, args, &view, &interrupts) {
            Ok(()) => ui.note(&format!("stopped {}", named(&view))),
            Err(error) if interrupts.received().is_some() => return Err(error),
            Err(error) => {
                ui.warn(&format!("{}: {error:#}", named(&view)));
                first.get_or_insert(error);
            }
        }
    }
    first.map_or(Ok(()), Err)
}

/// Two clones of one branch go by one label.
fn named(view: &ContextView) -> String {
    format!("{} ({})", view.context.label, view.context.path.display())
}

/// What its directory is now is stopped with everything that belongs to it; another branch's containers by themselves.
fn stop_one(app: &mut App, ui: &Ui, args: &Args, view: &ContextView, interrupts: &Interrupts) -> Result<()> {
    let options = args.stop.options(None);
    let mut progress = Progress::new(ui);
    let mut tell = |event: lifecycle::Event<'_>| progress.tell(event);
    app.enter(view.context.path.clone());
    let is_here = known(app).ok().flatten().and_then(|(claim, _)| claim.into_row());
    if is_here.is_some_and(|held| held.hash == view.context.hash) {
        let selected = select(app, None)?;
        return lifecycle::stop(app, &selected, options, &mut tell, interrupts).map(drop);
    }
    stop_elsewhere(view, args.stop.timeout, &mut tell, interrupts)
}
