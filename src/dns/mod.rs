//! Names of this machine: every name under one domain (`.test`) leads to 127.0.0.1 and ::1, in every program.
//!
//! What resolves names here decides how it is told ([`Method`]): the least invasive way that works. A set-up is a
//! [`Plan`] before it is anything else: each change with its exact commands and those that take it back. What was changed
//! is kept in a record, so that taking it back leaves everything as it was, byte for byte; a change that fails takes those
//! before it back.
//!
//! It never edits `/etc/resolv.conf`, never takes port 53 from anybody, never overwrites a file that it did not write, and
//! passes no query on: gantry's own dnsmasq, where one is needed, refuses every name outside of the domain.

mod apply;
mod change;
mod choose;
mod daemon;
mod error;
mod facts;
mod layer;
mod method;
mod place;
mod plan;
mod probe;
mod query;
mod record;
mod report;
mod script;
mod service;

use std::path::Path;

use anyhow::Result;

use crate::app::App;
use crate::model::Tld;
use crate::sys::{files, process};

pub use apply::{remove, set_up};
pub use change::{Change, Privilege};
pub use error::DnsError;
pub use layer::{Line, State};
pub use method::Method;
pub use plan::Plan;
pub use probe::{ask_system, examine, list};
pub use record::Record;
pub use report::{Report, state};
pub use script::of_removal as script_of_removal;
pub use service::{Running, start, stop};

/// What the user asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    pub method: Option<Method>,
    pub tld: Option<Tld>,
}

/// What a set-up would change; nothing is changed yet.
///
/// # Errors
/// [`DnsError`]: nothing of it works here, something is in the way, or a program is missing.
pub fn plan(app: &mut App, wish: Wish) -> Result<Plan> {
    let record = Record::load()?;
    let facts = facts::Facts::gather(&record::own(record.as_ref()));
    let method = choose::method(&facts, wish, record.as_ref())?;
    let tld = choose::tld(app.tld()?, method, wish, record.as_ref())?;
    if method.has_own_dnsmasq() {
        daemon::require_program()?;
    }
    let drafts = daemon::dir()?;
    let site = plan::Site {
        method,
        tld,
        port: choose_port(record.as_ref())?,
        has_ipv6: daemon::has_ipv6(),
        drafts: &drafts,
        has_systemctl: process::find_program("systemctl").is_some(),
    };
    let is_foreign_dir = |path: &Path| files::is_dir(path) && !record.as_ref().is_some_and(|it| it.made_dir(path));
    let changes = plan::changes(&facts, &site, &is_foreign_dir);
    let edited = record.as_ref().map(Record::edited).unwrap_or_default();
    if !edited.is_empty() {
        return Err(DnsError::Edited { files: edited }.into());
    }
    let has_link = place::has_link(method::LINK);
    if let Err(error) = plan::require_free(&changes, record.as_ref(), &place::read, has_link, &place::is_made) {
        // What looks foreign may be another gantry's that is just at it.
        return Err(if Record::load()? == record { error } else { DnsError::Changed }.into());
    }
    let (stands, replaces) = match record {
        Some(record) if record.is_of(method, tld, &changes) => (Some(record), None),
        other => (None, other),
    };
    let mut is_broken = false;
    let pending = match (&replaces, &stands) {
        // What stands goes away first.
        (Some(_), _) => changes.clone(),
        (None, None) => pending(&changes, true),
        (None, Some(record)) => {
            let pending = pending(&changes, record.owes_reload);
            is_broken = pending.is_empty() && !changes.is_empty() && !probe::is_resolved(tld)?;
            // All is there, and the resolver has not read it, or not this.
            if is_broken { self::pending(&changes, true) } else { pending }
        }
    };
    require_whole_dnsmasq(&facts, method, &pending)?;
    require_sudo(&pending)?;
    let asks_for_all = method == Method::Resolved && !facts.resolved.as_ref().is_some_and(|it| it.has_delegates());
    Ok(Plan { method, tld, changes, pending, replaces, stands, is_broken, asks_for_all, sets_tld: app.tld()? != tld })
}

/// What is not in place, and what reads files again where one of them is new or that is owed.
fn pending(changes: &[Change], owes_reload: bool) -> Vec<Change> {
    let absent: Vec<&Change> = changes.iter().filter(|change| !place::is_made(change)).collect();
    let reads_again = owes_reload || absent.iter().any(|change| !matches!(change, Change::Daemon { .. }));
    let is_pending = |change: &&Change| absent.contains(change) || change.is_reload() && reads_again;
    changes.iter().filter(is_pending).cloned().collect()
}

/// One that would not come back from a restart takes all names of the machine with it.
fn require_whole_dnsmasq(facts: &facts::Facts, method: Method, pending: &[Change]) -> Result<(), DnsError> {
    match facts.complaint_of_dnsmasq() {
        Some(why) if method == Method::Dnsmasq && pending.iter().any(Change::is_reload) => {
            Err(DnsError::BrokenDnsmasq { why })
        }
        _ => Ok(()),
    }
}

/// The port that was told to the resolver stays as long as nobody else has it.
fn choose_port(record: Option<&Record>) -> Result<u16> {
    match daemon::running_port()? {
        Some(port) => Ok(port),
        None => Ok(daemon::free_port(record.and_then(Record::port))?),
    }
}

fn require_sudo(changes: &[Change]) -> Result<(), DnsError> {
    let needs_root = changes.iter().flat_map(Change::commands).any(|command| command.as_root);
    match needs_root && !process::is_root() && process::find_program("sudo").is_none() {
        true => Err(DnsError::Missing { program: "sudo" }),
        false => Ok(()),
    }
}

/// The plan as a shell script, for who wants to run its commands by hand.
///
/// # Errors
/// There is no home directory.
pub fn script_of_plan(plan: &Plan, privilege: Privilege) -> Result<String> {
    Ok(script::of_plan(plan, &record::path()?, privilege))
}

/// How commands get their rights, where somebody can be asked for a password or not.
pub fn privilege(can_ask: bool) -> Privilege {
    match (process::is_root(), can_ask) {
        (true, _) => Privilege::Root,
        (false, true) => Privilege::Sudo,
        (false, false) => Privilege::SilentSudo,
    }
}
