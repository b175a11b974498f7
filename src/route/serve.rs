//! From the table to what is served: each project's certificate beside it, and the proxy told where something changed.

use std::cell::RefCell;

use anyhow::Result;

use super::table::{Note, Table, table};
use crate::app::App;
use crate::certs::{self, Effort, Ensured, Prospects};
use crate::model::{Port, Site};
use crate::proxy::{self, Patience, Ports, Published, Served, ServedSite};

/// The settings of the proxy's ports.
pub const HTTP_PORT: &str = "http_port";
/// As [`HTTP_PORT`].
pub const HTTPS_PORT: &str = "https_port";

/// What a refresh came to.
#[derive(Debug)]
pub struct Refreshed {
    pub published: Published,
    /// What could not be served as it should.
    pub notes: Vec<Note>,
}

/// As [`prepare`] for who only looks: no certificate is issued, but where one can be, addresses are HTTPS's.
///
/// # Errors
/// As [`prepare`].
pub fn shown(app: &mut App) -> Result<(Served, Vec<Note>)> {
    let table = table(app)?;
    let prospects = Prospects::look()?;
    let shown = |site: Site| ServedSite { is_secure: prospects.include(&site.domain), site, pair: None };
    let sites = table.sites.into_iter().map(shown).collect();
    Ok((Served { sites, ports: ports(app)? }, table.notes))
}

/// Everything that is to be served now, with certificates issued where they have to be; and what is wrong.
///
/// # Errors
/// The registry cannot be read. What is wrong with one project is a note.
fn prepare(app: &mut App, effort: Effort) -> Result<(Served, Vec<Note>)> {
    let Table { sites, mut notes } = table(app)?;
    let is_secure = certs::is_set_up()?;
    let serve = |site: Site| {
        let note = |text: String| Note { project: site.project.clone(), text };
        notes.extend(site.clashes.iter().map(|clash| note(format!("{clash}, so it stands for none"))));
        let pair = match is_secure.then(|| certs::ensure(&site.domain, &site.certified_names(), effort)) {
            Some(Ok(Ensured { pair, problem })) => {
                let told = |error| note(format!("the certificate of {} is not renewed: {error}", site.domain));
                notes.extend(problem.map(told));
                Some((pair.certificate, pair.key))
            }
            Some(Err(error)) => {
                notes.push(note(format!("{} is served without TLS: {error}", site.domain)));
                None
            }
            None => None,
        };
        ServedSite { site, is_secure: pair.is_some(), pair }
    };
    let sites = sites.into_iter().map(serve).collect();
    Ok((Served { sites, ports: ports(app)? }, notes))
}

/// The ports that the proxy listens on, or would.
///
/// # Errors
/// The registry cannot be read.
pub fn ports(app: &mut App) -> Result<Ports> {
    let mut port = |name, usual: Port| -> Result<Port> {
        Ok(app.setting(name)?.and_then(|text| text.parse().ok()).unwrap_or(usual))
    };
    Ok(Ports { http: port(HTTP_PORT, Ports::USUAL.http)?, https: port(HTTPS_PORT, Ports::USUAL.https)? })
}

/// Tells the proxy what has changed, where it runs.
///
/// # Errors
/// [`proxy::ProxyError`]; what was served before is served on.
pub fn refresh(app: &mut App, patience: Patience) -> Result<Refreshed> {
    let effort = if patience == Patience::Short { Effort::Short } else { Effort::Full };
    let (published, notes) = with_notes(app, effort, |wanted| proxy::publish(patience, wanted))?;
    Ok(Refreshed { published, notes })
}

/// Runs `work` with what is to be served, and gives the notes of that too.
///
/// # Errors
/// What `work` says.
pub fn with_notes<T>(
    app: &mut App,
    effort: Effort,
    work: impl FnOnce(&mut dyn FnMut() -> Result<Served>) -> Result<T>,
) -> Result<(T, Vec<Note>)> {
    let notes = RefCell::new(Vec::new());
    let mut wanted = || {
        let (served, told) = prepare(app, effort)?;
        *notes.borrow_mut() = told;
        Ok(served)
    };
    let done = work(&mut wanted)?;
    Ok((done, notes.into_inner()))
}
