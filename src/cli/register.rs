//! `gantry register`.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use super::failure::Usage;
use super::project::Row;
use super::ui::Ui;
use crate::app::App;
use crate::model::{Hostname, HostnameError, Port};
use crate::project::{Proposal, all, propose, register};
use crate::sys::files;

/// Give this directory a hostname and an HTTP port
///
/// The hostname is the directory's name where none is given. The HTTP port is the one of the compose file's web server
/// (`http:` in gantry.yml says which that is); a project without one gets a port of its own, in HTTP_PORT. Whatever else
/// the compose file publishes is booked too. Asks on a terminal before it registers what it has found.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The project's name: letters, digits and `-`; it stays as it is
    #[arg(long, value_name = "NAME")]
    hostname: Option<String>,
    /// The project's directory; by default the project that the current directory lies in
    #[arg(long)]
    path: Option<PathBuf>,
    /// The HTTP port to have; fails where it is taken
    #[arg(long)]
    port: Option<Port>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry register
  gantry register --hostname shop --path ~/src/shop --yes

Exit status: 1 where the hostname or the directory is registered already, 4 where --port is taken.";

#[derive(Serialize)]
struct Answer {
    project: Row,
}

/// Looks, asks, registers.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let hostname = args.hostname.as_deref().map(hostname_of).transpose()?;
    let mut proposal = propose(app, args.path.as_deref(), hostname)?;
    proposal.port = args.port;
    let is_asked = !args.yes && !args.json && ui.can_ask();
    if is_asked && !confirm(app, ui, &mut proposal)? {
        ui.note("nothing was registered");
        return Ok(());
    }
    let registered = register(app, &proposal)?;
    let hostname = &registered.project.hostname;
    let wanted = proposal.path.file_name().map(|name| Hostname::from_directory(&name.to_string_lossy()));
    if let Some(wanted) = wanted.filter(|wanted| !proposal.is_named && wanted != hostname) {
        ui.note(&format!("{wanted} is another project's hostname; took {hostname}"));
        if let Some(gone) = all(app)?.iter().find(|it| it.hostname == wanted && !files::is_dir(&it.path)) {
            let path = gone.path.display();
            ui.note(&format!(
                "{path} is gone: was it moved here, `gantry unregister --keep-ports {hostname}` and `gantry config \
                 {wanted} --set path=.` give it its name back"
            ));
        }
    }
    registered.booked.notes.iter().for_each(|note| ui.note(&note.to_string()));
    for (service, exhausted) in &registered.booked.exhausted {
        ui.warn(&format!("{service} gets no port: {exhausted}"));
    }
    let row = Row::of(&registered.project, Some(registered.http.port), None);
    if args.json {
        return ui.json(&Answer { project: row });
    }
    ui.text_line(&format!("{} {}", row.hostname, registered.http.port))?;
    let kind = proposal.scan.kind;
    ui.note(&format!("registered {} ({kind}) as {hostname}", proposal.path.display()));
    Ok(())
}

fn hostname_of(text: &str) -> Result<Hostname> {
    let hint = "for example `--hostname shop`; without it, the directory's name is taken".to_owned();
    text.parse().map_err(|error| Usage { message: format!("{error}"), hint }.into())
}

/// Shows what was found, and takes what the user would rather have.
fn confirm(app: &mut App, ui: &Ui, proposal: &mut Proposal) -> Result<bool> {
    let scan = &proposal.scan;
    let services = if scan.services.is_empty() { "none".to_owned() } else { scan.services.join(", ") };
    ui.note(&format!("{}: {}; services: {services}", proposal.path.display(), scan.kind));
    let taken = all(app)?;
    let Some(hostname) = ui.ask("Hostname", proposal.hostname.as_str(), &|text| {
        let hostname: Hostname = text.parse().map_err(|error: HostnameError| error.to_string())?;
        match taken.iter().find(|project| project.hostname == hostname) {
            Some(project) => Err(format!("the hostname {hostname} is taken by {}", project.path.display())),
            None => Ok(()),
        }
    })?
    else {
        return Ok(false);
    };
    // What was shown and left as it is was chosen too.
    (proposal.hostname, proposal.is_named) = (hostname_of(&hostname)?, true);
    let server = &proposal.http_service;
    let preferred = proposal.port.or(proposal.preferred).map(|port| port.to_string());
    let question = match &preferred {
        Some(_) => format!("HTTP port of {server}"),
        None => "HTTP port (empty: the first free one)".to_owned(),
    };
    let Some(port) = ui.ask(&question, preferred.as_deref().unwrap_or_default(), &|text| match text {
        "" => Ok(()),
        text => text.parse::<Port>().map(drop).map_err(|error| error.to_string()),
    })?
    else {
        return Ok(false);
    };
    // What the compose file would like is not insisted on.
    if Some(&port) != preferred.as_ref() || proposal.port.is_some() {
        proposal.port = port.parse().ok();
    }
    ui.confirm(&format!("Register {} as {}?", proposal.path.display(), proposal.hostname))
}
