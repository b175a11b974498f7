//! Which way this machine takes, and which domain: by what resolves names here, and what the user says.

use super::Wish;
use super::error::DnsError;
use super::facts::{Facts, Resolved};
use super::method::Method;
use super::record::Record;
use crate::model::Tld;

/// systemd-resolved reads `dns-delegate.d` since this version.
const DELEGATES_SINCE: u32 = 258;

/// Without a word of the user, what is set up stays as long as it works; `.localhost` names are only for lack of a better
/// way.
pub(super) fn method(facts: &Facts, wish: Wish, record: Option<&Record>) -> Result<Method, DnsError> {
    let standing = record.map(|record| record.method);
    match (wish.method, wish.tld) {
        (Some(method), _) => require(method, facts),
        (None, Some(Tld::Localhost)) => Ok(Method::Localhost),
        (None, _) => match standing {
            Some(Method::Localhost) if wish.tld.is_none() => Ok(detect(facts).unwrap_or(Method::Localhost)),
            Some(method) if require(method, facts).is_ok() => Ok(method),
            _ => detect(facts),
        },
    }
}

pub(super) fn tld(machines: Tld, method: Method, wish: Wish, record: Option<&Record>) -> Result<Tld, DnsError> {
    let is_localhost = method == Method::Localhost;
    let tld = match (wish.tld, record) {
        (Some(tld), _) => tld,
        (None, _) if is_localhost => Tld::Localhost,
        (None, Some(record)) if record.tld != Tld::Localhost => record.tld,
        (None, _) if machines != Tld::Localhost => machines,
        (None, _) => Tld::default(),
    };
    if is_localhost == (tld == Tld::Localhost) { Ok(tld) } else { Err(DnsError::Mismatch { method, tld }) }
}

/// The least invasive way that works here.
///
/// # Errors
/// [`DnsError::Unsupported`] where none does but `.localhost` names.
pub fn detect(facts: &Facts) -> Result<Method, DnsError> {
    if facts.is_macos {
        return Ok(Method::Resolver);
    }
    if facts.asks_resolved() {
        return detect_resolved(facts);
    }
    match facts.why_not_network_manager() {
        None => return Ok(Method::NetworkManager),
        Some(_) if facts.why_not_dnsmasq().is_none() => return Ok(Method::Dnsmasq),
        Some(_) => {}
    }
    Err(DnsError::Unsupported { who: facts.who(), file: facts.resolv_conf.clone() })
}

/// Whether the way that the user names works here.
///
/// # Errors
/// [`DnsError::Unavailable`], with the reason.
pub fn require(method: Method, facts: &Facts) -> Result<Method, DnsError> {
    let why = match method {
        Method::Localhost => None,
        Method::Resolver => (!facts.is_macos).then(|| "only macOS reads /etc/resolver".to_owned()),
        Method::Resolved | Method::ResolvedLink if !facts.asks_resolved() => {
            Some(format!("{} resolves here, not systemd-resolved", facts.who()))
        }
        Method::Resolved => facts.resolved.as_ref().and_then(Resolved::why_not_drop_in),
        Method::ResolvedLink => None,
        Method::NetworkManager => facts.why_not_network_manager(),
        Method::Dnsmasq => facts.why_not_dnsmasq(),
    };
    why.map_or(Ok(method), |why| Err(DnsError::Unavailable { method, why }))
}

/// The server of a drop-in would be one of the global ones, which are asked for every name, whatever their domains are: so
/// a drop-in is only for who names it. The servers that resolved was built with, it leaves as soon as it is told of any.
fn detect_resolved(facts: &Facts) -> Result<Method, DnsError> {
    match &facts.resolved {
        Some(resolved) if resolved.has_delegates() => Ok(Method::Resolved),
        Some(resolved) if resolved.has_link_servers || !resolved.global_servers.is_empty() => Ok(Method::ResolvedLink),
        Some(_) => Err(DnsError::OnlyFallback),
        None => Err(DnsError::ResolvedSilent),
    }
}

impl Resolved {
    /// Whether it reads files that name servers for some domains alone.
    pub fn has_delegates(&self) -> bool {
        self.version.is_some_and(|version| version >= DELEGATES_SINCE)
    }

