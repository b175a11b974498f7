//! The CA: made, trusted, trusted no more, and whether it is still the one that was trusted.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::issue::RENEWED_BEFORE;
use super::mkcert::Root;
use super::place::Place;
use super::stores::Store;
use super::x509::Certificate;
use super::{CertsError, mkcert};
use crate::shell::quote_posix;
use crate::sys::{files, trees};

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
    /// The stores that are left alone, and why.
    pub skipped: Vec<Skipped>,
}

/// A store that is changed.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    pub store: Store,
    /// The files and the commands.
    pub by: Vec<String>,
}

/// A store that is left alone.
#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    pub store: Store,
    pub why: String,
}

/// Whether the CA is the one that `gantry cert setup` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorityState {
    Good,
    /// It cannot issue certificates: its key is gone.
    NoKey,
    /// Others than the user may read its key.
    OpenKey,
    /// mkcert's directory has none any more.
    Lost,
    /// mkcert's directory has another one.
    Replaced,
    /// It is over.
    Expired,
    /// It ends within 30 days.
    EndsSoon,
    /// mkcert is not there to ask.
    Unknown,
}

/// What has `stores` trust the CA; without a list, all that are there.
///
/// # Errors
/// mkcert is missing; the CA has no key; a store that was asked for by name cannot be changed here.
pub fn plan_trust(stores: Option<&[Store]>) -> Result<Plan, CertsError> {
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
        match store.obstacle() {
            Some(detail) if stores.is_some() => return Err(CertsError::Store { store: store.as_str(), detail }),
            Some(why) => plan.skipped.push(Skipped { store: *store, why }),
            None if root.certificate.as_ref().is_some_and(|it| store.holds(it) && store.trusts(it)) => {}
            None => plan.changes.push(Change { store: *store, by: store.changes(root.certificate.as_ref()) }),
        }
    }
    Ok(plan)
}

/// Makes the CA where there is none, and has the stores trust it: all of them or, where one fails, none. From then on
/// certificates are set up.
///
/// # Errors
/// [`CertsError::Store`] with the store that failed; mkcert fails.
pub fn trust(plan: &Plan) -> Result<(), CertsError> {
    let place = Place::require()?;
    let _lock = place.lock()?;
    // One that cannot be read is replaced.
    let is_new = matches!(place.authority(), Ok(None));
    if plan.makes_authority {
        mkcert::make_authority(&plan.directory)?;
    }
    let root = Root::find(&place)?;
    let authority = root.require_usable()?.clone();
    place.adopt(&root)?;
    let mut done = Vec::new();
    for Change { store, .. } in &plan.changes {
        let was_there = store.holds(&authority);
        if let Err(error) = store.install(&place, &root.directory, &authority) {
            done.extend((!was_there && store.holds(&authority)).then_some(*store));
            undo(&place, &root, &authority, &done, plan.makes_authority, is_new);
            return Err(error);
        }
        done.extend((!was_there).then_some(*store));
    }
    Ok(())
}

/// As well as it can be done: the error that led here says more than another one.
fn undo(place: &Place, root: &Root, authority: &Certificate, done: &[Store], was_made: bool, was_new: bool) {
    for store in done.iter().rev() {
        let _ = store.uninstall(place, authority, &place.authority_file());
    }
    if was_new {
        let _ = files::remove(&place.authority_file());
    }
    if was_made {
        remove_root(root);
    }
}

/// What takes the CA, and those that it has replaced, out of the stores.
///
/// # Errors
/// [`CertsError::NotSetUp`], where there is no CA to take out either.
pub fn plan_distrust(stores: Option<&[Store]>) -> Result<Plan, CertsError> {
    let place = Place::require()?;
    let authorities = known(&place)?;
    let directory = Root::find(&place).map(|root| root.directory).unwrap_or_default();
    let mut plan = Plan::new(directory);
    for store in stores.unwrap_or(&Store::ALL) {
        if store.obstacle().is_none() && authorities.iter().any(|(authority, _)| store.holds(authority)) {
            let holder = authorities.iter().find(|(authority, _)| store.holds(authority));
            plan.changes.push(Change { store: *store, by: store.removals(holder.map(|(authority, _)| authority)) });
        }
    }
    Ok(plan)
}

