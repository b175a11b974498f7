//! Where gantry keeps what it has issued:
//!
//! ```text
//! certs/                      0700, in the state directory
//!   authority.pem             the CA's certificate as `gantry cert setup` found it
//!   caroot                    where mkcert has that CA, whatever CAROOT says in another shell
//!   former/                   those that another one has replaced, or that were given up, while a store may hold them
//!   made-nssdb                that Chromium's database is gantry's work: the topmost directory that was made for it
//!   lock                      who holds it may change what is here
//!   issued/shop.test/
//!     5a1b…/                  an issue, by its serial number; never changed
//!       certificate.pem
//!       key.pem               0600
//!     current -> 5a1b…        the one that counts
//! ```
//!
//! A certificate and its key come and go together, since the link alone says which ones count; and a new certificate has
//! a new path, so that a server whose configuration names it sees that there is something to load. The issue before it
//! stays until the next, for a server that is just starting.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::x509::{self, Certificate};
use super::{CertsError, Pair};
use crate::model::DomainName;
use crate::sys::lock::Lock;
use crate::sys::signals::Interrupts;
use crate::sys::{files, paths, trees};

/// Bytes of a path.
const PATH_LIMIT: u64 = 4096;

/// What stays when certificates are given up and a store may still hold the CA.
const KEPT: [&str; 3] = ["former", "made-nssdb", "lock"];

/// The link's name; no serial number.
const CURRENT: &str = "current";

pub(super) const CERTIFICATE: &str = "certificate.pem";
pub(super) const KEY: &str = "key.pem";

/// What [`Place::adopt`] has changed.
#[derive(Debug)]
pub(super) struct Adoption {
    copy: Replaced,
    /// Where mkcert had the CA before; `None` where that was not written down.
    root: Option<PathBuf>,
}

/// The copy of the CA's certificate, beside the one before.
#[derive(Debug)]
enum Replaced {
    Nothing,
    /// There was no CA before.
    First,
    /// There was another one, of this serial number.
    Instead {
        former: String,
        copy: Vec<u8>,
    },
}

/// The directory `certs`.
#[derive(Clone, Debug)]
pub(super) struct Place(pub(super) PathBuf);

impl Place {
    pub(super) fn find() -> anyhow::Result<Place> {
        Ok(Place(paths::state_dir()?.join("certs")))
    }

    /// As [`Place::find`], for who tells errors of certificates alone.
    pub(super) fn require() -> Result<Place, CertsError> {
        Place::find().map_err(|error| {
            let source = std::io::Error::other(error.to_string());
            CertsError::System { task: "find", path: PathBuf::from("the state directory"), source }
        })
    }

    /// The copy of the CA's certificate.
    pub(super) fn authority_file(&self) -> PathBuf {
        self.0.join("authority.pem")
    }

    /// The CA that `gantry cert setup` found; `None` where it was not run.
    pub(super) fn authority(&self) -> Result<Option<Certificate>, CertsError> {
        let file = self.authority_file();
        if !files::try_exists(&file).map_err(CertsError::system("read", &file))? {
            return Ok(None);
        }
        Certificate::load(&file).map(Some)
    }

    /// # Errors
    /// [`CertsError::NotSetUp`].
    pub(super) fn require_authority(&self) -> Result<Certificate, CertsError> {
        self.authority()?.ok_or(CertsError::NotSetUp)
    }

    /// mkcert's directory as `gantry cert setup` found it; `None` where it was not run.
    pub(super) fn root_directory(&self) -> Result<Option<PathBuf>, CertsError> {
        let file = self.root_record();
        if !files::exists(&self.authority_file()) || !files::exists(&file) {
            return Ok(None);
        }
        let bytes = files::read_limited(&file, PATH_LIMIT).map_err(CertsError::system("read", &file))?;
        Ok(Some(PathBuf::from(OsString::from_vec(bytes))))
    }

    fn root_record(&self) -> PathBuf {
        self.0.join("caroot")
    }

    /// Where it is written down that Chromium's database is gantry's work.
    pub(super) fn made_database(&self) -> PathBuf {
        self.0.join("made-nssdb")
    }

