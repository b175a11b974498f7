//! `gantry cert`.

mod info;
mod remove;
mod renew;
mod setup;
mod status;
mod untrust;
mod verify;

use anyhow::Result;

use super::failure::{NotFound, Usage};
use super::ui::Ui;
use crate::app::App;
use crate::certs::{Certificate, Plan, Store};
use crate::model::{DomainError, DomainName, Hostname, HostnameError, Site};
use crate::project::project_here;
use crate::route::table;
use crate::sys::clock;
use crate::sys::signals::Interrupts;

/// Certificates for the projects' names, so that browsers open them without a warning
///
/// The CA is mkcert's, this machine's own; each project has a certificate for its name and the names below it. What
/// `setup` and `trust` change is shown first, and `untrust` takes it back.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
#[command(defer = true)]
enum Command {
    /// Make a CA where there is none, have this machine trust it, and issue the projects' certificates
    Setup(setup::Args),
    /// Show the CA, what was issued, and who trusts it: each store as it answers now
    Status(status::Args),
    /// Look which certificate the proxy shows under a name, and whether it holds
    Verify(verify::Args),
    /// Show what a project's certificate, or the CA's, says
    Info(info::Args),
    /// Have stores trust the CA that do not
    Trust(setup::TrustArgs),
    /// Take the CA out of the stores
    Untrust(untrust::Args),
    /// Issue a project's certificate anew
    Renew(renew::Args),
    /// Forget what was issued, and that certificates were set up
    Remove(remove::Args),
}

/// `gantry cert-setup`, as other tools have it.
pub use setup::Args as SetupArgs;
/// `gantry cert-status`, as other tools have it.
pub use status::Args as StatusArgs;

pub use setup::run as setup;
pub use status::run as status;

pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    match &args.command {
        Command::Setup(args) => setup::run(app, ui, args),
        Command::Status(args) => status::run(app, ui, args),
        Command::Verify(args) => verify::run(app, ui, args),
        Command::Info(args) => info::run(app, ui, args),
        Command::Trust(args) => setup::run_trust(ui, args),
        Command::Untrust(args) => untrust::run(ui, args),
        Command::Renew(args) => renew::run(app, ui, args),
        Command::Remove(args) => remove::run(app, ui, args),
    }
}

/// `--stores`: the ones to change; without the option, all that are there.
#[derive(Clone, Debug)]
struct Stores(Vec<Store>);

fn parse_stores(text: &str) -> Result<Stores, String> {
    if text == "none" {
        return Ok(Stores(Vec::new()));
    }
    if text.split(',').any(|name| name.trim() == "none") {
        return Err("`none` stands alone".to_owned());
    }
    let mut stores = text.split(',').map(|name| name.trim().parse()).collect::<Result<Vec<Store>, String>>()?;
    stores.sort_unstable();
    stores.dedup();
    Ok(Stores(stores))
}

/// Every project's domain, and the names that its certificate has to be for.
fn projects(app: &mut App) -> Result<Vec<(DomainName, Vec<String>)>> {
    Ok(table(app)?.sites.iter().map(with_names).collect())
}

/// The project that the name is of, by its hostname or its domain; without one, that of the current directory.
fn project(app: &mut App, name: Option<&str>) -> Result<(DomainName, Vec<String>)> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => match project_here(app)? {
            Some(project) => project.hostname.to_string(),
            None => {
                let message = "this directory is no project".to_owned();
                let hint = "name one: `gantry list` lists them; `gantry register` makes this directory one".to_owned();
                return Err(NotFound { message, hint }.into());
            }
        },
    };
    let wanted = domain_of(app, &name)?;
    let sites = table(app)?.sites;
    sites.iter().find(|site| site.domain == wanted).map(with_names).ok_or_else(|| {
        let hint = "`gantry list` lists the projects; `gantry register` adds one".to_owned();
        NotFound { message: format!("no project goes by {wanted}"), hint }.into()
    })
}

/// What the user calls `shop` or `api.shop.test`, as a whole name.
fn domain_of(app: &mut App, name: &str) -> Result<DomainName> {
    let usage = |message: String| Usage { message, hint: "a name is like `shop` or `api.shop.test`".to_owned() };
    if name.contains('.') {
        return name.parse().map_err(|error: DomainError| usage(error.to_string()).into());
    }
    let hostname: Hostname = name.parse().map_err(|error: HostnameError| usage(error.to_string()))?;
    match table(app)?.sites.into_iter().find(|site| site.project == hostname) {
        Some(site) => Ok(site.domain),
        None => Ok(format!("{hostname}.{}", app.tld()?).parse()?),
    }
}

fn with_names(site: &Site) -> (DomainName, Vec<String>) {
    (site.domain.clone(), site.certified_names())
}

/// What is about to change, a line a thing.
fn tell(ui: &Ui, plan: &Plan, would: &str) {
    if let Some(other) = &plan.passed_over {
        let place = plan.directory.display();
        ui.note(&format!("the CA stays the one in {place}, though CAROOT leads to {} here", other.display()));
    }
    if plan.replaces_authority {
        ui.note(&format!("{would} take the CA in {}, which has replaced the one before it", plan.directory.display()));
    }
    if plan.makes_authority {
        ui.note(&format!("{would} make a CA in {}", plan.directory.display()));
    }
    for change in &plan.changes {
        ui.note(&format!("{would} change the {} trust store:", change.store));
        change.by.iter().for_each(|line| ui.note(&format!("    {line}")));
    }
    for skipped in &plan.skipped {
        ui.note(&format!("the {} trust store stays as it is: {}", skipped.store, skipped.why));
    }
}

/// Whether the user agrees to change trust stores: on a terminal by an answer, elsewhere by `--yes`.
fn agrees(ui: &Ui, plan: &Plan, yes: bool, question: &str, interrupts: &Interrupts) -> Result<bool> {
    if yes || plan.changes.is_empty() {
        return Ok(true);
    }
    if !ui.can_ask() {
        let stores: Vec<&str> = plan.changes.iter().map(|change| change.store.as_str()).collect();
        let message = format!("trust stores are not changed without a word: {}", stores.join(", "));
        let hint = "`--yes` says it, `--dry-run` shows what would be changed".to_owned();
        return Err(Usage { message, hint }.into());
    }
    let agrees = interrupts.while_asking(|| ui.confirm(question))?;
    if !agrees {
        ui.note("nothing was changed");
    }
    Ok(agrees)
}

/// The end of its time, for a person.
fn until(certificate: &Certificate) -> String {
    let days = certificate.days_left(clock::now());
    let date = clock::rfc3339(certificate.until);
    let date = date.split('T').next().unwrap_or_default();
    match days {
        0.. => format!("{date} ({days} days)"),
        _ => format!("{date} (over)"),
    }
}
