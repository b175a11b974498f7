//! Files for programs that do not go by the system's store, and the variables that lead them there.
//!
//! `NODE_EXTRA_CA_CERTS` adds to what Node trusts; the others *replace* what a program trusts, so their file holds the
//! roots that were trusted before, and the CA. Where the user has set such a variable, its file is what was trusted
//! before; where that has the CA in it already, nothing needs to be said.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::place::Place;
use super::system;
use super::x509::{self, Certificate};
use crate::sys::{env, files};

/// A variable, and what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub name: &'static str,
    /// The variable that keeps what the user has set it to.
    pub own_name: &'static str,
    /// `None` where the variable is gantry's and nothing wants it any more.
    pub value: Option<String>,
    /// What the user has set it to, while gantry's own value stands before it.
    pub own: Option<String>,
}

/// A variable that leads a program to a file of roots.
#[derive(Clone, Copy, Debug)]
struct Variable {
    name: &'static str,
    own_name: &'static str,
    effect: Effect,
}

/// What such a variable does to the roots that the program comes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Adds,
    /// The program would otherwise go by a store of its own.
    ReplacesOwn,
    /// The program would otherwise go by the system's.
    ReplacesSystem,
}

/// Node; Python's requests; curl; OpenSSL, and with it Python, Ruby and Go.
const VARIABLES: [Variable; 4] = [
    Variable::new("NODE_EXTRA_CA_CERTS", "GANTRY_NODE_EXTRA_CA_CERTS", Effect::Adds),
    Variable::new("REQUESTS_CA_BUNDLE", "GANTRY_REQUESTS_CA_BUNDLE", Effect::ReplacesOwn),
    CURL,
    Variable::new("SSL_CERT_FILE", "GANTRY_SSL_CERT_FILE", Effect::ReplacesSystem),
];

const CURL: Variable = Variable::new("CURL_CA_BUNDLE", "GANTRY_CURL_CA_BUNDLE", Effect::ReplacesSystem);

/// The variables that have programs trust the CA; `None` where certificates are not set up. Writes the files that they
/// lead to where those are absent or not as they should be.
///
/// # Errors
/// There is no home directory; a file cannot be read or written.
pub fn exported() -> Result<Option<Vec<Exported>>> {
    let place = Place::find()?;
    let Some(authority) = place.authority()? else { return Ok(None) };
    let system = system::bundle();
    let exported = VARIABLES.iter().map(|variable| variable.exported(&place, &authority, system.as_deref()));
    Ok(Some(exported.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect()))
}

/// What an earlier call has left in the environment and nothing wants any more, with what the user had before.
pub fn left_over() -> Vec<Exported> {
    let set = VARIABLES.iter().filter(|variable| env::path(variable.name).is_some());
    let set: Vec<&Variable> = set.collect();
    // Without such a variable nobody needs to know where gantry's files lie.
    let Some(Ok(place)) = (!set.is_empty()).then(Place::find) else { return Vec::new() };
    let ours = set.into_iter().filter(|variable| variable.is_ours(&place));
    ours.map(|variable| variable.set_to(variable.own(&place), None)).collect()
}

/// The file that decides whether there is something to export.
///
/// # Errors
/// There is no home directory.
pub fn input() -> Result<PathBuf> {
    Ok(Place::find()?.authority_file())
}

impl Variable {
    const fn new(name: &'static str, own_name: &'static str, effect: Effect) -> Variable {
        Variable { name, own_name, effect }
    }

    fn set_to(&self, value: Option<String>, own: Option<String>) -> Exported {
        Exported { name: self.name, own_name: self.own_name, value, own }
    }

    /// Whether the variable leads to one of gantry's files.
    fn is_ours(&self, place: &Place) -> bool {
        env::path(self.name).is_some_and(|path| path.starts_with(&place.0))
    }

    /// What the user has set it to, also where gantry's own value stands before it.
    fn own(&self, place: &Place) -> Option<String> {
        if self.is_ours(place) { env::var(self.own_name) } else { env::var(self.name) }
    }

    /// `None` where it may stay as it is.
    fn exported(&self, place: &Place, authority: &Certificate, system: Option<&Path>) -> Result<Option<Exported>> {
        let own = self.own(place);
        let base = match self.effect {
            _ if own.is_some() => own.as_ref().map(PathBuf::from),
            Effect::Adds => None,
            // requests reads curl's variable too, where its own is not set.
            Effect::ReplacesOwn => CURL.own(place).map(PathBuf::from).or(system.map(Path::to_owned)),
            Effect::ReplacesSystem => system.map(Path::to_owned),
        };
        let file = match base {
            None => (self.effect == Effect::Adds).then(|| place.authority_file()),
            Some(base) => match combined(place, authority, &base)? {
                None if self.effect == Effect::ReplacesOwn => Some(base),
                // The program gets there without being told.
                combined => combined,
            },
        };
        match file.map(|file| file.display().to_string()) {
            Some(value) => {
                let own = own.filter(|own| *own != value);
                Ok(Some(self.set_to(Some(value), own)))
            }
            None => Ok(self.is_ours(place).then(|| self.set_to(own, None))),
        }
    }
}

/// The file with what `base` holds and the CA; `None` where `base` has the CA already.
fn combined(place: &Place, authority: &Certificate, base: &Path) -> Result<Option<PathBuf>> {
    // One that is gone has nothing that could get lost.
    let roots = match files::try_exists(base)? {
        true => x509::read(base)?,
        false => Vec::new(),
    };
    if x509::all_in(&roots).any(|root| root.as_ref() == authority.der) {
        return Ok(None);
    }
    let name = format!("bundle-{}.pem", x509::short_digest(base.as_os_str().as_encoded_bytes()));
    let file = place.0.join(name);
    let gap: &[u8] = if roots.is_empty() || roots.ends_with(b"\n") { b"" } else { b"\n" };
    let contents = [&roots, gap, &x509::read(&place.authority_file())?].concat();
    let is_as_it_should_be = files::is_file(&file) && x509::read(&file)? == contents;
    if !is_as_it_should_be {
        files::replace(&file, &contents, 0o644)?;
    }
    Ok(Some(file))
}
