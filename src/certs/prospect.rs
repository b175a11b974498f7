//! Which names are certified, or can be, as far as looking tells: nothing is issued.

use std::cell::OnceCell;

use super::issue;
use super::mkcert::Root;
use super::place::Place;
use super::x509::Certificate;
use crate::model::DomainName;

/// What [`ensure`](super::ensure) would come to.
#[derive(Debug)]
pub struct Prospects {
    /// With the copy of the CA's certificate; `None` where certificates are not set up.
    place: Option<(Place, Certificate)>,
    /// mkcert is asked where a domain needs it, and once.
    may_issue: OnceCell<bool>,
}

impl Prospects {
    /// # Errors
    /// There is no home directory.
    pub fn look() -> anyhow::Result<Prospects> {
        let place = Place::find()?;
        // Without the copy of the CA's certificate, nothing is said to be certified.
        let copy = place.require_authority().ok();
        Ok(Prospects { place: copy.map(|copy| (place, copy)), may_issue: OnceCell::new() })
    }

    /// Whether a certificate lies there that can be served with, or one can be issued.
    pub fn include(&self, domain: &DomainName) -> bool {
        let Some((place, copy)) = &self.place else { return false };
        let may_issue = || Root::find(place).is_ok_and(|root| root.require_same(copy).is_ok());
        issue::is_there(place, domain) || *self.may_issue.get_or_init(may_issue)
    }
}
