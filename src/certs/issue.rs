//! A project's certificate: whether it still holds, and a new one where it does not.

use serde::Serialize;

use super::mkcert::{self, Root};
use super::place::{CERTIFICATE, Place};
use super::x509::{self, Certificate};
use super::{CertsError, Ensured, Pair};
use crate::model::DomainName;
use crate::sys::signals::Interrupts;
use crate::sys::trees::Unfinished;
use crate::sys::{clock, files};

/// Days before its end from which on a certificate is renewed, and a CA said to end.
pub(super) const RENEWED_BEFORE: i64 = 30;

/// What a certificate is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Standing {
    Good,
    /// Nothing was issued.
    Absent,
    /// The file, or its key's, holds something else.
    Damaged {
        detail: String,
    },
    /// Another CA has issued it than the one that is trusted today.
    OtherAuthority,
    /// It is over.
    Expired,
    /// The clock stands before its beginning.
    NotYetValid,
    /// It is not for these names.
    Lacking {
        names: Vec<String>,
    },
    /// It ends within 30 days.
    EndsSoon,
    /// The CA is over, and with it all that it has issued.
    AuthorityExpired,
    /// The CA ends within 30 days.
    AuthorityEndsSoon,
    /// Others than the user may read its key.
    OpenKey,
}

impl Standing {
    /// For a table.
    pub fn describe(&self) -> String {
        match self {
            Standing::Good => "good".to_owned(),
            Standing::Absent => "not issued".to_owned(),
            Standing::Damaged { detail } => format!("damaged: {detail}"),
            Standing::OtherAuthority => "of another CA".to_owned(),
            Standing::Expired => "expired".to_owned(),
            Standing::NotYetValid => "not valid yet".to_owned(),
            Standing::Lacking { names } => format!("not for {}", names.join(", ")),
            Standing::EndsSoon => "ends soon".to_owned(),
            Standing::AuthorityExpired => "its CA expired".to_owned(),
            Standing::AuthorityEndsSoon => "its CA ends soon".to_owned(),
            Standing::OpenKey => "others may read its key".to_owned(),
        }
    }

    /// Whether a new certificate would be no better.
    pub fn is_of_authority(&self) -> bool {
        matches!(self, Standing::AuthorityExpired | Standing::AuthorityEndsSoon)
    }
}

/// What the certificate that is there is good for, and what it says where it can be read.
pub(super) fn look(
    place: &Place,
    domain: &DomainName,
    names: &[String],
    authority: &Certificate,
) -> (Standing, Option<Certificate>) {
    let Some(pair) = place.pair(domain) else { return (Standing::Absent, None) };
    let damaged = |error: CertsError| match error {
        CertsError::Damaged { detail, .. } => Standing::Damaged { detail },
        other => Standing::Damaged { detail: other.to_string() },
    };
    if !files::exists(&pair.certificate) {
        return (Standing::Absent, None);
    }
    let certificate = match Certificate::load(&pair.certificate) {
        Ok(certificate) => certificate,
        Err(error) => return (damaged(error), None),
    };
    let standing = match x509::require_key(&certificate, &pair.key) {
        Err(error) => damaged(error),
        Ok(_) => match judge(&certificate, names, authority, clock::now()) {
            Standing::Good if files::is_open_to_others(&pair.key) => Standing::OpenKey,
            standing => standing,
        },
    };
    (standing, Some(certificate))
}

fn judge(certificate: &Certificate, names: &[String], authority: &Certificate, now: i64) -> Standing {
    let lacking = certificate.lacking(names);
    if !certificate.is_signed_by(authority) {
        Standing::OtherAuthority
    } else if now > authority.until {
        Standing::AuthorityExpired
    } else if now > certificate.until {
        Standing::Expired
    } else if now < certificate.from {
        Standing::NotYetValid
    } else if !lacking.is_empty() {
        Standing::Lacking { names: lacking.into_iter().map(str::to_owned).collect() }
    } else if certificate.days_left(now) < RENEWED_BEFORE {
        Standing::EndsSoon
    } else if authority.days_left(now) < RENEWED_BEFORE {
        Standing::AuthorityEndsSoon
    } else {
        Standing::Good
    }
}

/// How much a certificate is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effort {
    /// Somebody sits at a prompt: who is at it is not waited for, and what is there is served.
    Short,
    /// Whoever is at it is waited for.
    Full,
    /// The same, and nothing but a new one will do, also of a CA that has replaced the one before it.
    Anew,
}

