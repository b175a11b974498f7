//! The ways to have names resolved, and which of them this machine takes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::DnsError;
use super::facts::Facts;

/// A way to have local names resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// systemd-resolved is told, by a file, of a dnsmasq of gantry's own: a delegate for the domain alone; before there
    /// were any, a drop-in, whose server it asks for all other names too, beside those of its links.
    Resolved,
    /// systemd-resolved is told by the DNS settings of a link that gantry makes, for the domain alone: lost at a reboot.
    ResolvedLink,
    /// A file for the dnsmasq that NetworkManager runs.
    #[serde(rename = "networkmanager")]
    NetworkManager,
    /// A file for the dnsmasq that answers this machine's queries.
    Dnsmasq,
    /// macOS: a file in `/etc/resolver`, and a dnsmasq of gantry's own.
    Resolver,
    /// Names under `.localhost`, which need no set-up where the program or the resolver knows them.
    Localhost,
}

/// systemd-resolved reads `dns-delegate.d` since this version.
const DELEGATES_SINCE: u32 = 258;

impl Method {
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Resolved => "resolved",
            Method::ResolvedLink => "resolved-link",
            Method::NetworkManager => "networkmanager",
            Method::Dnsmasq => "dnsmasq",
            Method::Resolver => "resolver",
            Method::Localhost => "localhost",
        }
    }

    /// Whether a dnsmasq of gantry's own answers.
    pub const fn has_own_dnsmasq(self) -> bool {
        matches!(self, Method::Resolved | Method::ResolvedLink | Method::Resolver)
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
        Err(facts.unsupported())
    }

    /// Whether the way that the user names works here.
    ///
    /// # Errors
    /// [`DnsError::Unavailable`], with the reason.
    pub fn require(self, facts: &Facts) -> Result<Method, DnsError> {
        let why = match self {
            Method::Localhost => None,
            Method::Resolver => (!facts.is_macos).then(|| "only macOS reads /etc/resolver".to_owned()),
            Method::Resolved | Method::ResolvedLink if !facts.asks_resolved() => {
                Some(format!("{} resolves here, not systemd-resolved", facts.who()))
            }
            Method::Resolved => facts.resolved.as_ref().and_then(super::facts::Resolved::why_not_drop_in),
            Method::ResolvedLink => None,
            Method::NetworkManager => facts.why_not_network_manager(),
            Method::Dnsmasq => facts.why_not_dnsmasq(),
        };
        why.map_or(Ok(self), |why| Err(DnsError::Unavailable { method: self, why }))
    }
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

impl super::facts::Resolved {
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

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
            let found = Method::detect(facts).map_err(|error| error.to_string());
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
            let found = method.require(facts).err().map(|error| error.to_string());
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
}
