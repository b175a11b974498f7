//! `gantry cert verify`.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use serde::Serialize;

use super::{domain_of, until};
use crate::app::App;
use crate::certs::{self, Certificate, Shown};
use crate::cli::failure::{FAILED, Silent};
use crate::cli::ui::Ui;
use crate::model::{DomainName, Port};
use crate::route::ports;

/// Look which certificate the proxy shows under a name, and whether it holds
///
/// Shakes hands as a browser does that trusts the CA and no other. Whether a browser on this machine trusts the CA,
/// `gantry cert status` tells.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// A project's hostname, or any name below it
    name: String,
    /// The port to ask at; by default the proxy's
    #[arg(long, value_name = "PORT")]
    port: Option<Port>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry cert verify shop
  gantry cert verify api.feature-x.shop.test

Exit status: 1 where it does not hold, 5 where nobody answers.";

#[derive(Serialize)]
struct Answer {
    name: DomainName,
    address: SocketAddr,
    verifies: bool,
    problem: Option<String>,
    certificate: Option<Certificate>,
}

pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let name = domain_of(app, &args.name)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port(app, args)?));
    let Shown { certificate, problem } = certs::look_at(address, &name)?;
    let verifies = problem.is_none();
    if args.json {
        ui.json(&Answer { name, address, verifies, problem, certificate })?;
    } else {
        match &problem {
            None => ui.text_line(&format!("{name}: good"))?,
            Some(problem) => ui.text_line(&format!("{name}: {problem}"))?,
        }
        if let Some(certificate) = &certificate {
            ui.text_line(&format!("  for {}", certificate.names.join(", ")))?;
            ui.text_line(&format!("  until {}", until(certificate)))?;
            ui.text_line(&format!("  by {}", certificate.issuer))?;
        }
    }
    if verifies { Ok(()) } else { Err(Silent(FAILED).into()) }
}

fn port(app: &mut App, args: &Args) -> Result<u16> {
    match args.port {
        Some(port) => Ok(port.number()),
        None => Ok(ports(app)?.https.number()),
    }
}
