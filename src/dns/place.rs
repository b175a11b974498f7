//! Whether changes are in place: looked at as the user, never changed.

use std::path::Path;
use std::time::Duration;

use super::change::Change;
use super::daemon;
use crate::sys::{files, process};

/// More than a file of gantry's is long.
const LIMIT: u64 = 1 << 20;
/// resolvectl answers at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the change is made, as it stands in the plan.
pub fn is_made(change: &Change) -> bool {
    match change {
        Change::Daemon { contents, .. } => daemon::runs_with(contents),
        Change::Directory { path } => files::is_dir(path),
        Change::File { path, contents, .. } => read(path).is_some_and(|found| found == contents.as_bytes()),
        Change::Link { name, server, domain } => {
            has_link(name) && says("dns", name, server) && says("domain", name, domain)
        }
        Change::Reload { .. } => true,
    }
}

/// Whether there is something to take back.
pub fn is_there(change: &Change) -> bool {
    match change {
        Change::Daemon { .. } => daemon::running().is_ok_and(|pid| pid.is_some()),
        Change::Directory { path } => files::is_dir(path),
        Change::File { path, .. } => files::link_metadata(path).is_ok(),
        Change::Link { name, .. } => has_link(name),
        Change::Reload { .. } => true,
    }
}

/// Whether the service runs that the command would have read its files again; one that does not run reads them when it
/// starts, and is not to be started for that.
pub fn is_read_by_anybody(reload: &[String]) -> bool {
    let words: Vec<&str> = reload.iter().map(String::as_str).collect();
    // How each says no: systemctl(1), LSB 5.0 for init scripts, nmcli(1). What says neither is asked to do it, and tells.
    let (program, question, no): (&str, &[&str], &[i32]) = match words.as_slice() {
        ["systemctl", _, service] => ("systemctl", &["is-active", "--quiet", service], &[3, 4]),
        ["service", service, _] => ("service", &[service, "status"], &[1, 2, 3, 4]),
        ["nmcli", ..] => ("nmcli", &["--terse", "general", "status"], &[8]),
        _ => return true,
    };
    let Some(program) = process::find_system_program(program) else { return false };
    let asked = process::capture(&program, question, PATIENCE);
    asked.map_or(true, |said| !said.code.is_some_and(|code| no.contains(&code)))
}

/// What the file holds; empty where that cannot be read, `None` where there is none.
pub fn read(path: &Path) -> Option<Vec<u8>> {
    match files::read_limited(path, LIMIT) {
        Ok(bytes) => Some(bytes),
        Err(_) => files::link_metadata(path).is_ok().then(Vec::new),
    }
}

pub fn is_empty(directory: &Path) -> bool {
    files::names_in(directory).is_ok_and(|names| names.is_empty())
}

/// Whether the kernel has a link of that name.
pub fn has_link(name: &str) -> bool {
    files::link_metadata(&Path::new("/sys/class/net").join(name)).is_ok()
}

/// What systemd-resolved has for the link is forgotten when it restarts, while the link stays.
fn says(what: &str, link: &str, expected: &str) -> bool {
    let Some(resolvectl) = process::find_program("resolvectl") else { return false };
    let said = process::output(&resolvectl, &["--no-pager", what, link], PATIENCE).unwrap_or_default();
    String::from_utf8_lossy(&said).split_whitespace().any(|word| word == expected)
}
