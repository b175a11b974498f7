//! The system's trust store, which curl, git, Python and most programs go by; mkcert changes it.
//!
//! Debian's update-ca-certificates leaves links behind to a certificate that was taken out, unless it is told to make
//! all of them anew; this removes them, so that the store is as it was.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::x509::{self, Certificate};
use super::{CertsError, Store, java, mkcert};
use crate::sys::files;
use crate::sys::process::{self, Captured};

/// For what may ask for a password.
const PATIENCE: Duration = Duration::from_secs(300);

/// Where distributions keep certificates of the machine's own, how their names end, and what makes them count; as mkcert
/// looks for them.
const PLACES: [(&str, &str, &str); 4] = [
    ("/etc/pki/ca-trust/source/anchors", "pem", "update-ca-trust extract"),
    ("/usr/local/share/ca-certificates", "crt", "update-ca-certificates"),
    ("/etc/ca-certificates/trust-source/anchors", "crt", "trust extract-compat"),
    ("/usr/share/pki/trust/anchors", "pem", "update-ca-certificates"),
];

/// Where systems keep their roots in one file: Debian, Fedora, openSUSE, Alpine and macOS.
const BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/opt/homebrew/etc/ca-certificates/cert.pem",
];

/// macOS's store, and how long it may take to list it.
const KEYCHAIN: &str = "/Library/Keychains/System.keychain";
const PATIENCE_TO_LIST: Duration = Duration::from_secs(10);

/// Where Debian has a link for each certificate, and one for each by the hash of its subject.
const LINKS: &str = "/etc/ssl/certs";

/// Whether mkcert knows how to change it.
pub(super) fn is_known() -> bool {
    !cfg!(target_os = "linux") || place().is_some()
}

/// The file with all roots, where there is one.
pub(super) fn bundle() -> Option<PathBuf> {
    BUNDLES.iter().map(PathBuf::from).find(|path| files::is_file(path))
}

/// Whether the CA was put in, or counts still: who takes it out may be cut short between the two.
///
/// # Errors
/// Why it cannot be told.
pub(super) fn holds(authority: &Certificate) -> Result<bool, String> {
    if cfg!(target_os = "linux") {
        let Some(file) = file(Some(authority)) else { return Ok(false) };
        let is_there = files::try_exists(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        return Ok(is_there || is_counted(authority).unwrap_or(false));
    }
    let listed = process::output(Path::new("security"), &["find-certificate", "-a", "-Z", KEYCHAIN], PATIENCE_TO_LIST);
    let listed = listed.ok_or("`security find-certificate` does not tell")?;
    Ok(String::from_utf8_lossy(&listed).contains(&authority.fingerprint.replace(':', "")))
}

/// Whether what was put in has come to count.
pub(super) fn counts(authority: &Certificate) -> bool {
    is_counted(authority).unwrap_or(true)
}

/// On Linux it is in the file with all roots then; `None` where there is none to look at.
fn is_counted(authority: &Certificate) -> Option<bool> {
    let roots = x509::read(&bundle().filter(|_| cfg!(target_os = "linux"))?).ok()?;
    Some(x509::all_in(&roots).any(|root| root.as_ref() == authority.der))
}

/// The file that mkcert puts there.
fn file(authority: Option<&Certificate>) -> Option<PathBuf> {
    let (directory, ending, _) = place()?;
    Some(Path::new(directory).join(format!("{}.{ending}", stem(authority))))
}

/// The commands that put the CA in.
pub(super) fn additions(authority: Option<&Certificate>) -> Vec<String> {
    commands("tee", file(authority).into_iter().collect())
}

/// The commands that take the CAs out.
pub(super) fn removals(authorities: &[&Certificate]) -> Vec<String> {
    let files = authorities.iter().flat_map(|authority| file(Some(authority)).into_iter().chain(links(authority)));
    commands("rm", files.collect())
}

/// `certificate` is the CA's, `directory` one to work in.
pub(super) fn uninstall(directory: &Path, authority: &Certificate, certificate: &Path) -> Result<(), CertsError> {
    mkcert::uninstall(Store::System, directory, certificate)?;
    java::follow_system(authority)?;
    let links = links(authority);
    if links.is_empty() {
        return Ok(());
    }
    let has_namesakes = links.iter().any(|link| has_namesake(link));
    let links: Vec<String> = links.iter().map(|link| link.display().to_string()).collect();
    run("rm", &links.iter().map(String::as_str).collect::<Vec<_>>())?;
    // Links of one hash are numbered, and looked for up to the first gap.
    if has_namesakes { run("openssl", &["rehash", LINKS]) } else { Ok(()) }
}

/// What Debian has made for the CA in its directory of links.
fn links(authority: &Certificate) -> Vec<PathBuf> {
    let own = format!("{}.pem", stem(Some(authority)));
    let names = files::names_in(Path::new(LINKS)).unwrap_or_default();
    let links = names.into_iter().map(|name| Path::new(LINKS).join(name));
    let leads_there = |link: &PathBuf| {
        let target = files::read_link(link).ok();
        target
            .is_some_and(|target| target.as_os_str() == own.as_str() || Some(&target) == file(Some(authority)).as_ref())
    };
    links.filter(leads_there).collect()
}

/// Whether another certificate has the hash that the link is named by.
fn has_namesake(link: &Path) -> bool {
    let names = files::names_in(Path::new(LINKS)).unwrap_or_default();
    let is_hash =
        |name: &Path| name.extension().is_some_and(|number| number.as_encoded_bytes().iter().all(u8::is_ascii_digit));
    is_hash(link)
        && names.iter().map(Path::new).filter(|name| is_hash(name) && name.file_stem() == link.file_stem()).count() > 1
}

fn commands(first: &str, files: Vec<PathBuf>) -> Vec<String> {
    let sudo = if process::is_root() { "" } else { "sudo " };
    match place() {
        Some((_, _, command)) => {
            let files = files.iter().map(|file| format!("{sudo}{first} {}", file.display()));
            files.chain([format!("{sudo}{command}")]).collect()
        }
        None => vec!["the keychain of the login, and the system's".to_owned()],
    }
}

fn place() -> Option<&'static (&'static str, &'static str, &'static str)> {
    PLACES.iter().find(|(directory, ..)| files::is_dir(Path::new(directory)))
}

/// As mkcert calls it.
fn stem(authority: Option<&Certificate>) -> String {
    format!("mkcert_development_CA_{}", authority.map_or("…", |authority| &authority.serial_number))
}

fn run(program: &str, args: &[&str]) -> Result<(), CertsError> {
    let refused = |detail: String| CertsError::Store { store: Store::System.as_str(), detail };
    let captured = match process::is_root() {
        true => process::capture(Path::new(program), args, PATIENCE),
        false => process::capture(Path::new("sudo"), &[&[program], args].concat(), PATIENCE),
    };
    match captured {
        Ok(Captured { is_success: true, .. }) => Ok(()),
        Ok(Captured { stderr, .. }) => Err(refused(String::from_utf8_lossy(&stderr).trim().to_owned())),
        Err(error) => Err(refused(format!("{program}: {error}"))),
    }
}
