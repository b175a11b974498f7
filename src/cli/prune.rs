//! `gantry prune`.

use anyhow::Result;
use serde::Serialize;

use super::failure::NotFound;
use super::ui::Ui;
use crate::app::App;
use crate::prune::{self, Plan, PruneOptions, Reason, Removal};
use crate::registry::pruned::Restored;

/// Give back the ports of checkouts and branches that are gone
///
/// Gone is a checkout whose directory is not there or holds another project by now, and a branch that its repository
/// does not have any more. A port on which somebody listens stays, unless forced. Asks on a terminal, never elsewhere:
/// made for cron. A disk that is not mounted looks gone too: --undo puts its ports back.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only print what would be given back
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Also contexts that were not used for so many days
    #[arg(long, value_name = "DAYS")]
    stale: Option<u32>,
    /// Also ports on which somebody listens; does not ask
    #[arg(short, long)]
    force: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Put back what the last prune removed; that works once
    #[arg(long, conflicts_with_all = ["dry_run", "stale", "force"])]
    undo: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry prune -n
  17 4 * * *  $HOME/.cargo/bin/gantry prune --stale 90     # in a crontab: cron knows no PATH of yours
  gantry prune --undo

Exit status: 3 where --undo finds nothing to put back.";

#[derive(Serialize)]
struct Answer {
    dry_run: bool,
    pruned: Vec<Row>,
    kept: Vec<Row>,
}

#[derive(Serialize)]
struct Undone {
    restored: Vec<Row>,
    lost: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    label: String,
    service: Option<String>,
    port: Option<u16>,
    reason: String,
}

/// Plans, asks, removes; or puts back.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    if args.undo {
        return undo(app, ui, args);
    }
    let options = PruneOptions { stale_days: args.stale, force: args.force };
    let mut plan = prune::plan(app, options)?;
    if !args.dry_run {
        if !args.yes && !args.force && !plan.removals.is_empty() && ui.can_ask() {
            plan.removals.iter().flat_map(rows_of).for_each(|row| ui.note(&format!("{}; {}", row.text(), row.reason)));
            if !ui.confirm(&format!("Give back {}?", count(&plan)))? {
                ui.note("nothing was given back");
                return Ok(());
            }
        }
        plan = prune::apply(app, &plan, options)?;
    }
    print(ui, args, &plan)
}

fn print(ui: &Ui, args: &Args, plan: &Plan) -> Result<()> {
    let pruned: Vec<Row> = plan.removals.iter().flat_map(rows_of).collect();
    let kept: Vec<Row> = plan
        .kept
        .iter()
        .map(|(label, row)| Row {
            label: label.clone(),
            service: Some(row.service.as_str().to_owned()),
            port: Some(row.port.number()),
            reason: "somebody listens on it".to_owned(),
        })
        .collect();
    if args.json {
        return ui.json(&Answer { dry_run: args.dry_run, pruned, kept });
    }
    for row in &pruned {
        ui.text_line(&row.text())?;
    }
    for removal in &plan.removals {
        ui.note(&format!("{}: {}", removal.context.label, reason_of(removal)));
    }
    for row in &kept {
        ui.note(&format!("kept {}: {}; --force gives it back", row.text(), row.reason));
    }
    match (pruned.is_empty(), args.dry_run) {
        (true, _) => ui.note("nothing to give back"),
        (false, true) => ui.note(&format!("a dry run: nothing was changed; `gantry prune{}` does it", flags(args))),
        (false, false) => ui.note(&format!("gave back {}; `gantry prune --undo` puts it back", count(plan))),
    }
    Ok(())
}

fn undo(app: &mut App, ui: &Ui, args: &Args) -> Result<()> {
    let (restored, lost): (Vec<_>, Vec<_>) = prune::undo(app)?.into_iter().partition(|restored| restored.back);
    if restored.is_empty() && lost.is_empty() {
        let message = "nothing was pruned, or it was put back already".to_owned();
        return Err(NotFound { message, hint: "only the last prune can be undone, and once".to_owned() }.into());
    }
    if args.json {
        let rows =
            |restored: Vec<Restored>, reason: &str| restored.into_iter().map(|it| Row::restored(it, reason)).collect();
        return ui.json(&Undone { restored: rows(restored, "put back"), lost: rows(lost, "taken meanwhile") });
    }
    for row in restored {
        ui.text_line(&Row::restored(row, "put back").text())?;
    }
    for row in lost {
        ui.warn(&format!("not put back, taken meanwhile: {}", Row::restored(row, "taken meanwhile").text()));
    }
    Ok(())
}

/// The flags that the real run needs besides.
fn flags(args: &Args) -> String {
    let stale = args.stale.map(|days| format!(" --stale {days}")).unwrap_or_default();
    let force = if args.force { " --force" } else { "" };
    format!("{stale}{force}")
}

fn count(plan: &Plan) -> String {
    let ports: usize = plan.removals.iter().map(|removal| removal.allocations.len()).sum();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let contexts = plan.removals.len();
    format!("{ports} port{} of {contexts} context{}", plural(ports), plural(contexts))
}

fn reason_of(removal: &Removal) -> String {
    match removal.reason {
        Reason::PathGone => format!("{} is gone", removal.context.path.display()),
        Reason::OtherProject => format!("{} is another project by now", removal.context.path.display()),
        Reason::BranchGone => format!("the branch {} is gone", removal.context.branch.as_deref().unwrap_or("-")),
        Reason::Unused { days } => format!("not used for {days} days"),
    }
}

fn rows_of(removal: &Removal) -> Vec<Row> {
    let reason = reason_of(removal);
    let row = |service, port| Row { label: removal.context.label.clone(), service, port, reason: reason.clone() };
    if removal.allocations.is_empty() {
        return vec![row(None, None)];
    }
    removal.allocations.iter().map(|it| row(Some(it.service.as_str().to_owned()), Some(it.port.number()))).collect()
}

impl Row {
    fn restored(restored: Restored, reason: &str) -> Row {
        Row {
            label: restored.label,
            service: Some(restored.service),
            port: Some(restored.port.number()),
            reason: reason.to_owned(),
        }
    }

    fn text(&self) -> String {
        match (&self.service, self.port) {
            (Some(service), Some(port)) => format!("{}: {service} ({port})", self.label),
            _ => format!("{}: no ports", self.label),
        }
    }
}
