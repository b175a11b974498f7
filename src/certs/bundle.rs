//! Files for programs that do not go by the system's store, and the variables that lead them there.
//!
//! `NODE_EXTRA_CA_CERTS` adds to what Node trusts; the others *replace* what a program trusts, so their file holds the
//! roots that were trusted before, and the CA. Where the user has set such a variable, its file is what was trusted
//! before; where that has the CA in it already, nothing needs to be said.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::place::Place;
use super::x509::{self, Certificate};
use crate::sys::{env, files};

/// A variable, and what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub name: &'static str,
    /// `None` where the variable is gantry's and nothing wants it any more.
    pub value: Option<String>,
    /// What the user has set it to, while gantry's own value stands before it.
    pub own: Option<String>,
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
const VARIABLES: [(&str, Effect); 4] = [
    ("NODE_EXTRA_CA_CERTS", Effect::Adds),
    ("REQUESTS_CA_BUNDLE", Effect::ReplacesOwn),
    ("CURL_CA_BUNDLE", Effect::ReplacesSystem),
    ("SSL_CERT_FILE", Effect::ReplacesSystem),
];

/// Where systems keep their roots in one file: Debian, Fedora, openSUSE, Alpine and macOS.
const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
];

/// Before the name of a variable: what the user has set it to.
pub const OWN: &str = "GANTRY_";

/// The variables that have programs trust the CA; `None` where certificates are not set up. Writes the files that they
/// lead to where those are absent or not as they should be.
///
/// # Errors
/// There is no home directory; a file cannot be read or written.
pub fn exported() -> Result<Option<Vec<Exported>>> {
    let place = Place::find()?;
    let Some(authority) = place.authority()? else { return Ok(None) };
    let system = SYSTEM_BUNDLES.iter().map(PathBuf::from).find(|path| files::is_file(path));
    let mut exported = Vec::new();
    for (name, effect) in VARIABLES {
        let own = own(&place, name);
        let base = match effect {
            _ if own.is_some() => own.as_ref().map(PathBuf::from),
            Effect::Adds => None,
            // requests reads curl's variable too, where its own is not set.
            Effect::ReplacesOwn => self::own(&place, "CURL_CA_BUNDLE").map(PathBuf::from).or(system.clone()),
            Effect::ReplacesSystem => system.clone(),
        };
        let value = match base {
            None => (effect == Effect::Adds).then(|| place.authority_file()),
            Some(base) => match combined(&place, &authority, &base)? {
                // The program gets there without being told.
                None if own.is_some() || effect == Effect::ReplacesSystem => None,
                None => Some(base),
                combined => combined,
            },
        };
        let value =
            value.map(|path| path.display().to_string()).or_else(|| own.clone().filter(|_| is_ours(&place, name)));
        let own = own.filter(|own| value.as_ref().is_some_and(|value| value != own));
        if value.is_some() || is_ours(&place, name) {
            exported.push(Exported { name, value, own });
        }
    }
    Ok(Some(exported))
}

/// What an earlier call has left in the environment and nothing wants any more, with what the user had before.
///
/// # Errors
/// There is no home directory.
pub fn left_over() -> Result<Vec<Exported>> {
    let place = Place::find()?;
    let ours = VARIABLES.iter().filter(|(name, _)| is_ours(&place, name));
    Ok(ours.map(|(name, _)| Exported { name, value: own(&place, name), own: None }).collect())
}

/// Whether the variable leads to one of gantry's files.
fn is_ours(place: &Place, name: &str) -> bool {
    env::path(name).is_some_and(|path| path.starts_with(&place.0))
}

/// What the user has set the variable to, also where gantry's own value stands before it.
fn own(place: &Place, name: &str) -> Option<String> {
    if is_ours(place, name) { env::var(&format!("{OWN}{name}")) } else { env::var(name) }
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
