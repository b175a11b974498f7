//! Having stores trust the CA, which is made where there is none: all of them or, where one fails, none.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::mkcert::Root;
use super::place::{Adoption, Place};
use super::store::{Done, Store};
use super::x509::Certificate;
use super::{CertsError, mkcert};
use crate::sys::files;
use crate::sys::signals::Interrupts;

/// What has to be done so that stores trust the CA, or trust it no more. Nothing is changed by looking.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// mkcert's directory.
    pub directory: PathBuf,
    /// There is no CA yet: it is made.
    pub makes_authority: bool,
    /// The CA has replaced the one that was set up, and takes its place.
    pub replaces_authority: bool,
    /// Where the environment leads mkcert, though the CA that was set up lies elsewhere.
    pub passed_over: Option<PathBuf>,
    pub changes: Vec<Change>,
    /// The stores that are left alone, or parts of them, and why.
    pub skipped: Vec<Skipped>,
}

/// A store that is changed.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    pub store: Store,
    /// The files and the commands.
    pub by: Vec<String>,
}

/// A store that is left alone, or a part of it.
#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    pub store: Store,
    pub why: String,
}

/// What sets certificates up, with `stores` trusting the CA; without a list, all that are there.
///
/// # Errors
/// mkcert is missing; the CA has no key or is over; a store that was asked for by name cannot be changed here.
pub fn plan_setup(stores: Option<&[Store]>) -> Result<Plan, CertsError> {
    let place = Place::require()?;
    let root = Root::find(&place)?;
    if root.certificate.is_some() {
        root.require_usable()?;
    }
    let mut plan = Plan::new(root.directory.clone());
    plan.makes_authority = root.certificate.is_none();
    // One that cannot be read is replaced, and nobody knows by what.
    let copy = place.authority().ok().flatten();
    plan.replaces_authority =
        root.certificate.as_ref().zip(copy.as_ref()).is_some_and(|(today, copy)| today.der != copy.der);
    let place_of = |one: &Path| files::canonicalize(one).unwrap_or_else(|_| one.to_owned());
    let elsewhere = |directory: &PathBuf| place_of(directory) != place_of(&root.directory);
    plan.passed_over = Root::directory_by_environment().ok().filter(elsewhere);
    for store in stores.unwrap_or(&Store::all_wanted()) {
        plan.add(&place, *store, root.certificate.as_ref(), stores.is_some())?;
    }
    Ok(plan)
}

/// What has `stores` trust the CA that was set up, or the one that has replaced it.
///
/// # Errors
/// As [`plan_setup`]; [`CertsError::AuthorityLost`].
pub fn plan_trust(stores: Option<&[Store]>) -> Result<Plan, CertsError> {
    match plan_setup(stores)? {
        Plan { makes_authority: true, directory: root, .. } => Err(CertsError::AuthorityLost { root }),
        plan => Ok(plan),
    }
}

/// Makes the CA where the plan says so and there still is none, and has the stores trust it: all of them or, where one
/// fails or an interruption comes, none. From then on certificates are set up.
///
/// # Errors
/// [`CertsError::Store`] with the store that failed, [`CertsError::Interrupted`], [`CertsError::Left`]; mkcert fails.
pub fn trust(plan: &Plan, interrupts: &Interrupts) -> Result<(), CertsError> {
    let place = Place::require()?;
    let _lock = place.lock(interrupts)?;
    let mut attempt = Attempt { place: &place, made: None, adoption: None, done: Vec::new() };
    attempt.make(plan, interrupts).map_err(|error| attempt.undo(error, interrupts))
}

/// What was changed so far.
struct Attempt<'a> {
    place: &'a Place,
    /// The CA that was made for it, and is nobody else's.
    made: Option<Root>,
    adoption: Option<Adoption>,
    done: Vec<Done>,
}

impl Attempt<'_> {
    fn make(&mut self, plan: &Plan, interrupts: &Interrupts) -> Result<(), CertsError> {
        // The plan is older than the lock, and the answer to a question may have been long in coming.
        let mut root = Root::find(self.place)?;
        if root.certificate.is_none() && plan.makes_authority {
            self.made = Some(root.clone());
            mkcert::make_authority(&root.directory)?;
            root = Root::find(self.place)?;
        }
        let authority = root.require_usable()?;
        self.adoption = Some(self.place.adopt(&root.directory, &root.file())?);
        for change in &plan.changes {
            require_uninterrupted(interrupts)?;
            change.store.install(self.place, &root.directory, authority, &mut self.done)?;
        }
        require_uninterrupted(interrupts)
    }

    /// Puts everything back, and gives the error with what could not be.
    fn undo(&self, error: CertsError, interrupts: &Interrupts) -> CertsError {
        let mut left = Vec::new();
        if let Ok(Some(authority)) = self.place.authority() {
            let failed = self.done.iter().rev().filter(|done| done.put_back(self.place, &authority).is_err());
            left.extend(failed.map(|done| done.store().as_str()));
            left.dedup();
        }
        // A store that still holds it is told by the copy what to take out, and whoever has the key can use that trust.
        if left.is_empty() {
            self.adoption.iter().for_each(|adoption| self.place.abandon(adoption));
            if let Some(root) = &self.made {
                root.remove();
            }
        }
        match interrupts.received() {
            // Ctrl-C ends mkcert too, which then says nothing worth telling.
            Some(signal) => CertsError::Interrupted { signal, left },
            None if left.is_empty() => error,
            None => CertsError::Left { cause: Box::new(error), stores: left },
        }
    }
}

/// # Errors
/// [`CertsError::Interrupted`].
pub(super) fn require_uninterrupted(interrupts: &Interrupts) -> Result<(), CertsError> {
    match interrupts.received() {
        Some(signal) => Err(CertsError::Interrupted { signal, left: Vec::new() }),
        None => Ok(()),
    }
}

impl Plan {
    pub(super) fn new(directory: PathBuf) -> Plan {
        Plan {
            directory,
            makes_authority: false,
            replaces_authority: false,
            passed_over: None,
            changes: Vec::new(),
            skipped: Vec::new(),
        }
    }

    /// Adds what the store needs.
    fn add(
        &mut self,
        place: &Place,
        store: Store,
        authority: Option<&Certificate>,
        by_name: bool,
    ) -> Result<(), CertsError> {
        let refused = |detail: String| Err(CertsError::Store { store: store.as_str(), detail });
        if let Some(why) = store.obstacle() {
            if by_name {
                return refused(why);
            }
            self.skipped.push(Skipped { store, why });
            return Ok(());
        }
        let lack = store.lack(place, authority);
        if by_name && !lack.is_open && !lack.is_trusted {
            return refused(lack.closed.join("; "));
        }
        self.skipped.extend(lack.closed.into_iter().map(|why| Skipped { store, why }));
        if lack.is_open {
            self.changes.push(Change { store, by: store.changes(place, authority) });
        }
        Ok(())
    }
}
