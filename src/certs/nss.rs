//! The trust stores of Firefox and of Chromium: NSS databases, one a profile, changed and read by `certutil`.
//!
//! gantry gives the CA the name that mkcert gives it, so that either takes out what the other has put in. mkcert itself
//! passes over what a Flatpak or a Firefox in the XDG directories has, and over every profile of a home without
//! Chromium's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::place::Place;
use super::profiles::{Database, coming, databases, first};
use super::x509::Certificate;
use super::{CertsError, Store, Trust};
use crate::sys::process::{self, Captured};
use crate::sys::{files, trees};

const PATIENCE: Duration = Duration::from_secs(10);

/// How certutil says, by a failure, that a database holds no private key.
const NO_KEYS: &str = "no keys found";

/// What a database is made of.
const FILES: [&str; 3] = ["cert9.db", "key4.db", "pkcs11.txt"];

pub(super) fn has_certutil() -> bool {
    process::find_program("certutil").is_some()
}

/// Whether the database trusts the CA for servers.
pub(super) fn trust(database: &Database, authority: &Certificate) -> (Trust, String) {
    if !has_certutil() {
        return (Trust::Unknown, "certutil is not installed: the package libnss3-tools has it".to_owned());
    }
    match certutil(&["-L"], &database.directory) {
        Ok(listed) if trusts(&String::from_utf8_lossy(&listed), &nickname(authority)) => {
            (Trust::Trusted, String::new())
        }
        Ok(_) => (Trust::NotTrusted, String::new()),
        Err(said) => (Trust::Unknown, said),
    }
}

/// Has every database trust the CA; makes Chromium's where it is still to come.
pub(super) fn install(place: &Place, authority: &Certificate) -> Result<(), CertsError> {
    if let Some(directory) = coming() {
        make(place, &directory)?;
    }
    let (name, file) = (nickname(authority), place.authority_file().display().to_string());
    for database in databases().iter().filter(|it| trust(it, authority).0 != Trust::Trusted) {
        certutil(&["-A", "-t", "C,,", "-n", &name, "-i", &file], &database.directory).map_err(refused)?;
    }
    Ok(())
}

/// Takes the CA out of every database, and Chromium's away where gantry made it and nobody has used it.
pub(super) fn uninstall(place: &Place, authority: &Certificate) -> Result<(), CertsError> {
    let name = nickname(authority);
    for database in databases().iter().filter(|it| is_listed(it, &name)) {
        certutil(&["-D", "-n", &name], &database.directory).map_err(refused)?;
    }
    unmake(place);
    Ok(())
}

fn is_listed(database: &Database, name: &str) -> bool {
    certutil(&["-L"], &database.directory)
        .is_ok_and(|listed| String::from_utf8_lossy(&listed).lines().any(|line| line.starts_with(name)))
}

/// Where it is written down that Chromium's database is gantry's work: the topmost directory that was made for it.
fn record(place: &Place) -> PathBuf {
    place.0.join("made-nssdb")
}

fn make(place: &Place, directory: &Path) -> Result<(), CertsError> {
    let parent = directory.parent().unwrap_or(directory);
    let topmost = if files::exists(parent) { directory } else { parent };
    let record = record(place);
    files::replace(&record, topmost.as_os_str().as_encoded_bytes(), 0o600)
        .map_err(CertsError::system("write", &record))?;
    files::make_private_dir(directory).map_err(CertsError::system("make", directory))?;
    certutil(&["-N", "--empty-password"], directory).map(drop).map_err(refused)
}

/// Takes Chromium's database away where gantry made it and it is certain that nobody has used it.
fn unmake(place: &Place) {
    let record = record(place);
    let Ok(topmost) = files::read_limited(&record, 4096) else { return };
    let Some(directory) = first() else { return };
    if files::exists(&directory.join(FILES[0])) && !is_unused(&directory) {
        return;
    }
    for name in FILES {
        let _ = files::remove(&directory.join(name));
    }
    let parent = directory.parent().unwrap_or(&directory);
    if trees::remove_empty(&directory) && parent.as_os_str().as_encoded_bytes() == topmost {
        trees::remove_empty(parent);
    }
    let _ = files::remove(&record);
}

/// Whether it holds no certificate and no key; one that cannot be asked may hold some.
fn is_unused(directory: &Path) -> bool {
    let listed = certutil(&["-L"], directory);
    listed.is_ok_and(|listed| entries(&String::from_utf8_lossy(&listed)).next().is_none())
        && certutil(&["-K"], directory).is_err_and(|said| said.ends_with(NO_KEYS))
}

/// As mkcert calls it.
fn nickname(authority: &Certificate) -> String {
    format!("mkcert development CA {}", authority.serial_number)
}

/// Lines of a name and its trust for servers, mail and code: `C` among the first means a CA for servers.
fn trusts(listed: &str, name: &str) -> bool {
    entries(listed).any(|(own, flags)| own == name && flags.split(',').next().is_some_and(|flags| flags.contains('C')))
}

fn entries(listed: &str) -> impl Iterator<Item = (&str, &str)> {
    let entry = |line: &'_ str| {
        let (name, flags) = line.trim_end().rsplit_once(' ')?;
        Some((name.trim_end().len(), flags.matches(',').count() == 2 && !flags.contains('/')))
    };
    listed.lines().filter_map(move |line| {
        let (end, is_entry) = entry(line)?;
        is_entry.then(|| (&line[..end], line.trim_end().rsplit(' ').next().unwrap_or_default()))
    })
}

fn refused(detail: String) -> CertsError {
    CertsError::Store { store: Store::Nss.as_str(), detail }
}

/// What certutil prints; where it fails, the last line of that, with the directory before it.
fn certutil(args: &[&str], directory: &Path) -> Result<Vec<u8>, String> {
    let program = process::find_program("certutil").ok_or("certutil is not installed")?;
    let database = format!("sql:{}", directory.display());
    // Where it needs a password, it would ask for one on the terminal.
    let args = [args, &["-f", "/dev/null", "-d", &database]].concat();
    let failed = |said: &str| format!("{}: {said}", directory.display());
    match process::capture(&program, &args, PATIENCE) {
        Ok(Captured { is_success: true, stdout, .. }) => Ok(stdout),
        Ok(Captured { stdout, stderr, .. }) => {
            let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
            let line = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("certutil said nothing");
            Err(failed(line.trim_start_matches("certutil: ")))
        }
        Err(error) => Err(failed(&format!("certutil: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "\n\
        Certificate Nickname                                         Trust Attributes\n\
        \x20                                                            SSL,S/MIME,JAR/XPI\n\
        \n\
        mkcert development CA 12                                     C,,  \n\
        mkcert development CA 123                                    ,,   \n\
        Some Server                                                  P,,\n";

    #[test]
    fn trust_is_read_from_the_list() {
        let check = |name: &str, expected: bool| assert_eq!(trusts(LISTED, name), expected, "{name}");
        check("mkcert development CA 12", true);
        check("mkcert development CA 123", false);
        check("mkcert development CA 1", false);
        check("Some Server", false);
        assert_eq!(entries(LISTED).count(), 3);
    }
}
