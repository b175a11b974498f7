//! Certificates for projects' names: mkcert's CA, a certificate a project, and who trusts them.
//!
//! The CA is mkcert's, and stays mkcert's: it may serve other tools, so gantry keeps a copy of its certificate to notice
//! when it is replaced, and removes it only when told to. What is issued lies in gantry's state directory
//! (`place.rs`). Nothing here changes a trust store but what [`trust`] and [`distrust`] are asked to, through mkcert.

mod error;
mod issue;
mod java;
mod mkcert;
mod place;
mod x509;

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::model::DomainName;
pub use error::CertsError;
pub use issue::{RENEWED_BEFORE, Standing};
use place::Place;
pub use x509::Certificate;

/// A certificate and its key, as PEM files. Both are of one issue, and never change: a renewed certificate has another
/// path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub certificate: PathBuf,
    pub key: PathBuf,
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
    Ok(crate::sys::files::is_file(&Place::find()?.authority_file()))
}

/// The certificate of a project, issued or renewed where it is absent, does not cover the names, ends within 30 days, or
/// is of another CA than today's. `names` may hold wildcards (`*.shop.test`); `domain` names the files.
///
/// # Errors
/// Certificates are not set up; one has to be issued, and mkcert, its CA or the CA's key is missing; a name is none.
pub fn ensure(domain: &DomainName, names: &[String]) -> Result<Pair, CertsError> {
    issue::ensure(&Place::require()?, domain, names, false).map(|(pair, _)| pair)
}

/// The name that a server goes by which only tells who trusts the CA.
fn check_name() -> DomainName {
    "trust-check.gantry.test".parse().expect("a domain name")
}
