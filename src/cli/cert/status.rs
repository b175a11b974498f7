//! `gantry cert status`.

use anyhow::Result;
use serde::Serialize;

use super::{projects, until};
use crate::app::App;
use crate::certs::{self, AuthorityState, AuthorityStatus, IssueStatus, Standing, StoreStatus, Trust};
use crate::cli::ui::{Cell, Paint, Ui};

/// Show the CA, what was issued, and who trusts it: each store as it answers now
///
/// curl (for the system's store), Node and Python are asked by a handshake with a server that gantry runs for that time
/// on a loopback port, in the environment as it is; browsers' profiles and Java by their lists.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Answer {
    is_set_up: bool,
    #[serde(flatten)]
    status: Option<certs::Status>,
}

pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let status = certs::status(&projects(app)?)?;
    if args.json {
        return ui.json(&Answer { is_set_up: status.is_some(), status });
    }
    let Some(status) = status else {
        ui.note("certificates are not set up; `gantry cert setup` sets them up");
        return Ok(());
    };
    print_authority(ui, &status.authority)?;
    if !status.certificates.is_empty() {
        ui.line("")?;
        ui.table(&["certificate", "names", "until", "state"], status.certificates.iter().map(issue_row).collect())?;
    }
    ui.line("")?;
    ui.table(&["store", "state", ""], status.stores.iter().map(store_row).collect())
}

fn print_authority(ui: &Ui, authority: &AuthorityStatus) -> Result<()> {
    let place = authority.directory.as_ref().map(|it| format!(", in {}", it.display())).unwrap_or_default();
    ui.text_line(&format!("CA: {}, until {}{place}", authority.state.describe(), until(&authority.certificate)))?;
    if let (Some(mend), false) = (&authority.mend, authority.state == AuthorityState::Good) {
        ui.text_line(&format!("    {mend}"))?;
    }
    if authority.former > 0 {
        let text = "a CA before it may still be trusted: `gantry cert untrust`, then `gantry cert trust`";
        ui.text_line(&format!("    {text}"))?;
    }
    Ok(())
}

fn issue_row(issue: &IssueStatus) -> Vec<Cell> {
    let names = issue.certificate.as_ref().map(|it| it.names.join(", "));
    let until = issue.certificate.as_ref().map(until);
    let or_none = |text: Option<String>| Cell::from(text.unwrap_or_else(|| "-".to_owned()));
    let state = match &issue.standing {
        Standing::Good if issue.is_wanted => Cell::styled(Paint::Good, "good", String::new()),
        Standing::Good => Cell::styled(Paint::Dim, "no project's any more", String::new()),
        Standing::Absent => Cell::styled(Paint::Dim, "not issued", String::new()),
        other => Cell::styled(Paint::Bad, "", other.describe()),
    };
    vec![Cell::from(issue.domain.to_string()), or_none(names), or_none(until), state]
}

fn store_row(store: &StoreStatus) -> Vec<Cell> {
    let paint = match store.state {
        Trust::Trusted => Paint::Good,
        Trust::NotTrusted => Paint::Bad,
        Trust::Absent => Paint::Dim,
        Trust::Unknown => Paint::Attention,
    };
    let more: Vec<&str> = [&store.detail, &store.mend].into_iter().flatten().map(String::as_str).collect();
    vec![
        Cell::from(store.name.clone()),
        Cell::styled(paint, store.state.as_str(), String::new()),
        Cell::from(more.join("; ")),
    ]
}
