//! Trust stores that can be changed: what each holds, and how it comes to trust the CA or ceases to.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Serialize;

use super::place::Place;
use super::profiles::{self, Database};
use super::x509::Certificate;
use super::{CertsError, java, mkcert, nss, system};
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

/// What a store says of a CA.
#[derive(Debug, Default)]
pub(super) struct Holding {
    /// The CA is in it, or in a part of it.
    pub is_held: bool,
    /// Why the store, or a part of it, cannot be asked.
    pub unknown: Vec<String>,
}

/// What has to be done so that a store trusts a CA.
#[derive(Debug, Default)]
pub(super) struct Lack {
    /// Something is to be changed.
    pub is_open: bool,
    /// A part of it trusts the CA already.
    pub is_trusted: bool,
    /// Why the store, or a part of it, cannot be changed.
    pub closed: Vec<String>,
}

/// A change that was made, or begun, so that it can be put back.
#[derive(Debug)]
pub(super) enum Done {
    /// The CA was put into a store that did not hold it.
    Store(Store),
    /// Into a database that gave it this trust before, or none.
    Database {
        directory: PathBuf,
        before: Option<String>,
    },
    MadeDatabase,
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

    /// Why there is no such store here.
    pub(super) fn absence(self) -> Option<String> {
        match self {
            Store::System if !system::is_known() => {
                Some("this system keeps certificates in none of the places that mkcert knows".to_owned())
            }
            Store::Nss if profiles::databases().is_empty() && profiles::coming().is_none() => {
                Some("no profile of Firefox or Chromium is there".to_owned())
            }
            Store::Java if java::keytool().is_none() => Some("no Java is there".to_owned()),
            _ => None,
        }
    }

    /// Why it cannot be changed here.
    pub(super) fn obstacle(self) -> Option<String> {
        let lacks_program = self == Store::Nss && !nss::has_certutil();
        self.absence().or_else(|| lacks_program.then(nss::missing))
    }

    /// What having it trust the CA changes, a line a thing.
    pub(super) fn changes(self, place: &Place, authority: Option<&Certificate>) -> Vec<String> {
        match self {
            Store::System => system::additions(authority),
            Store::Nss => {
                let coming = profiles::coming();
                let made = coming.iter().map(|directory| format!("certutil -N -d sql:{}", directory.display()));
                let open = nss::reach(place, authority).open.into_iter().map(|it| it.directory);
                let added = open.chain(coming.clone()).map(|it| format!("certutil -A -t C,, -d sql:{}", it.display()));
                made.chain(added).collect()
            }
            Store::Java => vec![java::command("-importcert")],
        }
    }

    /// What taking the CAs out of it changes, a line a thing.
    pub(super) fn removals(self, authorities: &[&Certificate]) -> Vec<String> {
        match self {
            Store::System => system::removals(authorities),
            Store::Nss => {
                let holds = |it: &Database| authorities.iter().any(|ca| nss::holds(it, ca).unwrap_or(false));
                let holders = profiles::databases().into_iter().filter(holds);
                holders.map(|it| format!("certutil -D -d sql:{}", it.directory.display())).collect()
            }
            Store::Java => vec![java::command("-delete")],
        }
    }

    /// Whether the CA is in it, or in any of it.
    pub(super) fn holding(self, authority: &Certificate) -> Holding {
        let of = |told: Result<bool, String>| match told {
            Ok(is_held) => Holding { is_held, unknown: Vec::new() },
            Err(why) => Holding { is_held: false, unknown: vec![why] },
        };
        match self {
            Store::System => of(system::holds(authority)),
            Store::Nss if !nss::has_certutil() => {
                let unknown = if profiles::databases().is_empty() { Vec::new() } else { vec![nss::missing()] };
                Holding { is_held: false, unknown }
            }
            Store::Nss => {
                let told = profiles::databases().into_iter().map(|it| of(nss::holds(&it, authority)));
                told.fold(Holding::default(), |all, one| Holding {
                    is_held: all.is_held || one.is_held,
                    unknown: [all.unknown, one.unknown].concat(),
                })
            }
            Store::Java => of(match java::trust(authority) {
                (Trust::Unknown, why) => Err(why),
                (trust, _) => Ok(trust == Trust::Trusted),
            }),
        }
    }

    /// What it lacks to trust the CA; without one, a CA that is still to be made.
    pub(super) fn lack(self, place: &Place, authority: Option<&Certificate>) -> Lack {
        let of = |trust: Trust, why: String| Lack {
            is_open: trust == Trust::NotTrusted,
            is_trusted: trust == Trust::Trusted,
            closed: if trust == Trust::Unknown { vec![why] } else { Vec::new() },
        };
        match (self, authority) {
            (Store::Nss, _) => {
                let reach = nss::reach(place, authority);
                let is_open = !reach.open.is_empty() || profiles::coming().is_some();
                Lack { is_open, is_trusted: reach.trusting > 0, closed: reach.closed }
            }
            (_, None) => of(Trust::NotTrusted, String::new()),
            (Store::System, Some(authority)) => match system::holds(authority) {
                Ok(true) if system::counts(authority) => of(Trust::Trusted, String::new()),
                Ok(_) => of(Trust::NotTrusted, String::new()),
                Err(why) => of(Trust::Unknown, why),
            },
            (Store::Java, Some(authority)) => {
                let (trust, why) = java::trust(authority);
                of(trust, why)
            }
        }
    }

    /// Has it trust the CA, which lies in `root`; what was begun is noted before.
    pub(super) fn install(
        self,
        place: &Place,
        root: &Path,
        authority: &Certificate,
        done: &mut Vec<Done>,
    ) -> Result<(), CertsError> {
        if self == Store::Nss {
            nss::install(place, authority, done)?;
        } else {
            let was_held = self.holding(authority).is_held;
            // Put in, and not counted: mkcert takes that for done.
            if was_held && self == Store::System {
                system::uninstall(&place.0, authority, &place.authority_file())?;
            }
            done.extend((!was_held).then_some(Done::Store(self)));
            mkcert::install(self, root)?;
        }
        if !self.lack(place, Some(authority)).is_open {
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
        if !self.holding(authority).is_held {
            return Ok(());
        }
        let detail = "it still trusts the CA after that".to_owned();
        Err(CertsError::Store { store: self.as_str(), detail })
    }
}

impl Done {
    pub(super) fn store(&self) -> Store {
        match self {
            Done::Store(store) => *store,
            Done::Database { .. } | Done::MadeDatabase => Store::Nss,
        }
    }

    /// As it was before.
    ///
    /// # Errors
    /// The store may hold the CA.
    pub(super) fn put_back(&self, place: &Place, authority: &Certificate) -> Result<(), CertsError> {
        match self {
            Done::Store(store) => match store.holding(authority) {
                // It was begun, and came to nothing.
                Holding { is_held: false, unknown } if unknown.is_empty() => Ok(()),
                _ => store.uninstall(place, authority, &place.authority_file()),
            },
            Done::Database { directory, before } => nss::put_back(directory, authority, before.as_deref()),
            Done::MadeDatabase => {
                nss::unmake(place);
                Ok(())
            }
        }
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
