//! `gantry cert untrust`.

use anyhow::Result;
use serde::Serialize;

use super::{Stores, agrees, parse_stores, tell};
use crate::certs::{self, Plan};
use crate::cli::ui::Ui;
use crate::sys::signals::Interrupts;

/// Take the CA out of the stores
///
/// And the CAs that it has replaced. The CA itself stays, and so do the certificates; browsers warn of them then. A store
/// that cannot be asked is told, and is an error where it was named.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The stores to change: system, nss (Firefox and Chromium), java; by default those that hold it
    #[arg(long, value_name = "LIST", value_parser = parse_stores)]
    stores: Option<Stores>,
    /// Show what would be changed
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    dry_run: bool,
    #[serde(flatten)]
    plan: &'a Plan,
}

pub fn run(ui: &mut Ui, args: &Args) -> Result<()> {
    let plan = certs::plan_distrust(args.stores.as_ref().map(|stores| stores.0.as_slice()))?;
    tell(ui, &plan, if args.dry_run { "would" } else { "to" });
    if !args.dry_run {
        let interrupts = Interrupts::listen()?;
        if !agrees(ui, &plan, args.yes, "Take the CA out of them?", &interrupts)? {
            return Ok(());
        }
        certs::distrust(&plan, &interrupts)?;
    }
    if args.json {
        return ui.json(&Answer { dry_run: args.dry_run, plan: &plan });
    }
    match (args.dry_run, plan.changes.as_slice()) {
        (_, []) if plan.skipped.is_empty() => ui.note("no trust store holds the CA"),
        (_, []) => ui.note("no trust store that could be asked holds the CA"),
        (true, _) => ui.note("a dry run: nothing was changed"),
        (false, _) => ui.note("no store that was changed trusts the CA any more; the CA itself stays"),
    }
    Ok(())
}
