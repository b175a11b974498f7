//! `gantry cert setup` and `gantry cert trust`.

use anyhow::Result;
use serde::Serialize;

use super::{Stores, agrees, parse_stores, projects, tell};
use crate::app::App;
use crate::certs::{self, CertsError, Effort, Plan, Store};
use crate::cli::ui::Ui;
use crate::model::DomainName;
use crate::sys::signals::Interrupts;

/// Make a CA where there is none, have this machine trust it, and issue the projects' certificates
///
/// Shows which trust stores it changes, and how, before it does. Where one of them fails, those before it are put back.
/// A second run changes what is still missing, and takes a CA that has replaced the one before it. The CA stays the one
/// that was set up, whatever CAROOT says in another shell.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    how: How,
}

/// Have stores trust the CA that do not
///
/// A browser's new profile, for one. `gantry cert setup` comes first.
#[derive(Debug, clap::Args)]
pub struct TrustArgs {
    #[command(flatten)]
    how: How,
}

#[derive(Debug, clap::Args)]
struct How {
    /// The stores to change: system, nss (Firefox and Chromium), java, or none; by default those that are there
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

const EXAMPLES: &str = "\
Examples:
  gantry cert setup
  gantry cert setup --stores nss --yes      # browsers alone; needs no sudo
  gantry cert setup --stores none           # certificates that nothing trusts yet

Exit status: 1 where a store refuses, 5 where mkcert is missing.";

#[derive(Serialize)]
struct Answer<'a> {
    dry_run: bool,
    #[serde(flatten)]
    plan: &'a Plan,
    /// The projects that have certificates now.
    certificates: Vec<DomainName>,
}

pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let projects = projects(app)?;
    change(ui, &args.how, certs::plan_setup, "Set certificates up?", &projects)
}

pub fn run_trust(ui: &mut Ui, args: &TrustArgs) -> Result<()> {
    if !certs::is_set_up()? {
        return Err(CertsError::NotSetUp.into());
    }
    change(ui, &args.how, certs::plan_trust, "Have them trust the CA?", &[])
}

fn change(
    ui: &Ui,
    how: &How,
    plan: fn(Option<&[Store]>) -> Result<Plan, CertsError>,
    question: &str,
    projects: &[(DomainName, Vec<String>)],
) -> Result<()> {
    let plan = plan(how.stores.as_ref().map(|stores| stores.0.as_slice()))?;
    tell(ui, &plan, if how.dry_run { "would" } else { "to" });
    let mut certificates = Vec::new();
    if !how.dry_run {
        // From here on Ctrl-C ends what changes a store, and what was changed is put back.
        let interrupts = Interrupts::listen()?;
        if !agrees(ui, &plan, how.yes, question, &interrupts)? {
            return Ok(());
        }
        certs::trust(&plan, &interrupts)?;
        for (domain, names) in projects {
            if let Some(signal) = interrupts.received() {
                return Err(CertsError::Interrupted { signal, left: Vec::new() }.into());
            }
            if let Some(error) = certs::ensure(domain, names, Effort::Full)?.problem {
                return Err(error.into());
            }
            certificates.push(domain.clone());
        }
    }
    if how.json {
        return ui.json(&Answer { dry_run: how.dry_run, plan: &plan, certificates });
    }
    let authority = if how.dry_run { None } else { Some(certs::authority_info()?) };
    for mend in authority.iter().filter_map(|authority| authority.mend.as_ref()) {
        let state = authority.as_ref().map_or("", |authority| authority.state.describe());
        ui.warn(&format!("the CA: {state}; {mend}"));
    }
    match (how.dry_run, plan.changes.as_slice()) {
        (true, _) => ui.note("a dry run: nothing was changed"),
        (false, []) => ui.note("certificates are set up; no trust store had to be changed"),
        (false, changes) => {
            let stores: Vec<&str> = changes.iter().map(|change| change.store.as_str()).collect();
            ui.note(&format!("certificates are set up; the CA is trusted now by: {}", stores.join(", ")));
        }
    }
    if !certificates.is_empty() {
        let domains: Vec<String> = certificates.iter().map(ToString::to_string).collect();
        ui.note(&format!("certificates for {}", domains.join(", ")));
    }
    Ok(())
}
