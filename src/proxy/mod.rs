//! The reverse proxy: Caddy, as it is installed, with a configuration that gantry writes.
//!
//! Everything of it lies in one directory of gantry's own, its admin socket among it, so it meets no other Caddy. It
//! listens on this machine's loopback addresses alone. A configuration is tried out before it is loaded, and one that
//! Caddy refuses leaves the old one serving. Nothing starts it for longer than a trial but `gantry proxy start`.

mod caddy;
mod caddyfile;
mod error;
mod home;
mod pages;
mod ports;
mod publish;
mod setback;

use std::path::PathBuf;

use crate::model::{DomainName, Port, Route, Site};
use crate::sys::files;

pub use caddy::Caddy;
pub use error::ProxyError;
pub use home::{Home, State};
pub use ports::{HIGH_PORTS, Ports, blocker, high_ports};
pub use publish::{Patience, Published, publish, reload, start, stop};

/// What is to be served.
#[derive(Debug, Default)]
pub struct Served {
    pub sites: Vec<ServedSite>,
    pub ports: Ports,
}

/// A project's names, and the certificate for them.
#[derive(Debug)]
pub struct ServedSite {
    pub site: Site,
    /// Whether its names are served over HTTPS.
    pub is_secure: bool,
    /// Certificate and key; without them its names are served without TLS.
    pub pair: Option<(PathBuf, PathBuf)>,
}

impl Served {
    /// The ports that are listened on: HTTPS's only where there is something to serve by it.
    pub fn ports_in_use(&self) -> Vec<Port> {
        let is_secure = self.sites.iter().any(|site| site.is_secure);
        [Some(self.ports.http), Some(self.ports.https).filter(|_| is_secure)].into_iter().flatten().collect()
    }

    /// The same in words.
    pub fn describe_ports(&self) -> String {
        match self.ports_in_use().len() {
            1 => format!("HTTP on {}", self.ports.http),
            _ => format!("HTTP on {} and HTTPS on {}", self.ports.http, self.ports.https),
        }
    }

    /// Whether a certificate is gone that was there a moment ago: it was renewed meanwhile.
    fn has_lost_certificates(&self) -> bool {
        self.sites.iter().filter_map(|site| site.pair.as_ref()).any(|(certificate, _)| !files::exists(certificate))
    }

    /// The URL of a name of the site, without a path.
    pub fn address(&self, site: &ServedSite, name: &DomainName) -> String {
        // The usual port goes without saying.
        let (scheme, port, usual) = match site.is_secure {
            true => ("https", self.ports.https, Ports::USUAL.https),
            false => ("http", self.ports.http, Ports::USUAL.http),
        };
        if port == usual { format!("{scheme}://{name}") } else { format!("{scheme}://{name}:{port}") }
    }

    /// The route's URL.
    pub fn url(&self, site: &ServedSite, route: &Route) -> String {
        self.address(site, &route.name) + route.entry.as_deref().unwrap_or_default()
    }
}
