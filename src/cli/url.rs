//! `gantry url`.

use anyhow::Result;
use serde::Serialize;

use super::failure::NotFound;
use super::target::select_before;
use super::ui::Ui;
use crate::app::App;
use crate::model::Port;
use crate::project::Selected;
use crate::proxy::Home;
use crate::resolve::{find_allocation, known};
use crate::route;

/// Print the address of a project or of one of its services
///
/// Its name where the proxy is set up (`gantry proxy setup`), else http://localhost and its port.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The project, by default the one of the current directory; a service of it, by default its web server
    #[arg(num_args = 0..=2, value_name = "[HOSTNAME] [SERVICE]")]
    words: Vec<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry url
  gantry url api
  curl \"$(gantry url shop api)/health\"

Exit status: 3 where nothing of that name speaks HTTP, or no port is booked.";

/// Where something is reached.
#[derive(Debug, Serialize)]
pub(super) struct Address {
    pub(super) url: String,
    /// `null` where the proxy is not set up, or the context belongs to no project.
    name: Option<String>,
    service: String,
    port: Port,
}

/// Looks; starts nothing.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let address = address(app, ui, &args.words)?;
    if args.json { ui.json(&address) } else { ui.text_line(&address.url) }
}

/// The address of what the words name.
///
/// # Errors
/// There is no such project, service or port; the registry cannot be read.
pub(super) fn address(app: &mut App, ui: &Ui, words: &[String]) -> Result<Address> {
    let (selected, rest) = select_before(app, None, words)?;
    let service = rest.first().map(String::as_str);
    let (claim, rows) = known(app)?.ok_or_else(|| nothing_booked(&selected.name))?;
    let context_id = claim.row().map(|row| row.id).ok_or_else(|| nothing_booked(&selected.name))?;
    let (served, _) = route::shown(app)?;
    let home = Home::locate()?;
    let meant = service.map(|word| find_allocation(&rows, word).map_or(word, |(row, _)| row.service.as_str()));
    let with_port = service.filter(|word| meant.is_some_and(|meant| word.starts_with(&format!("{meant}:"))));
    let sites = || served.sites.iter().map(|site| &site.site);
    let found = route::find(sites(), context_id, with_port.or(meant));
    if let (Some((site, route)), true) = (found, home.is_set_up()) {
        if !home.is_running() {
            ui.warn("the proxy does not run, so this does not answer; `gantry proxy start` starts it");
        }
        let site = served.sites.iter().find(|served| served.site.project == site.project);
        let url = site.map(|site| served.url(site, route)).unwrap_or_default();
        let name = Some(route.name.to_string());
        return Ok(Address { url, name, service: route.service.clone(), port: route.port });
    }
    if let Some((_, route)) = found {
        return Ok(plain_address(&route.service, route.port));
    }
    by_port(&selected, &rows, service)
}

/// Without a name: a context of no project, or one whose name two would have.
fn by_port(selected: &Selected, rows: &[crate::registry::Allocation], service: Option<&str>) -> Result<Address> {
    let faces = route::faces_of(rows, selected.project.as_ref().map_or("http", |project| &project.http_service));
    let found = faces.into_iter().find(|(face, _, is_main)| service.map_or(*is_main, |service| face == service));
    if let Some((service, port, _)) = found {
        return Ok(plain_address(&service, port));
    }
    let message = match service {
        Some(service) => format!("{} has no page in {}", service.escape_debug(), selected.name),
        None => format!("{} has no web server with a port", selected.name),
    };
    let hint = match service {
        Some(service) => {
            format!("`gantry get {}` prints its port; `gantry routes` lists what has a page", service.escape_debug())
        }
        None => "`http: SERVICE` in gantry.yml names it; `gantry ports` lists what is booked".to_owned(),
    };
    Err(NotFound { message, hint }.into())
}

fn plain_address(service: &str, port: Port) -> Address {
    Address { url: format!("http://localhost:{port}"), name: None, service: service.to_owned(), port }
}

fn nothing_booked(name: &str) -> NotFound {
    NotFound {
        message: format!("no port is booked in {name}"),
        hint: "`gantry register` gives it a name and books its ports".to_owned(),
    }
}
