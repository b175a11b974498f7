//! What was changed, kept until it is taken back: `state_dir/dns/setup.json`.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::change::Change;
use super::daemon::{self, dir};
use super::error::DnsError;
use super::facts::Own;
use super::method::Method;
use super::place;
use crate::model::Tld;
use crate::sys::files;

/// What gantry has changed on this machine. It is written before each change, so that one that was cut short is known
/// too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub(super) format_version: u32,
    pub method: Method,
    pub tld: Tld,
    pub changes: Vec<Change>,
    /// The machine's domain for local names was changed.
    pub tld_setting: Option<Before>,
    /// Something was changed that the resolver may not have read yet.
    #[serde(default)]
    pub owes_reload: bool,
}

/// A setting's value before; `None` where it had none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    pub value: Option<String>,
}

/// More than a record is long.
const LIMIT: u64 = 1 << 20;
const VERSION: u32 = 1;

impl Record {
    pub fn new(method: Method, tld: Tld) -> Record {
        Record { format_version: VERSION, method, tld, changes: Vec::new(), tld_setting: None, owes_reload: false }
    }

    /// What is set up; `None` where nothing is.
    ///
    /// # Errors
    /// [`DnsError::Record`].
    pub fn load() -> Result<Option<Record>> {
        let path = path()?;
        let refused = |why: String| DnsError::Record { path: path.clone(), why };
        let bytes = match files::read_limited(&path, LIMIT) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(error.to_string()).into()),
        };
        let record: Record = serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
        if record.format_version != VERSION {
            return Err(refused(format!("it is of version {}", record.format_version)).into());
        }
        Ok(Some(record))
    }

    /// # Errors
    /// The state directory cannot be written.
    pub fn save(&self) -> Result<()> {
        let path = path()?;
        files::make_private_dir(&dir()?)?;
        files::replace(&path, self.to_json().as_bytes(), 0o600)
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// As it lies in the file.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("texts, numbers and lists of them") + "\n"
    }

    /// The port of gantry's own dnsmasq.
    pub fn port(&self) -> Option<u16> {
        self.changes.iter().find_map(|change| match change {
            Change::Daemon { port, .. } => Some(*port),
            _ => None,
        })
    }

    /// Whether this is what the changes would set up.
    pub fn is_of(&self, method: Method, tld: Tld, changes: &[Change]) -> bool {
        self.method == method && self.tld == tld && self.changes == changes
    }

    /// What is there to take back, the last change first; what makes the resolver read its files again comes at the end.
    pub fn in_order_of_removal(&self) -> Vec<&Change> {
        in_order_of_removal(&self.changes, self.owes_reload)
    }

    /// Keeps that the resolver has to read its files again, before one of them changes.
    ///
    /// # Errors
    /// As [`Record::save`].
    pub(super) fn save_as_owing(&self) -> Result<()> {
        Record { owes_reload: self.changes.iter().any(Change::is_reload), ..self.clone() }.save()
    }

    /// The dnsmasq that has to answer.
    pub(super) fn server(&self) -> Option<SocketAddr> {
        let port = match self.method {
            Method::NetworkManager | Method::Dnsmasq => Some(53),
            _ => self.port(),
        };
        port.map(|port| (Ipv4Addr::LOCALHOST, port).into())
    }

    /// Whether gantry made the directory.
    pub fn made_dir(&self, directory: &Path) -> bool {
        self.changes.iter().any(|change| matches!(change, Change::Directory { path } if path == directory))
    }

    /// The files that hold something else than what gantry wrote; one that is gone was not edited.
    pub fn edited(&self) -> Vec<PathBuf> {
        let files = self.changes.iter().filter_map(|change| match change {
            Change::File { path, contents, .. } => Some((path, contents)),
            _ => None,
        });
        let is_edited = |path: &PathBuf, contents: &String| match files::read_limited(path, LIMIT) {
            Ok(found) => found != contents.as_bytes(),
            Err(error) => error.kind() != ErrorKind::NotFound,
        };
        files.filter(|(path, contents)| is_edited(path, contents)).map(|(path, _)| path.clone()).collect()
    }
}

/// What is gantry's own, as resolvectl prints it; without a record, that of a dnsmasq that a printed script started.
pub(super) fn own(record: Option<&Record>) -> Own {
    let port = record.and_then(Record::port).or_else(|| daemon::running_port().ok()?);
    Own {
        address: port.map(|port| format!("127.0.0.1:{port}")),
        domain: record.map(|record| format!("~{}", record.tld)),
    }
}

/// As [`Record::in_order_of_removal`].
pub fn in_order_of_removal(changes: &[Change], owes_reload: bool) -> Vec<&Change> {
    let (reloads, others): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(|change| change.is_reload());
    let mut order: Vec<&Change> = others.into_iter().rev().filter(|change| place::is_there(change)).collect();
    // Of gantry's own dnsmasq alone, no resolver has to hear.
    if owes_reload || order.iter().any(|change| !matches!(change, Change::Daemon { .. })) {
        order.extend(reloads);
    }
    order
}

/// Where the record lies.
///
/// # Errors
/// There is no home directory.
pub fn path() -> Result<PathBuf> {
    Ok(dir()?.join("setup.json"))
}

/// Removes what gantry keeps of DNS: after it, nothing is set up.
///
/// # Errors
/// What the system says.
pub fn forget() -> Result<()> {
    let dir = dir()?;
    let Ok(names) = files::names_in(&dir) else { return Ok(()) };
    for name in names {
        let path = dir.join(name);
        files::remove(&path).with_context(|| format!("{} cannot be removed", path.display()))?;
    }
    files::remove_dir(&dir).with_context(|| format!("{} cannot be removed", dir.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = Record {
            changes: vec![
                Change::Daemon {
                    port: 5354,
                    contents: "port=5354\n".to_owned(),
                    config: PathBuf::from("/d/dnsmasq.conf"),
                },
                Change::Directory { path: PathBuf::from("/etc/resolver") },
                Change::Reload { command: vec!["true".to_owned()] },
            ],
            tld_setting: Some(Before { value: None }),
            ..Record::new(Method::NetworkManager, Tld::HomeArpa)
        };
        let text = record.to_json();
        assert!(text.contains("\"method\": \"networkmanager\",\n  \"tld\": \"home.arpa\""), "{text}");
        assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
        assert_eq!(record.port(), Some(5354));
    }
}
