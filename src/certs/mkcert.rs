//! The program `mkcert`, which owns the CA: <https://github.com/FiloSottile/mkcert>.
//!
//! `TRUST_STORES` is never left empty, which means every store: who only issues says `none`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::place::{CERTIFICATE, KEY, Place};
use super::store::Store;
use super::x509::{self, Certificate};
use super::{CertsError, java};
use crate::sys::process::{self, Captured};
use crate::sys::trees::Unfinished;
use crate::sys::{clock, env, files, trees};

/// For what mkcert does on its own.
const PATIENCE: Duration = Duration::from_secs(60);

/// For what may ask for a password.
const PATIENCE_WITH_SUDO: Duration = Duration::from_secs(300);

/// The CA as it lies in mkcert's directory today.
#[derive(Clone, Debug)]
pub(super) struct Root {
    /// mkcert's directory: its CAROOT.
    pub directory: PathBuf,
    /// `None` where there is no CA.
    pub certificate: Option<Certificate>,
    pub has_key: bool,
}

impl Root {
    /// The CA in the directory that `gantry cert setup` found it in; before that, and where that CA was moved to, where the
    /// environment leads mkcert.
    ///
    /// # Errors
    /// [`CertsError::NoMkcert`], [`CertsError::Mkcert`]; the certificate is unreadable.
    pub(super) fn find(place: &Place) -> Result<Root, CertsError> {
        match place.root_directory()? {
            // Who cannot ask mkcert for anything does not look whether it could.
            Some(_) if process::find_program("mkcert").is_none() => Err(CertsError::NoMkcert),
            Some(directory) => {
                let root = Root::in_directory(directory)?;
                let is_lost = root.certificate.is_none();
                Ok(is_lost.then(|| Root::moved(place)).flatten().unwrap_or(root))
            }
            None => Root::in_directory(Root::directory_by_environment()?),
        }
    }

    /// The CA that was set up, where the environment leads mkcert.
    fn moved(place: &Place) -> Option<Root> {
        let copy = place.authority().ok()??;
        let root = Root::in_directory(Root::directory_by_environment().ok()?).ok()?;
        root.certificate.as_ref().is_some_and(|today| today.der == copy.der).then_some(root)
    }

    /// Where the environment leads mkcert.
    ///
    /// # Errors
    /// [`CertsError::NoMkcert`], [`CertsError::Mkcert`].
    pub(super) fn directory_by_environment() -> Result<PathBuf, CertsError> {
        let said = run(&["-CAROOT"], "tell where its CA lies", &[], PATIENCE)?;
        let directory = PathBuf::from(String::from_utf8_lossy(&said).trim_end_matches('\n'));
        Ok(match env::current_dir() {
            // CAROOT may be relative.
            Ok(here) => here.join(directory),
            Err(_) => directory,
        })
    }

    fn in_directory(directory: PathBuf) -> Result<Root, CertsError> {
        let file = Root::file_in(&directory);
        let is_there = files::try_exists(&file).map_err(CertsError::system("read", &file))?;
        let certificate = if is_there { Some(Certificate::load(&file)?) } else { None };
        let has_key = files::is_file(&Root::key_in(&directory));
        Ok(Root { directory, certificate, has_key })
    }

    pub(super) fn file(&self) -> PathBuf {
        Root::file_in(&self.directory)
    }

    pub(super) fn key(&self) -> PathBuf {
        Root::key_in(&self.directory)
    }

    fn file_in(directory: &Path) -> PathBuf {
        directory.join("rootCA.pem")
    }

    fn key_in(directory: &Path) -> PathBuf {
        directory.join("rootCA-key.pem")
    }

    /// Removes the CA, and the directory where nothing else is in it; as well as it can be done.
    pub(super) fn remove(&self) {
        for file in [self.file(), self.key()] {
            let _ = files::remove(&file);
        }
        trees::remove_empty(&self.directory);
    }

    /// Whether others than the user may read its key.
    pub(super) fn is_key_open(&self) -> bool {
        self.has_key && files::is_open_to_others(&self.key())
    }

    /// That it can issue: without a CA, mkcert would make one that nobody trusts.
    pub(super) fn require_usable(&self) -> Result<&Certificate, CertsError> {
        let root = self.directory.clone();
        match &self.certificate {
            None => Err(CertsError::AuthorityLost { root }),
            Some(_) if !self.has_key => Err(CertsError::NoAuthorityKey { root }),
            Some(today) if today.until < clock::now() => Err(CertsError::AuthorityExpired { root, until: today.until }),
            Some(certificate) => Ok(certificate),
        }
    }