    /// Keeps a copy of the CA's certificate, and where mkcert has the CA, `root`. One that was copied before and is another
    /// is kept aside: stores may still trust it.
    pub(super) fn adopt(&self, root: &Path, certificate: &Path) -> Result<Adoption, CertsError> {
        let bytes = x509::read(certificate)?;
        files::make_private_dir(&self.0).map_err(CertsError::system("make", &self.0))?;
        let former_root = self.root_directory()?;
        let copy = self.replace_copy(&bytes)?;
        self.note_root(root)?;
        Ok(Adoption { copy, root: former_root })
    }

    fn replace_copy(&self, bytes: &[u8]) -> Result<Replaced, CertsError> {
        let file = self.authority_file();
        let replaced = match self.authority() {
            Ok(None) => Replaced::First,
            // One that cannot be read is replaced.
            Err(_) => Replaced::Nothing,
            Ok(Some(former)) => match x509::read(&file)? {
                copy if copy == bytes => return Ok(Replaced::Nothing),
                copy => {
                    self.keep_former(&former, &copy)?;
                    Replaced::Instead { former: former.serial, copy }
                }
            },
        };
        files::replace(&file, bytes, 0o644).map_err(CertsError::system("write", &file))?;
        if let Ok(today) = Certificate::load(&file) {
            let _ = files::remove(&self.former_file(&today.serial));
        }
        Ok(replaced)
    }

    /// Writes down where mkcert has the CA that there is a copy of.
    pub(super) fn note_root(&self, root: &Path) -> Result<(), CertsError> {
        let record = self.root_record();
        files::replace(&record, root.as_os_str().as_bytes(), 0o600).map_err(CertsError::system("write", &record))
    }

    /// As it was before; as well as it can be done.
    pub(super) fn abandon(&self, adoption: &Adoption) {
        let file = self.authority_file();
        match &adoption.copy {
            Replaced::Nothing => {}
            Replaced::First => {
                let _ = files::remove(&file);
            }
            Replaced::Instead { former, copy } => {
                if files::replace(&file, copy, 0o644).is_ok() {
                    let _ = files::remove(&self.former_file(former));
                }
            }
        }
        match &adoption.root {
            // It says something only beside the copy.
            Some(root) if files::exists(&file) => {
                let _ = self.note_root(root);
            }
            _ => {
                let _ = files::remove(&self.root_record());
            }
        }
        self.tidy();
    }

    fn keep_former(&self, former: &Certificate, bytes: &[u8]) -> Result<(), CertsError> {
        let file = self.former_file(&former.serial);
        let directory = file.parent().unwrap_or(&self.0);
        files::make_private_dir(directory).map_err(CertsError::system("make", directory))?;
        files::replace(&file, bytes, 0o644).map_err(CertsError::system("write", &file))
    }

    fn former_file(&self, serial: &str) -> PathBuf {
        self.0.join("former").join(format!("{serial}.pem"))
    }

    /// The certificates of CAs that another one has replaced, or that were given up.
    pub(super) fn former(&self) -> Vec<PathBuf> {
        let directory = self.0.join("former");
        let names = files::names_in(&directory).unwrap_or_default();
        names.into_iter().map(|name| directory.join(name)).collect()
    }

    /// No store holds it any more.
    pub(super) fn forget_former(&self, file: &Path) {
        if files::remove(file).is_ok() {
            trees::remove_empty(file.parent().unwrap_or(&self.0));
        }
    }

    /// Forgets all that was issued, and that certificates are set up. Where a store may hold the CA, it stays known, so
    /// that it can be taken out.
    pub(super) fn give_up(&self, may_be_held: bool) -> Result<(), CertsError> {
        if let (true, Ok(Some(copy))) = (may_be_held, self.authority()) {
            self.keep_former(&copy, &x509::read(&self.authority_file())?)?;
        }
        for name in files::names_in(&self.0).unwrap_or_default() {
            if may_be_held && KEPT.iter().any(|kept| name == *kept) {
                continue;
            }
            let path = self.0.join(name);
            let is_directory = files::is_dir(&path) && !files::is_link(&path);
            let removed = if is_directory { trees::remove(&path) } else { files::remove(&path) };
            removed.map_err(CertsError::system("remove", &path))?;
        }
        self.tidy();
        Ok(())
    }

