//! The CA: whether it is still the one that was set up, and how it is given up.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::CertsError;
use super::issue::RENEWED_BEFORE;
use super::mkcert::Root;
use super::place::Place;
use super::untrust::holders_in;
use super::x509::Certificate;
use crate::shell::quote_posix;
use crate::sys::clock;
use crate::sys::signals::Interrupts;

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

/// Forgets all that was issued, and gantry's copy of the CA; with `with_root`, mkcert's CA too. Where a store may still
/// hold the CA, what takes it out stays known.
///
/// # Errors
/// The files cannot be removed.
pub fn remove(with_root: bool) -> Result<(), CertsError> {
    let place = Place::require()?;
    let _lock = place.lock(&Interrupts::default())?;
    let may_be_held = match holders_in(&place) {
        Ok(holders) => !holders.is_nobody(),
        Err(error) => !matches!(error, CertsError::NotSetUp),
    };
    if with_root {
        Root::find(&place)?.remove();
    }
    place.give_up(may_be_held)
}

/// Where mkcert keeps its CA, or would.
///
/// # Errors
/// mkcert is missing, or its CA unreadable.
pub fn directory() -> Result<PathBuf, CertsError> {
    Root::find(&Place::require()?).map(|root| root.directory)
}

/// Whether mkcert's directory holds another CA than the one that was set up.
///
/// # Errors
/// The copy of that one cannot be read.
pub fn is_replaced() -> Result<bool, CertsError> {
    let place = Place::require()?;
    let Some(copy) = place.authority()? else { return Ok(false) };
    let root = Root::find(&place).ok();
    Ok(state(&copy, root.as_ref(), clock::now()) == AuthorityState::Replaced)
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
