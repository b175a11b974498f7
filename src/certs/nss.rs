//! The trust stores of Firefox and of Chromium: NSS databases, one a profile, changed and read by `certutil`.
//!
//! gantry gives the CA the name that mkcert gives it, so that either takes out what the other has put in. mkcert itself
//! passes over what a Flatpak or a Firefox in the XDG directories has, and over every profile of a home without
//! Chromium's.

use std::path::Path;
use std::time::Duration;

use super::place::Place;
use super::profiles::{Database, coming, databases, first};
use super::store::Done;
use super::x509::Certificate;
use super::{CertsError, Store, Trust};
use crate::shell::quote_posix;
use crate::sys::process::{self, Captured};
use crate::sys::{files, trees};

const PATIENCE: Duration = Duration::from_secs(10);

/// How certutil says that a database has a password: Firefox's primary password.
const LOCKED: &str = "SEC_ERROR_BAD_PASSWORD";

/// How it says, by a failure, that a database holds no private key.
const NO_KEYS: &str = "no keys found";

/// What a database is made of.
const FILES: [&str; 3] = ["cert9.db", "key4.db", "pkcs11.txt"];

/// The databases, by what can be done so that they trust a CA.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub trusting: usize,
    /// They do not trust it yet, and can be had to.
    pub open: Vec<Database>,
    /// Why the others cannot.
    pub closed: Vec<String>,
}

pub(super) fn has_certutil() -> bool {
    process::find_program("certutil").is_some()
}

/// Whether the database trusts the CA for servers.
pub(super) fn trust(database: &Database, authority: &Certificate) -> (Trust, String) {
    match flags(&database.directory, authority) {
        Ok(Some(flags)) if is_for_servers(&flags) => (Trust::Trusted, String::new()),
        Ok(_) => (Trust::NotTrusted, String::new()),
        Err(said) => (Trust::Unknown, said),
    }
}

/// Whether the CA is in the database, trusted or not.
///
/// # Errors
/// Why it cannot be asked.
pub(super) fn holds(database: &Database, authority: &Certificate) -> Result<bool, String> {
    flags(&database.directory, authority).map(|flags| flags.is_some())
}

/// How the databases stand to the CA; without one, to one that is still to be made.
pub(super) fn reach(place: &Place, authority: Option<&Certificate>) -> Reach {
    let mut reach = Reach::default();
    for database in databases() {
        match authority.map_or((Trust::NotTrusted, String::new()), |authority| trust(&database, authority)) {
            (Trust::Trusted, _) => reach.trusting += 1,
            (Trust::Unknown, said) => reach.closed.push(said),
            _ if is_locked(&database) => reach.closed.push(by_hand(place, &database, authority)),
            _ => reach.open.push(database),
        }
    }
    reach
}

fn by_hand(place: &Place, Database { label, directory }: &Database, authority: Option<&Certificate>) -> String {
    let locked = format!("{label} is locked by a primary password");
    let Some(authority) = authority else {
        return format!("{locked}; `gantry cert trust` tells how to add the CA by hand, once there is one");
    };
    let quoted = |text: String| quote_posix(&text);
    format!(
        "{locked}; by hand: certutil -A -t C,, -n {} -i {} -d {}",
        quoted(nickname(authority)),
        quoted(place.authority_file().display().to_string()),
        quoted(format!("sql:{}", directory.display())),
    )
}

fn is_locked(database: &Database) -> bool {
    certutil(&["-K"], &database.directory).is_err_and(|said| said.contains(LOCKED))
}

/// Has every database trust the CA that can be had to; makes Chromium's where it is still to come.
pub(super) fn install(place: &Place, authority: &Certificate, done: &mut Vec<Done>) -> Result<(), CertsError> {
    if let Some(directory) = coming() {
        done.push(Done::MadeDatabase);
        make(place, &directory)?;
    }
    let (name, file) = (nickname(authority), place.authority_file().display().to_string());
    for Database { directory, .. } in reach(place, Some(authority)).open {
        let before = flags(&directory, authority).map_err(refused)?;
        // Noted first: where it cannot trust it, certutil leaves it in there all the same.
        done.push(Done::Database { directory: directory.clone(), before });
        certutil(&["-A", "-t", "C,,", "-n", &name, "-i", &file], &directory).map_err(refused)?;
    }
    Ok(())
}

