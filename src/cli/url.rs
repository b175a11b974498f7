//! `gantry url`.

use anyhow::Result;
use serde::Serialize;

use super::failure::NotFound;
use super::target::select_before;
use super::ui::Ui;
use crate::app::App;
use crate::model::{DomainName, Port, Route};
use crate::project::Selected;
use crate::proxy::{Home, Served};
use crate::registry::Allocation;
use crate::resolve::{find_allocation, known, nearest_of};
use crate::route::{self, Face};

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
    pub(super) name: Option<DomainName>,
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
        if let Err(error) = home.require_running() {
            ui.warn(&format!("{error}, so this does not answer; {}", error.hint()));
        }
        let site = served.sites.iter().find(|served| served.site.project == site.project);
        let url = site.map(|site| served.url(site, route)).unwrap_or_default();
        let name = Some(route.name.clone());
        return Ok(Address { url, name, service: route.service.clone(), port: route.port });
    }
    if home.is_set_up() {
        tell_clash(ui, &served, context_id, with_port.or(meant));
    }
    if let Some((_, route)) = found {
        return Ok(plain_address(&route.service, route.port, route.speaks_tls, route.entry.as_deref()));
    }
    by_port(&selected, &rows, service)
}

/// Why it has no name, where that is because another one would have it too.
fn tell_clash(ui: &Ui, served: &Served, context_id: i64, service: Option<&str>) {
    let is_meant = |rival: &Route| {
        let is_called = service.map_or(rival.is_main, |service| !rival.is_main && rival.is_called(service));
        rival.context_id == context_id && is_called
    };
    let mut clashes = served.sites.iter().flat_map(|site| &site.site.clashes);
    if let Some(clash) = clashes.find(|clash| clash.rivals.iter().any(is_meant)) {
        ui.warn(&format!("{clash}, so it stands for none"));
    }
}

/// Without a name: a context of no project, or one whose name two would have.
fn by_port(selected: &Selected, rows: &[Allocation], service: Option<&str>) -> Result<Address> {
    let http_service = selected.project.as_ref().map_or("http", |project| &project.http_service);
    let faces = route::faces_of(rows, http_service);
    let by_service = |face: &&Face<'_>| match service {
        Some(service) => face.label.is_some() && face.service == service,
        None => face.label.is_none(),
    };
    let by_label = || faces.iter().find(|face| service.is_some() && face.label.as_deref() == service);
    if let Some(face) = faces.iter().find(by_service).or_else(by_label) {
        return Ok(plain_address(face.service, face.row.port, face.speaks_tls(), face.entry.as_deref()));
    }
    let name = &selected.name;
    let (message, hint) = match service {
        Some(word) if find_allocation(rows, word).is_some() => {
            let word = word.escape_debug();
            let hint = format!("`gantry get {word}` prints its port; `gantry routes` lists what has a page");
            (format!("{word} has no page in {name}"), hint)
        }
        Some(word) => {
            let labels = faces.iter().filter_map(|face| face.label.clone());
            let nearest = nearest_of(word, labels);
            let hint = match nearest.first() {
                Some(nearest) => format!("did you mean `{nearest}`? `gantry routes` lists them all"),
                None => "`gantry ports` lists the services here, `gantry list` the projects".to_owned(),
            };
            (format!("nothing is called `{}` in {name}, and no project is", word.escape_debug()), hint)
        }
        None => {
            let hint = "`http: SERVICE` in gantry.yml names it; `gantry book http` books one for a server of your own";
            (format!("{name} has no web server with a port"), hint.to_owned())
        }
    };
    Err(NotFound { message, hint }.into())
}

fn plain_address(service: &str, port: Port, speaks_tls: bool, entry: Option<&str>) -> Address {
    let scheme = if speaks_tls { "https" } else { "http" };
    let url = format!("{scheme}://localhost:{port}{}", entry.unwrap_or_default());
    Address { url, name: None, service: service.to_owned(), port }
}

fn nothing_booked(name: &str) -> NotFound {
    NotFound {
        message: format!("no port is booked in {name}"),
        hint: "`gantry register` gives it a name and books its ports".to_owned(),
    }
}
