//! Java's trust store, which each Java has for itself.
//!
//! mkcert puts the CA in. Debian's package ca-certificates-java does so too, under a name of its own, whenever the
//! system's store gets a certificate; and it takes none out when that store loses one, so this does.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use super::x509::{self, Certificate};
use super::{CertsError, Store, Trust};
use crate::sys::process::{self, Captured};
use crate::sys::{env, files};

/// A Java takes a second to start, and more on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// For what may ask for a password.
const PATIENCE_WITH_SUDO: Duration = Duration::from_secs(300);

/// The home of the Java that `keytool` or `java` is of, where `JAVA_HOME` does not say.
pub(super) fn home() -> Option<PathBuf> {
    if let Some(home) = env::path("JAVA_HOME") {
        return Some(home);
    }
    let program = process::find_program("keytool").or_else(|| process::find_program("java"))?;
    let program = files::canonicalize(&program).ok()?;
    Some(program.parent()?.parent()?.to_owned())
}

/// The program that lists and changes its store.
pub(super) fn keytool() -> Option<PathBuf> {
    home().map(|home| home.join("bin/keytool")).filter(|path| files::is_file(path))
}

/// Whether the CA is in its store.
pub(super) fn trust(authority: &Certificate) -> (Trust, String) {
    if keytool().is_none() {
        return (Trust::Absent, "no keytool".to_owned());
    }
    match aliases(authority) {
        Ok(aliases) if aliases.is_empty() => (Trust::NotTrusted, String::new()),
        Ok(_) => (Trust::Trusted, String::new()),
        Err(said) => (Trust::Unknown, said),
    }
}

/// Takes the CA out, whoever has put it in.
pub(super) fn uninstall(authority: &Certificate) -> Result<(), CertsError> {
    remove(authority, |_| true)
}

/// Takes the CA out where it came with the system's store.
pub(super) fn follow_system(authority: &Certificate) -> Result<(), CertsError> {
    if keytool().is_none() { Ok(()) } else { remove(authority, |alias| alias.starts_with("debian:")) }
}

fn remove(authority: &Certificate, is_meant: fn(&str) -> bool) -> Result<(), CertsError> {
    let refused = |detail: String| CertsError::Store { store: Store::Java.as_str(), detail };
    for alias in aliases(authority).map_err(refused)?.iter().filter(|alias| is_meant(alias)) {
        run(&["-delete", "-alias", alias], true).map_err(refused)?;
    }
    Ok(())
}

/// The names that the CA has in the store.
fn aliases(authority: &Certificate) -> Result<Vec<String>, String> {
    let listed = run(&["-list", "-rfc"], false)?;
    Ok(aliases_in(&String::from_utf8_lossy(&listed), authority))
}

/// Entries follow each other: `Alias name: NAME`, some more lines, and the certificate as PEM.
fn aliases_in(listed: &str, authority: &Certificate) -> Vec<String> {
    let entries = listed.split("\nAlias name: ").skip(1);
    let is_it = |entry: &&str| x509::all_in(entry.as_bytes()).any(|found| found.as_ref() == authority.der);
    entries.filter(is_it).filter_map(|entry| entry.lines().next()).map(|alias| alias.trim().to_owned()).collect()
}

/// The command that changes the store, for a person.
pub(super) fn command(option: &str) -> String {
    let sudo = if needs_sudo() { "sudo " } else { "" };
    format!("{sudo}keytool {option} -keystore {}", cacerts().unwrap_or_default().display())
}

/// The store: since Java 9, and before.
fn cacerts() -> Option<PathBuf> {
    let home = home()?;
    let places = ["lib/security/cacerts", "jre/lib/security/cacerts"].map(|place| home.join(place));
    places.iter().find(|path| files::is_file(path)).or(places.first()).cloned()
}

fn needs_sudo() -> bool {
    !process::is_root() && !cacerts().is_some_and(|path| files::is_writable(&path))
}

/// What keytool prints. Where it `writes`, and the store is not this user's to write, sudo runs it, and may ask for a
/// password on the terminal.
fn run(args: &[&str], writes: bool) -> Result<Vec<u8>, String> {
    let keytool = keytool().ok_or("no keytool")?;
    // The password that every Java comes with.
    let args = [args, &["-cacerts", "-storepass", "changeit"]].concat();
    let sudo = if writes && needs_sudo() { process::find_program("sudo") } else { None };
    let captured = match sudo {
        Some(sudo) => {
            let program = keytool.display().to_string();
            process::capture(&sudo, &[&[program.as_str()], &args[..]].concat(), PATIENCE_WITH_SUDO)
        }
        // In English, since what it lists is read.
        None => process::capture_with(&keytool, &args, &[("LC_ALL", Some(OsStr::new("C")))], PATIENCE),
    };
    match captured {
        Ok(Captured { is_success: true, stdout, .. }) => Ok(stdout),
        Ok(Captured { stdout, stderr, .. }) => {
            let said = String::from_utf8_lossy(&[stdout, stderr].concat()).trim().to_owned();
            Err(said.lines().next().unwrap_or("keytool said nothing").to_owned())
        }
        Err(error) => Err(format!("keytool: {error}")),
    }
}
