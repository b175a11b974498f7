//! What each trust store holds, and how it comes to trust the CA or ceases to.

use std::path::Path;

use super::place::Place;
use super::profiles::{self, Database};
use super::store::{Done, Holding, Lack, Store, Trust};
use super::x509::Certificate;
use super::{CertsError, java, mkcert, nss, system};
use crate::sys::{env, process};

impl Store {
    /// All of them or, where the user has told mkcert so, those that `TRUST_STORES` lists.
    pub(super) fn all_wanted() -> Vec<Store> {
        let listed = env::var("TRUST_STORES");
        let is_wanted =
            |store: &Store| listed.as_ref().is_none_or(|it| it.split(',').any(|name| name == store.as_str()));
        Store::ALL.into_iter().filter(is_wanted).collect()
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
        let lacks_sudo = self == Store::System && !process::is_root() && process::find_program("sudo").is_none();
        let no_sudo = || "sudo is not installed, and this user may not change it".to_owned();
        self.absence().or_else(|| lacks_program.then(nss::missing)).or_else(|| lacks_sudo.then(no_sudo))
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
        let detail = match self.holding(authority) {
            Holding { is_held: true, .. } => "it still trusts the CA after that".to_owned(),
            Holding { unknown, .. } if unknown.is_empty() => return Ok(()),
            // A part of it that could not be asked before either is told by the plan.
            Holding { .. } if self == Store::Nss => return Ok(()),
            Holding { unknown, .. } => unknown.join("; "),
        };
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
