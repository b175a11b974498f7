//! `gantry pull`.

use anyhow::Result;

use super::progress::Progress;
use super::target::Target;
use super::ui::Ui;
use crate::app::App;
use crate::lifecycle::{self, Transfer};
use crate::sys::signals::Interrupts;

/// Fetch the images of a project's services
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    target: Target,
}

/// Runs `docker compose pull` with the context's variables.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let selected = args.target.select(app)?;
    let interrupts = Interrupts::listen()?;
    let mut progress = Progress::new(ui);
    let mut tell = |event: lifecycle::Event<'_>| progress.tell(event);
    lifecycle::transfer(app, &selected, Transfer::Pull, args.target.engine.engine, &mut tell, &interrupts)
}
