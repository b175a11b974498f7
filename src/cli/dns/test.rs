//! `gantry dns test`.

use anyhow::Result;
use serde::Serialize;

use super::table;
use crate::app::App;
use crate::cli::failure::{FAILED, Silent, Usage};
use crate::cli::ui::Ui;
use crate::dns::{self, Line};
use crate::model::{DomainName, Tld};
use crate::project::{all, select_registered};

/// Test whether a name is resolved to this machine, and say which layer fails
///
/// Asks as every program does (getent), not only dnsmasq.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A project's hostname, or a whole name
    name: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry dns test shop
  gantry dns test api.feature-x.shop.test

Exit status: 1 where the name is not resolved to this machine.";

#[derive(Serialize)]
struct Answer {
    name: String,
    ok: bool,
    addresses: Vec<String>,
    /// The layer that fails; those after it fail because of it.
    failed: Option<&'static str>,
    layers: Vec<Line>,
}

/// Asks; where the answer is not this machine, says why.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let tld = tld_of(app, &args.name)?;
    let text = if args.name.contains('.') { args.name.clone() } else { format!("{}.{tld}", args.name) };
    let name: DomainName = text.parse().map_err(|error: crate::model::DomainError| Usage {
        message: error.to_string(),
        hint: format!("a project's hostname, or a name such as shop.{tld}"),
    })?;
    let test = dns::examine(&name, tld)?;
    let is_ok = test.is_ok();
    let failed = test.first_bad();
    if args.json {
        let addresses = test.addresses.iter().map(ToString::to_string).collect();
        let failed = failed.map(|line| line.layer);
        ui.json(&Answer { name: name.to_string(), ok: is_ok, addresses, failed, layers: test.lines })?;
    } else if is_ok {
        ui.text_line(&format!("{name} is {}", dns::list(&test.addresses)))?;
    } else {
        table(ui, &test.lines)?;
        if let Some(line) = failed {
            ui.warn(&format!("{}: {}", line.layer, line.text));
            line.mend.iter().for_each(|mend| ui.note(&format!("mend it: {mend}")));
        }
    }
    if is_ok { Ok(()) } else { Err(Silent(FAILED).into()) }
}

/// What the name ends in, or will: a project may have names under `.localhost` beside the machine's domain.
fn tld_of(app: &mut App, name: &str) -> Result<Tld> {
    let machines = app.tld()?;
    if let Some((_, last)) = name.trim_end_matches('.').rsplit_once('.') {
        return Ok(if last == Tld::Localhost.as_str() { Tld::Localhost } else { machines });
    }
    if all(app)?.iter().any(|project| project.hostname.as_str() == name) {
        select_registered(app, Some(name))?;
    }
    let own = app.config().ok().and_then(|config| config.tld);
    Ok(own.unwrap_or(machines))
}
