//! Trust stores that can be changed: what each holds, and how it comes to trust the CA or ceases to.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::Serialize;

use super::place::Place;
use super::x509::Certificate;
use super::{CertsError, java, mkcert, nss, profiles, system};
use crate::sys::env;

/// A store that can be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Store {
    /// What curl, git, Python and most programs go by.
    System,
    /// Firefox's and Chromium's.
    Nss,
    Java,
}

/// Whether somebody trusts the CA.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    Trusted,
    NotTrusted,
    /// There is no such program or profile.
    Absent,
    /// It could not be asked.
    Unknown,
}

impl Store {
    pub const ALL: [Store; 3] = [Store::System, Store::Nss, Store::Java];

    /// All of them or, where the user has told mkcert so, those that `TRUST_STORES` lists.
    pub(super) fn all_wanted() -> Vec<Store> {
        let listed = env::var("TRUST_STORES");
        let is_wanted =
            |store: &Store| listed.as_ref().is_none_or(|it| it.split(',').any(|name| name == store.as_str()));
        Store::ALL.into_iter().filter(is_wanted).collect()
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Store::System => "system",
            Store::Nss => "nss",
            Store::Java => "java",
        }
    }

    /// Why it cannot be changed here.
    pub(super) fn obstacle(self) -> Option<String> {
        match self {
            Store::System if !system::is_known() => {
                Some("this system keeps certificates in none of the places that mkcert knows".to_owned())
            }
            Store::Nss if profiles::databases().is_empty() && profiles::coming().is_none() => {
                Some("no profile of Firefox or Chromium is there".to_owned())
            }
            Store::Nss if !nss::has_certutil() => {
                Some("certutil is not installed: the package libnss3-tools (nss-tools on Fedora) has it".to_owned())
            }
            Store::Java if java::keytool().is_none() => Some("no Java is there".to_owned()),
            _ => None,
        }
    }

    /// What having it trust the CA changes, a line a thing.
    pub(super) fn changes(self, authority: Option<&Certificate>) -> Vec<String> {
        match self {
            Store::System => system::additions(authority),
            Store::Nss => {
                let coming = profiles::coming();
                let made = coming.iter().map(|directory| format!("certutil -N -d sql:{}", directory.display()));
                let directories = profiles::databases().into_iter().map(|it| it.directory).chain(coming.clone());
                let added = directories.map(|it| format!("certutil -A -t C,, -d sql:{}", it.display()));
                made.chain(added).collect()
            }
            Store::Java => vec![java::command("-importcert")],
        }
    }

    /// What taking the CA out of it changes, a line a thing.
    pub(super) fn removals(self, authority: Option<&Certificate>) -> Vec<String> {
        match self {
            Store::System => system::removals(authority),
            Store::Nss => {
                let holds = |it: &profiles::Database| authority.is_none_or(|ca| nss::trust(it, ca).0 == Trust::Trusted);
                let holders = profiles::databases().into_iter().filter(holds);
                holders.map(|it| format!("certutil -D -d sql:{}", it.directory.display())).collect()
            }
            Store::Java => vec![java::command("-delete")],
        }
    }

    /// Whether the CA is in it, or in any of it.
    pub(super) fn holds(self, authority: &Certificate) -> bool {
        match self {
            Store::System => system::holds(authority),
            Store::Nss => profiles::databases().iter().any(|it| nss::trust(it, authority).0 == Trust::Trusted),
            Store::Java => java::trust(authority).0 == Trust::Trusted,
        }
    }

    /// Whether all of it trusts the CA; a store that cannot be asked counts as one that does.
    pub(super) fn trusts(self, authority: &Certificate) -> bool {
        let is_not = |trust: Trust| trust == Trust::NotTrusted;
        match self {
            Store::System => system::holds(authority) && system::counts(authority),
            Store::Nss => {
                profiles::coming().is_none()
                    && !profiles::databases().iter().any(|it| is_not(nss::trust(it, authority).0))
            }
            Store::Java => !is_not(java::trust(authority).0),
        }
    }

    pub(super) fn install(self, place: &Place, root: &Path, authority: &Certificate) -> Result<(), CertsError> {
        match self {
            Store::System => {
                // Put in, and not counted: mkcert takes that for done.
                if system::holds(authority) {
                    system::uninstall(&place.0, authority, &place.authority_file())?;
                }
                mkcert::install(self, root)?;
            }
            Store::Nss => nss::install(place, authority)?,
            Store::Java => mkcert::install(self, root)?,
        }
        if self.trusts(authority) {
            return Ok(());
        }
        let detail = "it does not trust the CA after that".to_owned();
        Err(CertsError::Store { store: self.as_str(), detail })
    }

    /// `file` is the CA's certificate.
    pub(super) fn uninstall(self, place: &Place, authority: &Certificate, file: &Path) -> Result<(), CertsError> {
        match self {
            Store::System => system::uninstall(&place.0, authority, file)?,
            Store::Nss => nss::uninstall(place, authority)?,
            Store::Java => java::uninstall(authority)?,
        }
        if !self.holds(authority) {
            return Ok(());
        }
        let detail = "it still trusts the CA after that".to_owned();
        Err(CertsError::Store { store: self.as_str(), detail })
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Store {
    type Err = String;

    fn from_str(text: &str) -> Result<Store, String> {
        Store::ALL
            .into_iter()
            .find(|store| store.as_str() == text)
            .ok_or_else(|| format!("`{}` is no trust store: system, nss, java, or none", text.escape_debug()))
    }
}

impl Trust {
    pub const fn as_str(self) -> &'static str {
        match self {
            Trust::Trusted => "trusted",
            Trust::NotTrusted => "not trusted",
            Trust::Absent => "not there",
            Trust::Unknown => "unknown",
        }
    }
}
