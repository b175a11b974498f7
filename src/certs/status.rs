//! How certificates stand: the CA, what was issued, and who trusts it.

use std::path::PathBuf;

use serde::Serialize;

use super::authority::{self, AuthorityState};
use super::issue::{self, Standing};
use super::mkcert::Root;
use super::place::Place;
use super::store::Trust;
use super::survey::{StoreStatus, survey};
use super::x509::Certificate;
use super::{CertsError, Pair};
use crate::model::{DomainName, Finding, Verdict};
use crate::sys::clock;

/// Everything at once; `None` of it where certificates are not set up.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub authority: AuthorityStatus,
    pub certificates: Vec<IssueStatus>,
    pub stores: Vec<StoreStatus>,
}

/// The CA that `gantry cert setup` found.
#[derive(Clone, Debug, Serialize)]
pub struct AuthorityStatus {
    pub state: AuthorityState,
    pub mend: Option<String>,
    /// mkcert's directory; `None` where mkcert is not there to tell.
    pub directory: Option<PathBuf>,
    /// The copy that gantry keeps, for programs that want a file.
    pub file: PathBuf,
    pub has_key: bool,
    /// CAs that it has replaced, which stores may still trust.
    pub former: usize,
    pub certificate: Certificate,
}

/// What was issued for a project, or for one that was.
#[derive(Clone, Debug, Serialize)]
pub struct IssueStatus {
    pub domain: DomainName,
    /// Whether a project goes by that name now.
    pub is_wanted: bool,
    /// The names that it has to be for.
    pub names: Vec<String>,
    #[serde(flatten)]
    pub standing: Standing,
    pub certificate: Option<Certificate>,
    /// Where the files are, whichever issue counts: `current` leads to it.
    pub file: PathBuf,
    pub key: PathBuf,
}

/// How everything stands, with the names that each project's certificate has to be for; `None` where certificates are
/// not set up. Starts programs, and takes as long as the slowest: Java, a second or two.
///
/// # Errors
/// The CA cannot be read.
pub fn status(projects: &[(DomainName, Vec<String>)]) -> Result<Option<Status>, CertsError> {
    let place = Place::require()?;
    let Some(copy) = place.authority()? else { return Ok(None) };
    let root = root(&place)?;
    let certificates = certificates(&place, projects, &copy);
    let authority = authority_status(&place, copy, root.as_ref());
    let usable = root.ok_or(CertsError::NoMkcert).and_then(|root| {
        root.require_same(&authority.certificate)?;
        Ok(root.directory)
    });
    let stores = survey(&place, &authority.certificate, usable.map_err(|error| error.to_string()));
    Ok(Some(Status { authority, certificates, stores }))
}

/// What was issued for the domain, and the CA it has to be of.
///
/// # Errors
/// [`CertsError::NotSetUp`]; the CA cannot be read.
pub fn info(domain: &DomainName, names: &[String]) -> Result<IssueStatus, CertsError> {
    let place = Place::require()?;
    let authority = place.require_authority()?;
    Ok(issue_status(&place, domain, names, true, &authority))
}

/// What was issued, for a project or for one that was.
///
/// # Errors
/// The CA cannot be read.
pub fn issued(projects: &[(DomainName, Vec<String>)]) -> Result<Vec<IssueStatus>, CertsError> {
    let place = Place::require()?;
    let Some(authority) = place.authority()? else { return Ok(Vec::new()) };
    let all = certificates(&place, projects, &authority);
    Ok(all.into_iter().filter(|it| it.standing != Standing::Absent).collect())
}

/// The CA.
///
/// # Errors
/// [`CertsError::NotSetUp`]; it cannot be read.
pub fn authority_info() -> Result<AuthorityStatus, CertsError> {
    let place = Place::require()?;
    let copy = place.require_authority()?;
    Ok(authority_status(&place, copy, root(&place)?.as_ref()))
}

/// For `gantry doctor`.
///
/// # Errors
/// As [`status`].
pub fn report(projects: &[(DomainName, Vec<String>)]) -> Result<Vec<Finding>, CertsError> {
    let Some(status) = status(projects)? else {
        let text = "not set up: projects are served over HTTP";
        return Ok(vec![Finding::not_set_up("certificates", text, "`gantry cert setup`")]);
    };
    let authority = &status.authority;
    let found =
        |subject: &str, verdict, text: String, mend| Finding { subject: subject.to_owned(), verdict, text, mend };
    let verdict = |is_good| if is_good { Verdict::Good } else { Verdict::Bad };
    let state = authority.state;
    let mut findings =
        vec![found("CA", verdict(state == AuthorityState::Good), state.describe().to_owned(), authority.mend.clone())];
    findings.extend(status.certificates.iter().filter(|it| it.is_wanted).map(|it| {
        let verdict = match it.standing {
            // One that is not issued yet, the proxy has issued when it needs it.
            Standing::Absent => Verdict::NotSetUp,
            _ => verdict(it.standing == Standing::Good),
        };
        let mend = match &it.standing {
            Standing::Good => None,
            of if of.is_of_authority() => authority.mend.clone(),
            _ => Some(format!("`gantry cert renew {}`", it.domain)),
        };
        found(it.domain.as_str(), verdict, it.standing.describe(), mend)
    }));
    findings.extend(status.stores.iter().filter(|it| it.state != Trust::Absent).map(|it| {
        // Which stores trust it is the user's choice.
        let verdict = if it.state == Trust::Trusted { Verdict::Good } else { Verdict::NotSetUp };
        let detail = it.detail.iter().map(|detail| format!(": {detail}"));
        let text = std::iter::once(it.state.as_str().to_owned()).chain(detail).collect();
        // Who cannot be asked for want of a CA that issues can be when that is mended.
        let mend = it.mend.clone().or_else(|| authority.mend.clone().filter(|_| it.state == Trust::Unknown));
        found(&format!("trust: {}", it.name), verdict, text, mend)
    }));
    Ok(findings)
}

/// mkcert's CA; `None` where mkcert is not there to tell.
fn root(place: &Place) -> Result<Option<Root>, CertsError> {
    match Root::find(place) {
        Err(CertsError::NoMkcert) => Ok(None),
        found => found.map(Some),
    }
}

fn authority_status(place: &Place, copy: Certificate, root: Option<&Root>) -> AuthorityStatus {
    let state = authority::state(&copy, root, clock::now());
    AuthorityStatus {
        state,
        mend: state.mend(root.map(Root::key).as_deref()),
        directory: root.map(|root| root.directory.clone()),
        file: place.authority_file(),
        has_key: root.is_some_and(|root| root.has_key),
        former: place.former().len(),
        certificate: copy,
    }
}

fn certificates(place: &Place, projects: &[(DomainName, Vec<String>)], authority: &Certificate) -> Vec<IssueStatus> {
    let wanted = projects.iter().map(|(domain, names)| issue_status(place, domain, names, true, authority));
    let others = place.domains().into_iter().filter(|domain| !projects.iter().any(|(known, _)| known == domain));
    let others = others.map(|domain| issue_status(place, &domain, &[], false, authority));
    wanted.chain(others).collect()
}

fn issue_status(
    place: &Place,
    domain: &DomainName,
    names: &[String],
    is_wanted: bool,
    authority: &Certificate,
) -> IssueStatus {
    let (standing, certificate) = issue::look(place, domain, names, authority);
    let Pair { certificate: file, key } = place.current(domain);
    IssueStatus { domain: domain.clone(), is_wanted, names: names.to_vec(), standing, certificate, file, key }
}