/// As [`super::ensure`].
pub(super) fn ensure(
    place: &Place,
    domain: &DomainName,
    names: &[String],
    effort: Effort,
) -> Result<Ensured, CertsError> {
    names.iter().try_for_each(|name| require_name(name))?;
    // Asked before the lock, which makes the directory.
    let authority = place.require_authority()?;
    if let (Some(ensured), true) = (settled(place, domain, names, &authority), effort != Effort::Anew) {
        return Ok(ensured);
    }
    let _lock = match effort {
        Effort::Short => match place.try_lock()? {
            Some(lock) => lock,
            None if is_there(place, domain) => return place.pair(domain).map(Ensured::good).ok_or(CertsError::Busy),
            None => return Err(CertsError::Busy),
        },
        Effort::Full | Effort::Anew => place.lock(&Interrupts::default())?,
    };
    ensure_locked(place, domain, names, effort == Effort::Anew)
}

/// What holds as it is, so that nobody has to be waited for.
fn settled(place: &Place, domain: &DomainName, names: &[String], authority: &Certificate) -> Option<Ensured> {
    // One that cannot be closed is told by its standing.
    let _ = place.close(domain);
    let (Standing::Good, _) = look(place, domain, names, authority) else { return None };
    let pair = place.pair(domain)?;
    let problem = match Root::find(place).and_then(|root| root.require_same(authority).map(|()| root)) {
        Err(error @ CertsError::AuthorityReplaced { .. }) => Some(error),
        Ok(root) => {
            // Certificates were set up before that was written down, or the CA was moved.
            if place.root_directory().is_ok_and(|noted| noted.as_ref() != Some(&root.directory)) {
                let _ = place.note_root(&root.directory);
            }
            None
        }
        // Only to issue is mkcert needed.
        Err(_) => None,
    };
    Some(Ensured { pair, problem })
}

fn ensure_locked(place: &Place, domain: &DomainName, names: &[String], anew: bool) -> Result<Ensured, CertsError> {
    let mut authority = place.require_authority()?;
    let root = Root::find(place);
    if let (true, Ok(root)) = (anew, &root) {
        authority = root.require_usable()?.clone();
        place.adopt(&root.directory, &root.file())?;
    }
    let root = root.and_then(|root| root.require_same(&authority).map(|()| root));
    let (standing, _) = look(place, domain, names, &authority);
    let holds = matches!(standing, Standing::Good | Standing::AuthorityEndsSoon) && !anew;
    match (root, place.pair(domain)) {
        (Err(error @ CertsError::AuthorityReplaced { .. }), Some(pair)) if holds => {
            Ok(Ensured { pair, problem: Some(error) })
        }
        (_, Some(pair)) if holds => Ok(Ensured::good(pair)),
        (root, pair) => match (root.and_then(|root| issue(place, &root, domain, names, &authority)), pair) {
            (Ok(pair), _) => Ok(Ensured::good(pair)),
            // It serves on, and a browser says what is wrong with it; without it nothing would answer over HTTPS.
            (Err(error), Some(pair)) if is_readable(&standing) && !anew => Ok(Ensured { pair, problem: Some(error) }),
            (Err(error), _) => Err(error),
        },
    }
}

/// Whether a certificate and its key lie there, whatever they are good for.
pub(super) fn is_there(place: &Place, domain: &DomainName) -> bool {
    let Some(pair) = place.pair(domain) else { return false };
    Certificate::load(&pair.certificate).is_ok_and(|certificate| x509::require_key(&certificate, &pair.key).is_ok())
}

fn is_readable(standing: &Standing) -> bool {
    !matches!(standing, Standing::Absent | Standing::Damaged { .. })
}

fn issue(
    place: &Place,
    root: &Root,
    domain: &DomainName,
    names: &[String],
    authority: &Certificate,
) -> Result<Pair, CertsError> {
    let issues = place.issues(domain);
    let unfinished = Unfinished::begin_in(&issues).map_err(CertsError::system("make", &issues))?;
    mkcert::issue(&root.directory, unfinished.path(), names)?;
    let pair = Pair::in_directory(unfinished.path());
    let certificate = Certificate::load(&unfinished.path().join(CERTIFICATE))?;
    x509::require_key(&certificate, &pair.key)?;
    if !certificate.is_signed_by(authority) {
        let detail = "its CA was replaced just now".to_owned();
        return Err(CertsError::Mkcert { task: "issue a certificate".to_owned(), detail });
    }
    let issue = certificate.serial;
    let directory = issues.join(&issue);
    unfinished.keep_as(&directory).map_err(CertsError::system("make", &directory))?;
    place.switch_to(domain, issue.as_ref())?;
    Ok(Pair::in_directory(&directory))
}

/// mkcert takes e-mail addresses and URLs too, and what starts with `-` for an option.
fn require_name(name: &str) -> Result<(), CertsError> {
    let is_address = name.parse::<std::net::IpAddr>().is_ok();
    let domain = name.strip_prefix("*.").unwrap_or(name).parse::<DomainName>();
    match domain {
        Err(error) if !is_address => Err(CertsError::BadName { name: name.to_owned(), why: error.to_string() }),
        _ => Ok(()),
    }
}
