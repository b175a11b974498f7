//! Certificates for projects' names: mkcert's CA, a certificate a project, and who trusts them.
//!
//! The CA is mkcert's, and stays mkcert's: it may serve other tools, so gantry keeps a copy of its certificate to notice
//! when it is replaced, and removes it only when told to. What is issued lies in gantry's state directory
//! (`place.rs`). Nothing here changes a trust store but what [`trust()`] and [`distrust`] are asked to, through mkcert.

mod authority;
mod bundle;
mod clients;
mod error;
mod issue;
mod java;
mod mkcert;
mod nss;
mod place;
mod profiles;
mod prospect;
mod status;
mod store;
mod stores;
mod survey;
mod system;
mod tls;
mod trust;
mod untrust;
mod x509;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::model::{DomainName, Hostname};
use crate::sys::files;
use crate::sys::signals::Interrupts;
pub use authority::{AuthorityState, directory, is_replaced, remove};
pub use bundle::{Exported, exported, input, left_over};
pub use error::CertsError;
pub use issue::{Effort, Standing};
use place::Place;
pub use prospect::Prospects;
pub use status::report;
pub use status::{AuthorityStatus, IssueStatus, Status, authority_info, info, issued, status};
pub use store::{Store, Trust};
pub use survey::StoreStatus;
pub use tls::Shown;
pub use trust::{Plan, plan_setup, plan_trust, trust};
pub use untrust::{Holders, distrust, holders, plan_distrust};
pub use x509::Certificate;

/// A certificate and its key, as PEM files. Both are of one issue, and never change: a renewed certificate has another
/// path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What there is to serve with.
#[derive(Debug)]
pub struct Ensured {
    pub pair: Pair,
    /// Why it is not the one that it should be, though it can be served with.
    pub problem: Option<CertsError>,
}

impl Ensured {
    fn good(pair: Pair) -> Ensured {
        Ensured { pair, problem: None }
    }
}

impl Pair {
    fn in_directory(directory: &Path) -> Pair {
        Pair { certificate: directory.join(place::CERTIFICATE), key: directory.join(place::KEY) }
    }
}

/// Whether `gantry cert setup` has been run: HTTPS is on then.
///
/// # Errors
/// There is no home directory.
pub fn is_set_up() -> Result<bool> {
    Ok(files::is_file(&Place::find()?.authority_file()))
}

/// The certificate of a project, issued or renewed where it is absent, does not cover the names, ends within 30 days, or
/// is of another CA than the one that was set up. `names` may hold wildcards (`*.shop.test`); `domain` names the files.
/// With [`Effort::Anew`] it is a new one, whether the one that is there holds or not; by a CA that has replaced the one
/// before it too, which counts from then on.
///
/// # Errors
/// Certificates are not set up; one has to be issued, and mkcert, its CA or the CA's key is missing; a name is none.
pub fn ensure(domain: &DomainName, names: &[String], effort: Effort) -> Result<Ensured, CertsError> {
    issue::ensure(&Place::require()?, domain, names, effort)
}

/// Forgets what was issued for a project that is none any more, under whichever top-level domain.
///
/// # Errors
/// It cannot be removed.
pub fn forget(hostname: &Hostname) -> Result<(), CertsError> {
    let place = Place::require()?;
    let domains = place.domains();
    let mut gone = domains.iter().filter(|domain| domain.first_label() == hostname.as_str()).peekable();
    let _lock = gone.peek().map(|_| place.lock(&Interrupts::default())).transpose()?;
    gone.try_for_each(|domain| place.forget(domain))
}

/// Shakes hands with whoever listens there under the name, and judges what it shows by the CA.
///
/// # Errors
/// Certificates are not set up; nobody listens, or does not speak TLS.
pub fn look_at(address: SocketAddr, name: &DomainName) -> Result<Shown, CertsError> {
    tls::look_at(address, name, &Place::require()?.require_authority()?)
}

/// The name that a server goes by which only tells who trusts the CA.
fn check_name() -> DomainName {
    "trust-check.gantry.test".parse().expect("a domain name")
}