/// Takes the CA out of the stores. Certificates stay, and so does the CA.
///
/// # Errors
/// [`CertsError::Store`]; the stores before it in the plan are changed then.
pub fn distrust(plan: &Plan) -> Result<(), CertsError> {
    let place = Place::require()?;
    let _lock = place.lock()?;
    for (authority, file) in known(&place)? {
        for Change { store, .. } in plan.changes.iter().filter(|it| it.store.holds(&authority)) {
            store.uninstall(&place, &authority, &file)?;
        }
    }
    place.forget_former();
    Ok(())
}

/// Forgets all that was issued, and gantry's copy of the CA; with `with_root`, mkcert's CA too.
///
/// # Errors
/// The files cannot be removed.
pub fn remove(with_root: bool) -> Result<(), CertsError> {
    let place = Place::require()?;
    if with_root {
        remove_root(&Root::find(&place)?);
    }
    match trees::remove(&place.0) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(CertsError::system("remove", &place.0)(error))
        }
        _ => Ok(()),
    }
}

/// Where mkcert keeps its CA, or would.
///
/// # Errors
/// mkcert is missing, or its CA unreadable.
pub fn directory() -> Result<PathBuf, CertsError> {
    Root::find(&Place::require()?).map(|root| root.directory)
}

/// The stores that hold the CA, or one that it has replaced.
///
/// # Errors
/// The CA's copy cannot be read.
pub fn holders() -> Result<Vec<Store>, CertsError> {
    let known = known(&Place::require()?)?;
    Ok(Store::ALL.into_iter().filter(|store| known.iter().any(|(authority, _)| store.holds(authority))).collect())
}

/// How the CA stands beside the copy of it.
pub(super) fn state(copy: &Certificate, root: Option<&Root>, now: i64) -> AuthorityState {
    let Some(root) = root else { return AuthorityState::Unknown };
    match &root.certificate {
        None => AuthorityState::Lost,
        Some(today) if today.der != copy.der => AuthorityState::Replaced,
        Some(_) if !root.has_key => AuthorityState::NoKey,
        Some(today) if today.until < now => AuthorityState::Expired,
        Some(_) if root.is_key_open() => AuthorityState::OpenKey,
        Some(today) if today.days_left(now) < RENEWED_BEFORE => AuthorityState::EndsSoon,
        Some(_) => AuthorityState::Good,
    }
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

fn remove_root(root: &Root) {
    for file in [root.file(), root.key()] {
        let _ = files::remove(&file);
    }
    trees::remove_empty(&root.directory);
}

impl Plan {
    fn new(directory: PathBuf) -> Plan {
        Plan {
            directory,
            makes_authority: false,
            replaces_authority: false,
            passed_over: None,
            changes: Vec::new(),
            skipped: Vec::new(),
        }
    }
}

impl AuthorityState {
    /// For a person.
    pub const fn describe(self) -> &'static str {
        match self {
            AuthorityState::Good => "good",
            AuthorityState::NoKey => "its key is gone",
            AuthorityState::OpenKey => "others may read its key",
            AuthorityState::Lost => "lost",
            AuthorityState::Replaced => "replaced by another one",
            AuthorityState::Expired => "expired",
            AuthorityState::EndsSoon => "ends soon",
            AuthorityState::Unknown => "unknown, since mkcert is not installed",
        }
    }

    /// The way out; `None` where nothing is wrong. `key` is where the CA's key lies.
    pub fn mend(self, key: Option<&Path>) -> Option<String> {
        let key = key.map_or_else(|| "rootCA-key.pem".to_owned(), |key| key.display().to_string());
        let anew = "make a new CA: `gantry cert untrust`, `gantry cert remove --ca`, `gantry cert setup`";
        match self {
            AuthorityState::Good => None,
            AuthorityState::NoKey => Some(format!("restore rootCA-key.pem, or {anew}")),
            AuthorityState::OpenKey => Some(format!(
                "`chmod go= {}`; whoever has read it can pose as any site to your browsers: where that may be, {anew}",
                quote_posix(&key)
            )),
            AuthorityState::Lost => Some(
                "restore rootCA.pem and rootCA-key.pem, or make a new CA: `gantry cert untrust`, then \
                 `gantry cert setup`"
                    .to_owned(),
            ),
            AuthorityState::Replaced => Some(
                "`gantry cert setup` takes the new one and has it trusted, `gantry cert untrust` before that takes the \
                 old one out"
                    .to_owned(),
            ),
            AuthorityState::Expired | AuthorityState::EndsSoon => Some(anew.to_owned()),
            AuthorityState::Unknown => Some("install mkcert".to_owned()),
        }
    }
}
