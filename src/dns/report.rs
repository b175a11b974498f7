//! How names are resolved here now, layer by layer.

use serde::Serialize;

use anyhow::Result;

use super::facts::Facts;
use super::layer::{Line, State, line_of};
use super::method::Method;
use super::record::{Record, own};
use super::{probe, query};
use crate::app::App;
use crate::model::{Finding, Tld, Verdict};

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
    let direct = record.and_then(Record::server).map(|server| query::addresses(server, &name));
    if let Some(Err(error)) = direct {
        why += &format!("; dnsmasq itself: {error}");
    }
    Ok(Line::bad("resolution", why, &format!("gantry dns test {name}")))
}
