//! `gantry routes`.

use anyhow::Result;
use serde::Serialize;

use super::failure::Conflict;
use super::ui::{Cell, Ui};
use crate::app::App;
use crate::model::{Clash, Route};
use crate::project::select_registered;
use crate::proxy::{Home, ProxyError, Served, ServedSite};
use crate::route::{self, Note};

/// List the names that lead to what runs: a project's, its other branches', its services'
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Only this project's; by default every project's
    hostname: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry routes
  gantry routes shop --json | jq -r '.routes[].url'

NAME.test is the project's own checkout, BRANCH.NAME.test another context of its repository,
SERVICE.NAME.test a service that speaks HTTP, a database where the project runs an Adminer.
Exit status: 4 where two would go by one name.";

#[derive(Serialize)]
struct Answer {
    routes: Vec<Row>,
    clashes: Vec<Clash>,
    /// What else is wrong, each a sentence.
    notes: Vec<String>,
    /// Whether the proxy that serves them runs.
    is_served: bool,
    /// Why it does not.
    #[serde(skip)]
    trouble: Option<ProxyError>,
}

#[derive(Serialize)]
struct Row {
    url: String,
    project: String,
    #[serde(flatten)]
    route: Route,
}

/// Looks; issues no certificate and loads nothing.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let only = args.hostname.as_deref().map(|name| select_registered(app, Some(name))).transpose()?;
    let (served, notes) = route::shown(app)?;
    let is_meant = |site: &&ServedSite| only.as_ref().is_none_or(|only| only.hostname == site.site.project);
    let is_noted = |note: &&Note| only.as_ref().is_none_or(|only| only.hostname == note.project);
    let sites: Vec<&ServedSite> = served.sites.iter().filter(is_meant).collect();
    let trouble = Home::locate()?.require_running().err();
    let answer = Answer {
        routes: sites.iter().flat_map(|site| rows_of(&served, site)).collect(),
        clashes: sites.iter().flat_map(|site| site.site.clashes.clone()).collect(),
        notes: notes.iter().filter(is_noted).map(|note| note.text.clone()).collect(),
        is_served: trouble.is_none(),
        trouble,
    };
    if args.json {
        ui.json(&answer)?;
    } else {
        tell(ui, &answer)?;
    }
    match answer.clashes.split_last() {
        Some((clash, others)) => {
            others.iter().for_each(|clash| ui.warn(&format!("{clash}, so it stands for none")));
            Err(Conflict {
                message: format!("{clash}, so it stands for none"),
                hint: "rename a branch or a service, or give the ports of one back with `gantry release --all` there"
                    .to_owned(),
            }
            .into())
        }
        None => Ok(()),
    }
}

fn rows_of(served: &Served, site: &ServedSite) -> Vec<Row> {
    let row = |route: &Route| Row {
        url: served.url(site, route),
        project: site.site.project.to_string(),
        route: route.clone(),
    };
    site.site.routes.iter().map(row).collect()
}

fn tell(ui: &Ui, answer: &Answer) -> Result<()> {
    answer.notes.iter().for_each(|note| ui.warn(note));
    if answer.routes.is_empty() {
        ui.note("no routes; `gantry register` gives a project its name");
        return Ok(());
    }
    let rows = answer.routes.iter().map(|row| {
        let route = &row.route;
        let via = route.via.as_ref().map(|via| format!(" by {via}")).unwrap_or_default();
        let service = format!("{}{via}", route.service);
        [row.url.clone(), service, route.port.to_string(), route.context.clone()].map(Cell::from).to_vec()
    });
    ui.table(&["address", "service", "port", "context"], rows.collect())?;
    if let Some(trouble) = &answer.trouble {
        ui.note(&format!("{trouble}, so none of these answers; {}", trouble.hint()));
    }
    Ok(())
}
