//! The ways to have names resolved, and which of them this machine takes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::DnsError;
use super::facts::Facts;

/// A way to have local names resolved; each is less invasive than the ones after it, on a machine where it works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// systemd-resolved is told, by a file, of a dnsmasq of gantry's own for the domain alone.
    Resolved,
    /// As that, by the DNS settings of a link that gantry makes: lost at a reboot.
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
            Method::Resolved if facts.resolved.as_ref().is_some_and(|it| !it.has_delegates() && it.has_global()) => {
                let servers = facts.resolved.iter().flat_map(|it| it.global_servers.clone());
                let servers = servers.collect::<Vec<_>>().join(", ");
                Some(format!(
                    "systemd-resolved has {servers} for all names, and would ask gantry's dnsmasq for all too"
                ))
            }
            Method::Resolved | Method::ResolvedLink => None,
            Method::NetworkManager => facts.why_not_network_manager(),
            Method::Dnsmasq => facts.why_not_dnsmasq(),
        };
        why.map_or(Ok(self), |why| Err(DnsError::Unavailable { method: self, why }))
    }
}

/// A server in a drop-in would be one more of the global ones, which are asked for everything where there is another; the
/// servers that resolved was built with, it leaves as soon as it is told of any.
fn detect_resolved(facts: &Facts) -> Result<Method, DnsError> {
    match &facts.resolved {
        Some(resolved) if resolved.has_delegates() => Ok(Method::Resolved),
        Some(resolved) if resolved.has_global() => Ok(Method::ResolvedLink),
        Some(resolved) if resolved.has_link_servers => Ok(Method::Resolved),
        Some(_) => Err(DnsError::OnlyFallback),
        None => Err(DnsError::ResolvedSilent),
    }
}

impl super::facts::Resolved {
    /// Whether it reads files that name servers for some domains alone.
    pub fn has_delegates(&self) -> bool {
        self.version.is_some_and(|version| version >= DELEGATES_SINCE)
    }

    fn has_global(&self) -> bool {
        !self.global_servers.is_empty()
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
        check(&resolved(252, &[], true), Ok(Method::Resolved));
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
        let why = "systemd-resolved has 10.0.0.1 for all names, and would ask gantry's dnsmasq for all too";
        check(Method::Resolved, &resolved(252, &["10.0.0.1"], true), Some(why));
        check(Method::Resolved, &other(&["8.8.8.8"]), Some("8.8.8.8 resolves here, not systemd-resolved"));
        check(Method::Resolver, &dnsmasq(), Some("only macOS reads /etc/resolver"));
        check(Method::NetworkManager, &dnsmasq(), Some("NetworkManager runs no dnsmasq (`dns=dnsmasq` is not set)"));
        check(Method::Dnsmasq, &other(&["8.8.8.8"]), Some("8.8.8.8 resolves here, not a dnsmasq"));
        let unread = Facts { dnsmasq_reads_directory: false, ..dnsmasq() };
        check(Method::Dnsmasq, &unread, Some("its dnsmasq does not read /etc/dnsmasq.d"));
    }
}