/// Gives the database back the trust that it gave the CA before; without one, takes the CA out.
pub(super) fn put_back(directory: &Path, authority: &Certificate, before: Option<&str>) -> Result<(), CertsError> {
    let name = nickname(authority);
    let now = flags(directory, authority).map_err(refused)?;
    match before {
        _ if now.as_deref() == before => Ok(()),
        None => certutil(&["-D", "-n", &name], directory).map(drop).map_err(refused),
        Some(flags) => certutil(&["-M", "-n", &name, "-t", flags], directory).map(drop).map_err(refused),
    }
}

/// Takes the CA out of every database, and Chromium's away where gantry made it and nobody has used it.
pub(super) fn uninstall(place: &Place, authority: &Certificate) -> Result<(), CertsError> {
    let name = nickname(authority);
    let holders = databases().into_iter().filter(|it| holds(it, authority).unwrap_or(false));
    let left: Vec<String> = holders.filter_map(|it| certutil(&["-D", "-n", &name], &it.directory).err()).collect();
    unmake(place);
    if left.is_empty() { Ok(()) } else { Err(refused(left.join("; "))) }
}

fn make(place: &Place, directory: &Path) -> Result<(), CertsError> {
    let parent = directory.parent().unwrap_or(directory);
    let topmost = if files::exists(parent) { directory } else { parent };
    let record = place.made_database();
    files::replace(&record, topmost.as_os_str().as_encoded_bytes(), 0o600)
        .map_err(CertsError::system("write", &record))?;
    files::make_private_dir(directory).map_err(CertsError::system("make", directory))?;
    certutil(&["-N", "--empty-password"], directory).map(drop).map_err(refused)
}

/// Takes Chromium's database away where gantry made it and it is certain that nobody has used it.
pub(super) fn unmake(place: &Place) {
    let record = place.made_database();
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
    listed.is_ok_and(|listed| entries(&listed).next().is_none())
        && certutil(&["-K"], directory).is_err_and(|said| said.ends_with(NO_KEYS))
}

/// As mkcert calls it.
fn nickname(authority: &Certificate) -> String {
    format!("mkcert development CA {}", authority.serial_number)
}

/// How far the database trusts the CA; `None` where it does not hold it.
fn flags(directory: &Path, authority: &Certificate) -> Result<Option<String>, String> {
    let listed = certutil(&["-L"], directory)?;
    let name = nickname(authority);
    Ok(entries(&listed).find(|(own, _)| *own == name).map(|(_, flags)| flags.to_owned()))
}

/// `C` among the first means a CA for servers.
fn is_for_servers(flags: &str) -> bool {
    flags.split(',').next().is_some_and(|flags| flags.contains('C'))
}

/// Lines of a name and its trust for servers, mail and code.
fn entries(listed: &str) -> impl Iterator<Item = (&str, &str)> {
    listed.lines().filter_map(|line| {
        let (name, flags) = line.trim_end().rsplit_once(' ')?;
        let is_entry = flags.matches(',').count() == 2 && !flags.contains('/');
        is_entry.then_some((name.trim_end(), flags))
    })
}

fn refused(detail: String) -> CertsError {
    CertsError::Store { store: Store::Nss.as_str(), detail }
}

/// What certutil prints; where it fails, the last line of that, with the directory before it.
fn certutil(args: &[&str], directory: &Path) -> Result<String, String> {
    let program = process::find_program("certutil").ok_or_else(missing)?;
    let database = format!("sql:{}", directory.display());
    // Where it needs a password, it would ask for one on the terminal.
    let args = [args, &["-f", "/dev/null", "-d", &database]].concat();
    let failed = |said: &str| format!("{}: {said}", directory.display());
    match process::capture(&program, &args, PATIENCE) {
        Ok(Captured { is_success: true, stdout, .. }) => Ok(String::from_utf8_lossy(&stdout).into_owned()),
        Ok(Captured { stdout, stderr, .. }) => {
            let said = String::from_utf8_lossy(&[stdout, stderr].concat()).into_owned();
            let line = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("certutil said nothing");
            Err(failed(line.trim_start_matches("certutil: ")))
        }
        Err(error) => Err(failed(&format!("certutil: {error}"))),
    }
}

/// What to say where there is none.
pub(super) fn missing() -> String {
    "certutil is not installed: the package libnss3-tools (nss-tools on Fedora) has it".to_owned()
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
        let check = |name: &str, expected: Option<bool>| {
            let flags = entries(LISTED).find(|(own, _)| *own == name).map(|(_, flags)| is_for_servers(flags));
            assert_eq!(flags, expected, "{name}");
        };
        check("mkcert development CA 12", Some(true));
        check("mkcert development CA 123", Some(false));
        check("mkcert development CA 1", None);
        check("Some Server", Some(false));
        assert_eq!(entries(LISTED).count(), 3);
    }
}