    /// Removes the directory where nothing is left in there but its lock.
    pub(super) fn tidy(&self) {
        let names = files::names_in(&self.0).unwrap_or_default();
        if names.iter().all(|name| name == "lock") {
            let _ = trees::remove(&self.0);
        }
    }

    /// Takes the rights that others have come to have to the directories and the key, if any.
    pub(super) fn close(&self, domain: &DomainName) -> Result<(), CertsError> {
        let issues = self.issues(domain);
        let key = self.pair(domain).map(|pair| pair.key);
        let issue = key.as_ref().and_then(|key| key.parent().map(Path::to_owned));
        let places = [Some(self.0.clone()), issues.parent().map(Path::to_owned), Some(issues), issue, key];
        for place in places.into_iter().flatten().filter(|place| files::exists(place)) {
            files::close_to_others(&place).map_err(CertsError::system("protect", &place))?;
        }
        Ok(())
    }

    /// Forgets what was issued for the domain.
    pub(super) fn forget(&self, domain: &DomainName) -> Result<(), CertsError> {
        let issues = self.issues(domain);
        trees::remove(&issues).map_err(CertsError::system("remove", &issues))
    }

    /// Waits until nobody else changes what is here, or an interruption comes.
    pub(super) fn lock(&self, interrupts: &Interrupts) -> Result<Lock, CertsError> {
        let file = self.0.join("lock");
        Lock::acquire(&file, || {}, interrupts).map_err(|error| match interrupts.received() {
            Some(signal) => CertsError::Interrupted { signal, left: Vec::new() },
            None => CertsError::system("lock", &file)(error),
        })
    }

    /// As [`Place::lock`]; `None` where somebody has it.
    pub(super) fn try_lock(&self) -> Result<Option<Lock>, CertsError> {
        let file = self.0.join("lock");
        Lock::try_acquire(&file).map_err(CertsError::system("lock", &file))
    }

    /// Where the issues for the domain lie.
    pub(super) fn issues(&self, domain: &DomainName) -> PathBuf {
        self.0.join("issued").join(domain.as_str())
    }

    /// Where the pair that counts lies, whether there is one or not: a path that stays when it is renewed.
    pub(super) fn current(&self, domain: &DomainName) -> Pair {
        Pair::in_directory(&self.issues(domain).join(CURRENT))
    }

    /// The pair that counts, by its own name; `None` where there is none.
    pub(super) fn pair(&self, domain: &DomainName) -> Option<Pair> {
        let issues = self.issues(domain);
        let issue = files::read_link(&issues.join(CURRENT)).ok()?;
        // The link is gantry's own, and leads to its neighbour.
        Some(Pair::in_directory(&issues.join(issue.file_name()?)))
    }

    /// Lets the issue count, and forgets those before the one that counted so far.
    pub(super) fn switch_to(&self, domain: &DomainName, issue: &OsStr) -> Result<(), CertsError> {
        let issues = self.issues(domain);
        let link = issues.join(CURRENT);
        let former = files::read_link(&link).ok();
        trees::point(&link, issue).map_err(CertsError::system("write", &link))?;
        for name in files::names_in(&issues).unwrap_or_default() {
            let stays = name == issue || name == CURRENT || former.as_ref().is_some_and(|former| *former == *name);
            if !stays {
                // One that cannot be removed costs nothing but its room.
                let _ = trees::remove(&issues.join(name));
            }
        }
        Ok(())
    }

    /// Every domain that something was issued for.
    pub(super) fn domains(&self) -> Vec<DomainName> {
        let names = files::names_in(&self.0.join("issued")).unwrap_or_default();
        let mut domains: Vec<DomainName> = names
            .iter()
            .filter_map(|name| name.to_str()?.parse().ok())
            .filter(|it| *it != super::check_name())
            .collect();
        domains.sort_unstable();
        domains
    }
}
