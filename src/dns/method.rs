//! The ways to have names resolved, and which of them this machine takes.

use std::fmt;

use serde::{Deserialize, Serialize};

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

/// The link's name: at most 15 characters with the `p` of its other end.
pub const LINK: &str = "gantry0";

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
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
