//! Why there is no certificate, or none that holds.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::sys::clock;

/// What the callers tell apart; its `Display` is a sentence for the user.
#[derive(Debug)]
pub enum CertsError {
    /// `mkcert` is not on `PATH`.
    NoMkcert,
    /// It was called, and said this instead of doing it.
    Mkcert { task: String, detail: String },
    /// `gantry cert setup` has not been run.
    NotSetUp,
    /// mkcert's CA is gone from its directory.
    AuthorityLost { root: PathBuf },
    /// The CA's certificate is there, and not the key that signs with it.
    NoAuthorityKey { root: PathBuf },
    /// mkcert's directory holds another CA than the one that was set up.
    AuthorityReplaced { root: PathBuf },
    /// The CA is over, since that moment.
    AuthorityExpired { root: PathBuf, until: i64 },
    /// No certificate can be for such a name.
    BadName { name: String, why: String },
    /// A file that holds no certificate, or no key that fits.
    Damaged { path: PathBuf, detail: String },
    /// A trust store was not changed as asked; what was changed before is undone.
    Store { store: &'static str, detail: String },
    /// It failed, and in these stores the CA could not be taken out again.
    Left { cause: Box<CertsError>, stores: Vec<&'static str> },
    /// By this signal; in these stores the CA could not be taken out again.
    Interrupted { signal: i32, left: Vec<&'static str> },
    /// Somebody else issues certificates, and is not waited for.
    Busy,
    /// Nobody listens where a certificate was to be looked at.
    NobodyListens { address: SocketAddr, detail: String },
    /// Somebody listens there, and does not speak TLS, or not with this name.
    NoHandshake { address: SocketAddr, detail: String },
    /// The system refuses.
    System { task: &'static str, path: PathBuf, source: io::Error },
}

impl CertsError {
    pub(super) fn system(task: &'static str, path: &Path) -> impl FnOnce(io::Error) -> CertsError {
        let path = path.to_owned();
        move |source| CertsError::System { task, path, source }
    }

    /// The way out.
    pub fn hint(&self) -> String {
        match self {
            CertsError::NoMkcert => {
                "install mkcert, the package of that name; and libnss3-tools (nss-tools on Fedora, nss on macOS) for \
                 the stores of Firefox and Chromium"
                    .to_owned()
            }
            CertsError::Mkcert { detail, .. } => of_mkcert(detail).to_owned(),
            CertsError::NotSetUp => {
                "`gantry cert setup` makes a CA of this machine's own and has it trusted".to_owned()
            }
            CertsError::AuthorityLost { root } => format!(
                "restore {} from a backup; where it was moved, `CAROOT=DIRECTORY gantry cert setup` takes it; or make a \
                 new CA: `gantry cert untrust`, then `gantry cert setup`",
                root.display()
            ),
            CertsError::NoAuthorityKey { root } => {
                let key = root.join("rootCA-key.pem");
                format!(
                    "restore {}, or make a new CA: `gantry cert untrust`, then `gantry cert remove --ca` and \
                     `gantry cert setup`",
                    key.display()
                )
            }
            CertsError::AuthorityReplaced { root } => {
                let place = root.display();
                format!("`gantry cert setup` takes it and has it trusted; or restore the one before it to {place}")
            }
            CertsError::AuthorityExpired { .. } => {
                "make a new CA: `gantry cert untrust`, then `gantry cert remove --ca` and `gantry cert setup`"
                    .to_owned()
            }
            CertsError::BadName { .. } => "a name is like shop.test, a wildcard like *.shop.test".to_owned(),
            CertsError::Damaged { path, .. } if path.ends_with("authority.pem") => {
                "it is a copy: `gantry cert setup` makes it anew".to_owned()
            }
            CertsError::Damaged { path, .. } if path.ends_with("rootCA.pem") => {
                "restore it from a backup; or remove it and rootCA-key.pem, then `gantry cert setup`".to_owned()
            }
            CertsError::Damaged { .. } => "`gantry cert renew` issues certificates anew".to_owned(),
            CertsError::Store { .. } => {
                "`--stores` names the ones to change (system, nss, java, or none); `gantry cert status` shows them"
                    .to_owned()
            }
            CertsError::Left { stores, .. } => take_out(stores),
            CertsError::Interrupted { left, .. } if left.is_empty() => {
                "`gantry cert status` shows what is there; the same command goes on".to_owned()
            }
            CertsError::Interrupted { left, .. } => take_out(left),
            CertsError::Busy => "try again when it is done".to_owned(),
            CertsError::NobodyListens { .. } => "`gantry proxy start` starts the proxy".to_owned(),
            CertsError::NoHandshake { .. } => "`gantry proxy status` tells who listens there".to_owned(),
            CertsError::System { .. } => "nothing was changed; check who owns it, and whether there is room".to_owned(),
        }
    }
}

/// By what mkcert said, in Go's words for what the system said.
fn of_mkcert(detail: &str) -> &'static str {
    let detail = detail.to_lowercase();
    if detail.contains("no space left") || detail.contains("quota exceeded") {
        "make room on the device, and try again"
    } else if detail.contains("permission denied") {
        "see to it that what it names is yours, and that you may read and write it"
    } else if detail.contains("read-only file system") {
        "CAROOT leads mkcert to another directory, XDG_STATE_HOME gantry: name one that can be written"
    } else {
        "`gantry cert status` shows what is there; `mkcert -CAROOT` tells where the CA lies"
    }
}

fn take_out(stores: &[&str]) -> String {
    format!("`gantry cert untrust --stores {}` takes it out", stores.join(","))
}

impl fmt::Display for CertsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CertsError::NoMkcert => f.write_str("mkcert is not installed"),
            CertsError::Mkcert { task, detail } => write!(f, "mkcert could not {task}: {detail}"),
            CertsError::NotSetUp => f.write_str("certificates are not set up"),
            CertsError::AuthorityLost { root } => write!(f, "the CA is gone: no rootCA.pem in {}", root.display()),
            CertsError::NoAuthorityKey { root } => {
                write!(f, "the CA cannot issue certificates: no rootCA-key.pem in {}", root.display())
            }
            CertsError::AuthorityReplaced { root } => {
                write!(f, "the CA in {} was replaced by another one, which `gantry cert setup` takes", root.display())
            }
            CertsError::AuthorityExpired { root, until } => {
                write!(f, "the CA in {} expired on {}", root.display(), clock::rfc3339(*until))
            }
            CertsError::BadName { name, why } => write!(f, "no certificate for `{}`: {why}", name.escape_debug()),
            CertsError::Damaged { path, detail } => write!(f, "{}: {detail}", path.display()),
            CertsError::Store { store, detail } => write!(f, "the {store} trust store was not changed: {detail}"),
            CertsError::Left { cause, stores } => {
                write!(f, "{cause}; and the CA could not be taken out again of: {}", stores.join(", "))
            }
            CertsError::Interrupted { left, .. } if left.is_empty() => f.write_str("interrupted"),
            CertsError::Interrupted { left, .. } => {
                write!(f, "interrupted, and the CA could not be taken out again of: {}", left.join(", "))
            }
            CertsError::Busy => f.write_str("another gantry works on certificates"),
            CertsError::NobodyListens { address, detail } => write!(f, "nobody answers on {address}: {detail}"),
            CertsError::NoHandshake { address, detail } => write!(f, "no TLS handshake with {address}: {detail}"),
            CertsError::System { task, path, source } => write!(f, "cannot {task} {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for CertsError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mkcert_says_has_a_way_out() {
        #[track_caller]
        fn check(detail: &str, expected: &str) {
            let error = CertsError::Mkcert { task: "make a CA".to_owned(), detail: detail.to_owned() };
            assert!(error.hint().contains(expected), "{detail}: {}", error.hint());
        }
        check("failed to save CA key: write /ca/rootCA-key.pem: no space left on device", "make room");
        check("failed to read the CA key: open /ca/rootCA-key.pem: permission denied", "read and write");
        check("mkdir /ca: read-only file system", "CAROOT");
        check("failed to generate the CA key", "gantry cert status");
    }
}
