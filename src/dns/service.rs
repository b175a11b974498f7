//! gantry's own dnsmasq, as it was set up: started again after a reboot, and stopped.

use anyhow::Result;

use super::apply::{Tell, acquire, make};
use super::change::{Change, Privilege};
use super::error::DnsError;
use super::record::Record;
use super::{daemon, place};
use crate::sys::signals::Interrupts;

/// A dnsmasq that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running {
    pub pid: u32,
    pub port: u16,
    /// It was started now, or its link made now.
    pub is_new: bool,
}

/// Starts gantry's own dnsmasq, and makes the link that leads to it where a reboot has taken that; `None` where what is
/// set up needs neither.
///
/// # Errors
/// [`DnsError`]: nothing is set up; it does not start.
pub fn start(privilege: Privilege, tell: &mut Tell<'_>, interrupts: &Interrupts) -> Result<Option<Running>> {
    let _lock = acquire(tell, interrupts)?;
    let record = Record::load()?.ok_or(DnsError::NotSetUp)?;
    let found = record.changes.iter().find_map(|change| match change {
        Change::Daemon { port, contents, .. } => Some((*port, contents)),
        _ => None,
    });
    let Some((port, contents)) = found else { return Ok(None) };
    let mut is_new = daemon::start(port, contents)?;
    let pid = daemon::running()?.ok_or_else(|| DnsError::NotStarted { why: "it has ended".to_owned() })?;
    let is_lost = |change: &&Change| matches!(change, Change::Link { .. }) && !place::is_made(change);
    for link in record.changes.iter().filter(is_lost) {
        make(link, privilege, interrupts, tell).map_err(|error| {
            let commands = link.commands().iter().map(|command| command.shown(privilege)).collect();
            DnsError::NoLink { why: format!("{error:#}"), commands }
        })?;
        is_new = true;
    }
    Ok(Some(Running { pid, port, is_new }))
}

/// Stops gantry's own dnsmasq; says whether it ran.
///
/// # Errors
/// [`DnsError::NotSetUp`], [`DnsError::NoOwnDnsmasq`]; it does not end.
pub fn stop(tell: &mut Tell<'_>, interrupts: &Interrupts) -> Result<bool> {
    let _lock = acquire(tell, interrupts)?;
    let record = Record::load()?.ok_or(DnsError::NotSetUp)?;
    match record.port() {
        Some(_) => daemon::stop(),
        None => Err(DnsError::NoOwnDnsmasq { method: record.method }.into()),
    }
}
