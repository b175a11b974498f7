//! `gantry cert remove`.

use anyhow::Result;
use serde::Serialize;

use super::projects;
use crate::app::App;
use crate::certs::{self, CertsError, Holders, Store};
use crate::cli::failure::{Refused, Usage};
use crate::cli::ui::Ui;
use crate::sys::signals::Interrupts;

/// Forget what was issued, and that certificates were set up
///
/// Projects are served over HTTP then. mkcert's CA stays, since other tools may use it; so does the trust in it, which
/// `gantry cert untrust` takes back.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Remove mkcert's CA too, and its key: what other tools had issued by it holds no more
    #[arg(long)]
    ca: bool,
    /// Show what would be removed
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
struct Answer {
    dry_run: bool,
    /// Whose certificates are removed.
    certificates: Vec<String>,
    /// mkcert's directory, where the CA goes too.
    ca: Option<String>,
    /// The stores that still trust the CA.
    trusted_by: Vec<Store>,
    /// Why others cannot be asked.
    unknown: Vec<String>,
}

pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let answer = plan(app, args)?;
    let would = if args.dry_run { "would" } else { "to" };
    answer.certificates.iter().for_each(|domain| ui.note(&format!("{would} remove the certificate of {domain}")));
    answer.ca.iter().for_each(|directory| ui.note(&format!("{would} remove mkcert's CA from {directory}")));
    if !args.dry_run {
        let asks = !args.yes && (args.ca || !answer.certificates.is_empty());
        if asks && !ui.can_ask() {
            let message = match args.ca {
                true => "mkcert's CA may serve other tools: it is not removed without a word".to_owned(),
                false => "certificates are not removed without a word".to_owned(),
            };
            return Err(Usage { message, hint: "`--yes` says it, `--dry-run` shows what would go".to_owned() }.into());
        }
        if asks && ui.can_ask() && !Interrupts::listen()?.while_asking(|| ui.confirm("Remove them?"))? {
            ui.note("nothing was changed");
            return Ok(());
        }
        certs::remove(args.ca)?;
    }
    if args.json {
        return ui.json(&answer);
    }
    if args.dry_run {
        ui.note("a dry run: nothing was changed");
        return Ok(());
    }
    ui.note(match args.ca {
        true => "certificates are not set up any more, and what else mkcert's CA has issued holds no more",
        false => "certificates are not set up any more; mkcert's other certificates stay as they are",
    });
    if !answer.trusted_by.is_empty() {
        let stores: Vec<&str> = answer.trusted_by.iter().map(|store| store.as_str()).collect();
        ui.note(&format!("mkcert's CA is still trusted by: {}; `gantry cert untrust` changes that", stores.join(", ")));
    }
    for why in &answer.unknown {
        let mended = "`gantry cert untrust` takes it out when that is mended";
        ui.note(&format!("it cannot be told whether mkcert's CA is still trusted: {why}; {mended}"));
    }
    Ok(())
}

fn plan(app: &mut App, args: &Args) -> Result<Answer> {
    if !certs::is_set_up()? && !args.ca {
        return Err(CertsError::NotSetUp.into());
    }
    let Holders { stores: trusted_by, unknown } = certs::holders()?;
    let unknown: Vec<String> = unknown.iter().map(|skipped| format!("{}: {}", skipped.store, skipped.why)).collect();
    if args.ca && !args.dry_run {
        require_nobody(&trusted_by, &unknown)?;
    }
    let ca = if args.ca { Some(certs::directory()?.display().to_string()) } else { None };
    let issued = certs::issued(&projects(app)?)?;
    let certificates = issued.iter().map(|it| it.domain.to_string()).collect();
    Ok(Answer { dry_run: args.dry_run, certificates, ca, trusted_by, unknown })
}

/// Whoever has the key of a CA that is still trusted can pose as any site, and without its certificate nothing takes it
/// out.
fn require_nobody(trusted_by: &[Store], unknown: &[String]) -> Result<()> {
    let stores: Vec<&str> = trusted_by.iter().map(|store| store.as_str()).collect();
    let (message, hint) = match (stores.as_slice(), unknown) {
        ([], []) => return Ok(()),
        ([], unknown) => (
            format!("it cannot be told whether the CA is still trusted: {}", unknown.join("; ")),
            "mend that, then `gantry cert untrust`; or remove rootCA.pem and rootCA-key.pem by hand",
        ),
        (stores, _) => (format!("the CA is still trusted by: {}", stores.join(", ")), "`gantry cert untrust` first"),
    };
    Err(Refused { message, hint: hint.to_owned() }.into())
}
