//! One layer of how names are resolved here, and what to do about it.

use std::net::Ipv4Addr;

use serde::Serialize;

use super::change::Change;
use super::{daemon, place, query};

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

/// How one of the changes stands.
pub(super) fn line_of(change: &Change) -> Option<Line> {
    let (start, again) = ("gantry dns start", "gantry dns setup");
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
            (true, false) => Line::bad("link", format!("systemd-resolved has forgotten what {name} is for"), start),
            (false, false) => Line::bad("link", format!("{name} is gone; it does not outlive a reboot"), start),
        }),
        Change::Directory { .. } | Change::Reload { .. } => None,
    }
}

fn dnsmasq(port: u16) -> Line {
    match daemon::running() {
        Ok(Some(pid)) => match query::answers((Ipv4Addr::LOCALHOST, port).into()) {
            true => Line::good("dnsmasq", format!("process {pid} on 127.0.0.1:{port}")),
            false => {
                let text = format!("process {pid} on 127.0.0.1:{port} does not answer");
                Line::bad("dnsmasq", text, "gantry dns stop, then gantry dns start")
            }
        },
        Ok(None) => Line::bad("dnsmasq", format!("gantry's dnsmasq on port {port} is down"), "gantry dns start"),
        Err(error) => Line::bad("dnsmasq", format!("{error:#}"), "gantry dns start"),
    }
}
