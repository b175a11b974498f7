//! Taking the CA, and those that it has replaced, out of the stores.
//!
//! What cannot be asked is not taken for a no: a CA is forgotten only when every store was asked and does not hold it.

use std::path::PathBuf;

use super::CertsError;
use super::mkcert::Root;
use super::place::Place;
use super::store::{Holding, Store};
use super::trust::{Change, Plan, Skipped, require_uninterrupted};
use super::x509::Certificate;
use crate::sys::signals::Interrupts;

/// The stores that hold a CA of gantry's, and those that cannot be asked.
#[derive(Clone, Debug, Default)]
pub struct Holders {
    pub stores: Vec<Store>,
    pub unknown: Vec<Skipped>,
}

/// What takes the CA, and those that it has replaced, out of the stores.
///
/// # Errors
/// [`CertsError::NotSetUp`], where there is no CA to take out either; a store that was asked for by name is not there or
/// cannot be asked.
pub fn plan_distrust(stores: Option<&[Store]>) -> Result<Plan, CertsError> {
    let place = Place::require()?;
    let authorities = known(&place)?;
    let mut plan = Plan::new(Root::find(&place).map(|root| root.directory).unwrap_or_default());
    for store in stores.unwrap_or(&Store::ALL).iter().copied() {
        let holdings = authorities.iter().map(|(authority, _)| (authority, store.holding(authority)));
        let holdings: Vec<(&Certificate, Holding)> = holdings.collect();
        let mut reasons: Vec<String> = store.absence().into_iter().collect();
        reasons.extend(unknown(holdings.iter().map(|(_, holding)| holding)));
        if stores.is_some() && !reasons.is_empty() {
            return Err(CertsError::Store { store: store.as_str(), detail: reasons.join("; ") });
        }
        plan.skipped.extend(reasons.into_iter().map(|why| Skipped { store, why }));
        let held = holdings.iter().filter(|(_, holding)| holding.is_held);
        let held: Vec<&Certificate> = held.map(|(authority, _)| *authority).collect();
        if !held.is_empty() {
            plan.changes.push(Change { store, by: store.removals(&held) });
        }
    }
    Ok(plan)
}

/// Takes the CA out of the stores. Certificates stay, and so does the CA.
///
/// # Errors
/// [`CertsError::Store`]; [`CertsError::Interrupted`], with the stores that hold it still. Those before it in the plan are
/// changed then.
pub fn distrust(plan: &Plan, interrupts: &Interrupts) -> Result<(), CertsError> {
    let place = Place::require()?;
    let _lock = place.lock(interrupts)?;
    let known = known(&place)?;
    take_out(&place, plan, &known, interrupts).map_err(|error| match interrupts.received() {
        // Ctrl-C ends the program that is just at it too, which then says nothing worth telling.
        Some(signal) => {
            let holds = |store: &Store| known.iter().any(|(authority, _)| store.holding(authority).is_held);
            let stores = plan.changes.iter().map(|change| change.store);
            CertsError::Interrupted { signal, left: stores.filter(holds).map(Store::as_str).collect() }
        }
        None => error,
    })?;
    for file in place.former() {
        let is_over = |(authority, of): &(Certificate, PathBuf)| *of == file && holders_of(authority).is_nobody();
        if known.iter().any(is_over) {
            place.forget_former(&file);
        }
    }
    place.tidy();
    Ok(())
}

fn take_out(
    place: &Place,
    plan: &Plan,
    known: &[(Certificate, PathBuf)],
    interrupts: &Interrupts,
) -> Result<(), CertsError> {
    for (authority, file) in known {
        for Change { store, .. } in &plan.changes {
            require_uninterrupted(interrupts)?;
            if store.holding(authority).is_held {
                store.uninstall(place, authority, file)?;
            }
        }
    }
    require_uninterrupted(interrupts)
}

/// The stores that hold the CA, or one that it has replaced.
///
/// # Errors
/// The CA's copy cannot be read.
pub fn holders() -> Result<Holders, CertsError> {
    holders_in(&Place::require()?)
}

pub(super) fn holders_in(place: &Place) -> Result<Holders, CertsError> {
    let mut all = Holders::default();
    for (authority, _) in known(place)? {
        let Holders { stores, unknown } = holders_of(&authority);
        let is_told = |of: &Skipped, all: &Holders| all.unknown.iter().any(|it| it.why == of.why);
        all.stores.extend(stores);
        for skipped in unknown {
            if !is_told(&skipped, &all) {
                all.unknown.push(skipped);
            }
        }
    }
    all.stores.sort_unstable();
    all.stores.dedup();
    Ok(all)
}

fn holders_of(authority: &Certificate) -> Holders {
    let mut holders = Holders::default();
    for store in Store::ALL {
        let Holding { is_held, unknown } = store.holding(authority);
        holders.stores.extend(is_held.then_some(store));
        holders.unknown.extend(unknown.into_iter().map(|why| Skipped { store, why }));
    }
    holders
}

/// Each reason once.
fn unknown<'a>(holdings: impl Iterator<Item = &'a Holding>) -> Vec<String> {
    let mut reasons: Vec<String> = holdings.flat_map(|holding| holding.unknown.clone()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}

/// Today's CA, gantry's copy and those before it, each once, with a file of it.
fn known(place: &Place) -> Result<Vec<(Certificate, PathBuf)>, CertsError> {
    let mut known: Vec<(Certificate, PathBuf)> = Vec::new();
    let mut add = |certificate: Certificate, file: PathBuf| {
        if !known.iter().any(|(other, _)| other.der == certificate.der) {
            known.push((certificate, file));
        }
    };
    if let Some(copy) = place.authority()? {
        add(copy, place.authority_file());
    }
    for file in place.former() {
        if let Ok(certificate) = Certificate::load(&file) {
            add(certificate, file);
        }
    }
    match Root::find(place) {
        Ok(root) => root.certificate.clone().into_iter().for_each(|certificate| add(certificate, root.file())),
        Err(CertsError::NoMkcert) => {}
        Err(error) => return Err(error),
    }
    if known.is_empty() { Err(CertsError::NotSetUp) } else { Ok(known) }
}

impl Holders {
    /// Every store was asked, and none holds it.
    pub fn is_nobody(&self) -> bool {
        self.stores.is_empty() && self.unknown.is_empty()
    }
}