    /// What a drop-in would break: names of a domain of somebody's would be asked of gantry's dnsmasq.
    fn why_not_drop_in(&self) -> Option<String> {
        let (servers, domains) = (self.global_servers.join(", "), self.global_domains.join(", "));
        match (self.has_delegates(), servers.is_empty(), domains.is_empty()) {
            (true, _, _) | (false, true, true) => None,
            (false, false, _) => {
                Some(format!("systemd-resolved asks {servers} for all names, and would ask gantry's dnsmasq too"))
            }
            (false, true, false) => {
                Some(format!("systemd-resolved has {domains}, and would ask gantry's dnsmasq for the names there"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::{dnsmasq, macos, network_manager, other, resolved};
    use super::*;

    #[test]
    fn the_least_invasive_way_that_works() {
        #[track_caller]
        fn check(facts: &Facts, expected: Result<Method, &str>) {
            let found = detect(facts).map_err(|error| error.to_string());
            assert_eq!(found, expected.map_err(str::to_owned));
        }
        check(&resolved(252, &[], true), Ok(Method::ResolvedLink));
        check(&resolved(252, &["10.0.0.1"], true), Ok(Method::ResolvedLink));
        check(&resolved(258, &["10.0.0.1"], true), Ok(Method::Resolved));
        check(&resolved(258, &[], false), Ok(Method::Resolved));
        check(&resolved(252, &[], false), Err(&DnsError::OnlyFallback.to_string()));
        check(&Facts { resolved: None, ..resolved(252, &[], true) }, Err(&DnsError::ResolvedSilent.to_string()));
        check(&network_manager(), Ok(Method::NetworkManager));
        check(&dnsmasq(), Ok(Method::Dnsmasq));
        check(&macos(), Ok(Method::Resolver));
        check(
            &other(&["8.8.8.8"]),
            Err("8.8.8.8 resolves names here, by /etc/resolv.conf, and gantry does not change that"),
        );
    }

    #[test]
    fn the_way_that_the_user_names() {
        #[track_caller]
        fn check(method: Method, facts: &Facts, expected: Option<&str>) {
            let found = require(method, facts).err().map(|error| error.to_string());
            let expected = expected.map(|why| format!("the method {method} does not work here: {why}"));
            assert_eq!(found, expected);
        }
        check(Method::Localhost, &other(&["8.8.8.8"]), None);
        check(Method::ResolvedLink, &resolved(252, &[], true), None);
        check(Method::Resolved, &resolved(252, &[], false), None);
        let why = "systemd-resolved asks 10.0.0.1 for all names, and would ask gantry's dnsmasq too";
        check(Method::Resolved, &resolved(252, &["10.0.0.1"], true), Some(why));
        check(Method::Resolved, &resolved(258, &["10.0.0.1"], true), None);
        let mut office = resolved(252, &[], true);
        office.resolved.iter_mut().for_each(|it| it.global_domains = vec!["office.example".to_owned()]);
        let why = "systemd-resolved has office.example, and would ask gantry's dnsmasq for the names there";
        check(Method::Resolved, &office, Some(why));
        check(Method::ResolvedLink, &office, None);
        check(Method::Resolved, &other(&["8.8.8.8"]), Some("8.8.8.8 resolves here, not systemd-resolved"));
        check(Method::Resolver, &dnsmasq(), Some("only macOS reads /etc/resolver"));
        check(Method::NetworkManager, &dnsmasq(), Some("NetworkManager runs no dnsmasq (`dns=dnsmasq` is not set)"));
        check(Method::Dnsmasq, &other(&["8.8.8.8"]), Some("8.8.8.8 resolves here, not a dnsmasq"));
        let unread = Facts { dnsmasq_reads_directory: false, ..dnsmasq() };
        check(Method::Dnsmasq, &unread, Some("its dnsmasq does not read /etc/dnsmasq.d"));
    }

    #[test]
    fn the_domain_of_a_set_up() {
        #[track_caller]
        fn check(machines: Tld, method: Method, asked: Option<Tld>, standing: Option<Tld>, expected: Option<Tld>) {
            let record = standing.map(|tld| Record::new(Method::Dnsmasq, tld));
            let found = tld(machines, method, Wish { method: None, tld: asked }, record.as_ref());
            assert_eq!(found.ok(), expected);
        }
        let (test, local) = (Tld::Test, Tld::Localhost);
        check(test, Method::Dnsmasq, None, None, Some(test));
        check(Tld::HomeArpa, Method::Dnsmasq, None, None, Some(Tld::HomeArpa));
        check(test, Method::Dnsmasq, Some(Tld::Internal), Some(Tld::HomeArpa), Some(Tld::Internal));
        check(test, Method::Dnsmasq, None, Some(Tld::HomeArpa), Some(Tld::HomeArpa));
        check(test, Method::Localhost, None, Some(test), Some(local));
        // From `.localhost` names back to others.
        check(local, Method::Dnsmasq, None, Some(local), Some(test));
        check(test, Method::Dnsmasq, Some(local), None, None);
        check(test, Method::Localhost, Some(test), None, None);
    }

    #[test]
    fn the_way_of_a_set_up() {
        use super::super::facts::tests::{dnsmasq, other, resolved};
        #[track_caller]
        fn check(facts: &Facts, wish: Wish, standing: Option<Method>, expected: Option<Method>) {
            let record = standing.map(|method| Record::new(method, Tld::Test));
            assert_eq!(method(facts, wish, record.as_ref()).ok(), expected);
        }
        let (any, plain) = (Wish::default(), resolved(252, &[], true));
        let wish = |method, tld| Wish { method, tld };
        check(&plain, any, None, Some(Method::ResolvedLink));
        // What stands stays as long as it works.
        check(&plain, any, Some(Method::Resolved), Some(Method::Resolved));
        check(&plain, any, Some(Method::ResolvedLink), Some(Method::ResolvedLink));
        check(&plain, any, Some(Method::Localhost), Some(Method::ResolvedLink));
        check(&other(&["8.8.8.8"]), any, Some(Method::Localhost), Some(Method::Localhost));
        check(&other(&["8.8.8.8"]), any, Some(Method::Resolved), None);
        // The machine resolves in another way by now.
        check(&dnsmasq(), any, Some(Method::Resolved), Some(Method::Dnsmasq));
        check(&dnsmasq(), wish(None, Some(Tld::Localhost)), Some(Method::Dnsmasq), Some(Method::Localhost));
        check(&dnsmasq(), wish(Some(Method::Resolved), None), None, None);
    }
}
