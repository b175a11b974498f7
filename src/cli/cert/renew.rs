//! `gantry cert renew`.

use anyhow::Result;
use serde::Serialize;

use super::{project, projects};
use crate::app::App;
use crate::certs::{self, Effort, IssueStatus};
use crate::cli::ui::Ui;

/// Issue a project's certificate anew
///
/// By the CA as it is today, also where it has replaced the one that was set up. A proxy that runs is told, and does so by
/// itself where a certificate ends within 30 days or lacks a name.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project; by default the one of the current directory
    hostname: Option<String>,
    /// Every project
    #[arg(long, conflicts_with = "hostname")]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    certificates: Vec<IssueStatus>,
}

pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let wanted = if args.all { projects(app)? } else { vec![project(app, args.hostname.as_deref())?] };
    let is_replaced = certs::is_replaced()?;
    let mut certificates = Vec::new();
    for (domain, names) in &wanted {
        certs::ensure(domain, names, Effort::Anew)?;
        certificates.push(certs::info(domain, names)?);
    }
    if is_replaced && !wanted.is_empty() {
        ui.warn(
            "the CA that has replaced the one before it counts from now on, for all projects; stores may not trust it yet: \
             `gantry cert trust`",
        );
    }
    if args.json {
        return ui.json(&Answer { certificates });
    }
    if certificates.is_empty() {
        ui.note("there is no project yet");
    }
    for (issue, certificate) in certificates.iter().filter_map(|issue| Some((issue, issue.certificate.as_ref()?))) {
        ui.note(&format!("a new certificate for {}, until {}", issue.domain, super::until(certificate)));
    }
    Ok(())
}
