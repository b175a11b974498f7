//! How names are resolved here now, layer by layer.

use serde::Serialize;

use anyhow::Result;

use super::change::Change;
use super::facts::{Facts, Own};
use super::method::Method;
use super::record::Record;
use super::{daemon, place, probe, query};
use crate::app::App;
use crate::model::{Finding, Tld, Verdict};

/// How a layer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Good,
    Bad,
    NotSetUp,
}

/// A layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    pub layer: &'static str,
    pub state: State,
    pub text: String,
    /// The command, or what else to do about it.
    pub mend: Option<String>,
}

/// All layers, from what was set up to what the system answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    pub method: Option<Method>,
    pub tld: Tld,
    pub layers: Vec<Line>,
}

impl Report {
    /// For `gantry doctor`.
    pub fn findings(&self) -> Vec<Finding> {
        let verdict = |state| match state {
            State::Good => Verdict::Good,
            State::Bad => Verdict::Bad,
            State::NotSetUp => Verdict::NotSetUp,
        };
        let finding = |line: &Line| Finding {
            subject: line.layer.to_owned(),
            verdict: verdict(line.state),
            text: line.text.clone(),
            mend: line.mend.clone(),
        };
        self.layers.iter().map(finding).collect()
    }

    /// Whether no layer is bad; what is not set up is not bad.
    pub fn is_ok(&self) -> bool {
        self.layers.iter().all(|line| line.state != State::Bad)
    }
}

/// Looks at every layer; for `gantry dns status` and for the doctor.
///
/// # Errors
/// There is no home directory; the registry or the record cannot be read.
pub fn state(app: &mut App) -> Result<Report> {
    let tld = app.tld()?;
    let record = Record::load()?;
    let mut report = Report { method: record.as_ref().map(|record| record.method), tld, layers: Vec::new() };
    let facts = Facts::gather(&own(record.as_ref()));
    if let Some(record) = &record {
        report.layers.push(Line::good("method", format!("{} for .{}", record.method, record.tld)));
        report.layers.extend(record.changes.iter().filter_map(line_of));
    } else if tld == Tld::Localhost {
        report.layers.push(Line::good("method", "none: names end in .localhost".to_owned()));
    } else {
        report.layers.push(Line::not_set_up());
    }
    if !facts.is_macos {
        report.layers.push(Line::good("resolver", format!("{}, by {}", facts.who(), facts.resolv_conf.display())));
    }
    if record.is_some() || tld == Tld::Localhost {
        report.layers.push(resolution(tld, record.as_ref())?);
    }
    Ok(report)
}

/// What is gantry's own, as resolvectl prints it; without a record, that of a dnsmasq that a printed script started.
pub(super) fn own(record: Option<&Record>) -> Own {
    let own = record.map(Record::own).unwrap_or_default();
    let running = || daemon::running_port().ok()?.map(|port| format!("127.0.0.1:{port}"));
    Own { address: own.address.or_else(running), ..own }
}

/// How one of the changes stands.
pub(super) fn line_of(change: &Change) -> Option<Line> {
    let again = "gantry dns setup";
    match change {
        Change::Daemon { port, .. } => Some(dnsmasq(*port)),
        Change::File { path, contents, .. } => Some(match place::read(path) {
            Some(found) if found == contents.as_bytes() => Line::good("file", path.display().to_string()),
            Some(_) => {
                let text = format!("{} was changed since gantry wrote it", path.display());
                Line::bad("file", text, "gantry dns remove, then gantry dns setup")
            }
            None => Line::bad("file", format!("{} is gone", path.display()), again),
        }),
        Change::Link { name, .. } => Some(match (place::has_link(name), place::is_made(change)) {
            (_, true) => Line::good("link", name.clone()),
            (true, false) => Line::bad("link", format!("systemd-resolved has forgotten what {name} is for"), again),
            (false, false) => Line::bad("link", format!("{name} is gone; it does not outlive a reboot"), again),
        }),
        Change::Directory { .. } | Change::Reload { .. } => None,
    }
}

fn dnsmasq(port: u16) -> Line {
    match daemon::running() {
        Ok(Some(pid)) => Line::good("dnsmasq", format!("process {pid} on 127.0.0.1:{port}")),
        Ok(None) => Line::bad("dnsmasq", format!("gantry's dnsmasq on port {port} is down"), "gantry dns start"),
        Err(error) => Line::bad("dnsmasq", format!("{error:#}"), "gantry dns start"),
    }
}

/// Whether a name that nobody has asked for before is resolved to this machine.
fn resolution(tld: Tld, record: Option<&Record>) -> Result<Line> {
    let name = probe::random_name(tld);
    let found = probe::ask_system(&name)?;
    if !found.is_empty() && found.iter().all(std::net::IpAddr::is_loopback) {
        return Ok(Line::good("resolution", format!("{name} is {}", probe::list(&found))));
    }
    if tld == Tld::Localhost {
        let text = "browsers and curl know names under .localhost; this system's resolver does not".to_owned();
        return Ok(Line::good("resolution", text));
    }
    let mut why = match found.as_slice() {
        [] => format!("{name} is not found"),
        found => format!("{name} is {}", probe::list(found)),
    };
    let direct = record.and_then(server_of).map(|server| query::addresses(server, &name));
    if let Some(Err(error)) = direct {
        why += &format!("; dnsmasq itself: {error}");
    }
    Ok(Line::bad("resolution", why, &format!("gantry dns test {name}")))
}

/// The dnsmasq that has to answer.
pub(super) fn server_of(record: &Record) -> Option<std::net::SocketAddr> {
    let port = match record.method {
        Method::NetworkManager | Method::Dnsmasq => Some(53),
        _ => record.port(),
    };
    port.map(|port| (std::net::Ipv4Addr::LOCALHOST, port).into())
}

impl Line {
    pub(super) fn good(layer: &'static str, text: String) -> Line {
        Line { layer, state: State::Good, text, mend: None }
    }

    pub(super) fn bad(layer: &'static str, text: String, mend: &str) -> Line {
        Line { layer, state: State::Bad, text, mend: Some(mend.to_owned()) }
    }

    pub(super) fn not_set_up() -> Line {
        let mend = Some("gantry dns setup".to_owned());
        Line { layer: "method", state: State::NotSetUp, text: "nothing is set up".to_owned(), mend }
    }
}