    /// That it can issue, and is the CA that gantry has a copy of.
    pub(super) fn require_same(&self, copy: &Certificate) -> Result<(), CertsError> {
        match &self.certificate {
            Some(today) if today.der != copy.der => Err(CertsError::AuthorityReplaced { root: self.directory.clone() }),
            _ => self.require_usable().map(drop),
        }
    }
}

/// Writes a certificate for the names, and its key, into the directory; `root` is the CA's.
pub(super) fn issue(root: &Path, directory: &Path, names: &[String]) -> Result<(), CertsError> {
    let path = |name: &str| directory.join(name).display().to_string();
    let (certificate, key) = (path(CERTIFICATE), path(KEY));
    let mut args = vec!["-ecdsa", "-cert-file", &certificate, "-key-file", &key];
    args.extend(names.iter().map(String::as_str));
    run(&args, "issue a certificate", &quiet(root), PATIENCE).map(drop)
}

/// Makes the CA where there is none, without having it trusted.
pub(super) fn make_authority(root: &Path) -> Result<(), CertsError> {
    run(&["-install"], "make a CA", &quiet(root), PATIENCE).map(drop)
}

/// With this CA, and no trust store to change.
fn quiet(root: &Path) -> [(&'static str, Option<&OsStr>); 2] {
    [("TRUST_STORES", Some(OsStr::new("none"))), ("CAROOT", Some(root.as_os_str()))]
}

/// Has the store trust the CA in the directory. Asks for a password on the terminal where it uses sudo.
pub(super) fn install(store: Store, root: &Path) -> Result<(), CertsError> {
    change(store, "-install", root)
}

/// Takes the CA whose certificate is in the file out of the store, whatever CA mkcert's own directory holds: it gets one
/// with that certificate alone, for a moment, in `directory`.
pub(super) fn uninstall(store: Store, directory: &Path, file: &Path) -> Result<(), CertsError> {
    let root = Unfinished::begin_in(directory).map_err(CertsError::system("make", directory))?;
    let copy = Root::file_in(root.path());
    files::replace(&copy, &x509::read(file)?, 0o644).map_err(CertsError::system("write", &copy))?;
    change(store, "-uninstall", root.path())
}

fn change(store: Store, option: &str, root: &Path) -> Result<(), CertsError> {
    let home = java::home();
    let mut variables = vec![("TRUST_STORES", Some(OsStr::new(store.as_str()))), ("CAROOT", Some(root.as_os_str()))];
    variables.extend(home.as_ref().map(|home| ("JAVA_HOME", Some(home.as_os_str()))));
    run(&[option], "change it", &variables, PATIENCE_WITH_SUDO).map(drop).map_err(|error| match error {
        CertsError::Mkcert { detail, .. } => CertsError::Store { store: store.as_str(), detail },
        other => other,
    })
}

fn run(
    args: &[&str],
    task: &str,
    variables: &[(&str, Option<&OsStr>)],
    patience: Duration,
) -> Result<Vec<u8>, CertsError> {
    let program = process::find_program("mkcert").ok_or(CertsError::NoMkcert)?;
    let failed = |detail: String| CertsError::Mkcert { task: task.to_owned(), detail };
    match process::capture_with(&program, args, variables, patience) {
        Ok(Captured { is_success: true, stdout, .. }) => Ok(stdout),
        Ok(Captured { stdout, stderr, .. }) => Err(failed(gist(&[stderr, stdout].concat()))),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// What it ended with: mkcert's own error, and the last line of the program that it called.
fn gist(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let Some(at) = lines.iter().position(|line| line.contains("ERROR: ")) else {
        return (*lines.last().unwrap_or(&"it said nothing")).to_owned();
    };
    let error = lines[at].split("ERROR: ").last().unwrap_or_default();
    match lines.last() {
        Some(last) if at + 1 < lines.len() => format!("{error} {last}"),
        _ => error.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_ended_with() {
        #[track_caller]
        fn check(said: &str, expected: &str) {
            assert_eq!(gist(said.as_bytes()), expected);
        }
        check("", "it said nothing");
        check("Created a new local CA\n", "Created a new local CA");
        check(
            "2026/11/21 10:00:00 ERROR: failed to execute \"tee\": exit status 1\n\nsudo: a password is required\n\n",
            "failed to execute \"tee\": exit status 1 sudo: a password is required",
        );
        check("ERROR: no such thing\n", "no such thing");
    }
}
