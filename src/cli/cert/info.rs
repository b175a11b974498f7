//! `gantry cert info`.

use anyhow::Result;

use super::{project, until};
use crate::app::App;
use crate::certs::{self, AuthorityStatus, Certificate, IssueStatus};
use crate::cli::failure::NotFound;
use crate::cli::ui::Ui;
use crate::sys::clock;

/// Show what a project's certificate, or the CA's, says
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The project; by default the one of the current directory
    hostname: Option<String>,
    /// Show the CA
    #[arg(long, conflicts_with = "hostname")]
    ca: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    if args.ca {
        let authority = certs::authority_info()?;
        return if args.json { ui.json(&authority) } else { print_authority(ui, &authority) };
    }
    let (domain, names) = project(app, args.hostname.as_deref())?;
    let issue = certs::info(&domain, &names)?;
    match (&issue.certificate, args.json) {
        (_, true) => ui.json(&issue),
        (Some(certificate), false) => print_issue(ui, &issue, certificate),
        (None, false) => {
            let message = format!("{domain}: {}", issue.standing.describe());
            let hint = format!("`gantry cert renew {domain}` issues one");
            Err(NotFound { message, hint }.into())
        }
    }
}

fn print_issue(ui: &Ui, issue: &IssueStatus, certificate: &Certificate) -> Result<()> {
    ui.text_line(&format!("{}: {}", issue.domain, issue.standing.describe()))?;
    print(ui, certificate)?;
    field(ui, "file", &issue.file.display().to_string())?;
    field(ui, "key", &issue.key.display().to_string())
}

fn print_authority(ui: &Ui, authority: &AuthorityStatus) -> Result<()> {
    ui.text_line(&format!("CA: {}", authority.state.describe()))?;
    print(ui, &authority.certificate)?;
    field(ui, "file", &authority.file.display().to_string())?;
    match &authority.directory {
        Some(directory) => field(ui, "mkcert", &directory.display().to_string()),
        None => Ok(()),
    }
}

fn print(ui: &Ui, certificate: &Certificate) -> Result<()> {
    field(ui, "subject", &certificate.subject)?;
    if !certificate.names.is_empty() {
        field(ui, "names", &certificate.names.join(", "))?;
    }
    field(ui, "from", &clock::rfc3339(certificate.from))?;
    field(ui, "until", &until(certificate))?;
    field(ui, "issuer", &certificate.issuer)?;
    field(ui, "serial", &certificate.serial)?;
    field(ui, "SHA-256", &certificate.fingerprint)
}

fn field(ui: &Ui, name: &str, value: &str) -> Result<()> {
    ui.text_line(&format!("  {:<9}{value}", format!("{name}:")))
}
