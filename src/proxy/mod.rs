//! The reverse proxy: Caddy, as it is installed, with a configuration that gantry writes.
//!
//! Everything of it lies in one directory of gantry's own, its admin socket among it, so it meets no other Caddy. It
//! listens on this machine's loopback addresses alone. A configuration is tried out before it is loaded, and one that
//! Caddy refuses leaves the old one serving. Nothing starts it but `gantry proxy start`.

mod caddy;
mod caddyfile;
mod error;
mod home;
mod pages;
mod ports;
mod publish;

use std::path::PathBuf;

use crate::model::{Port, Site};

pub use caddy::{Caddy, Version};
pub use error::ProxyError;
pub use home::Home;
pub use ports::{HIGH_PORTS, Ports, blocker, high_ports};
pub use publish::{Published, publish, reload, start, stop};

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
    /// Certificate and key; without them its names are served without TLS.
    pub pair: Option<(PathBuf, PathBuf)>,
}

impl Served {
    /// What stands before each name in a browser, and behind it.
    pub fn address(&self, site: &ServedSite, name: &str) -> String {
        self.ports.address(name, site.pair.is_some())
    }
}

impl Ports {
    /// The URL of a name, without a path; the usual port goes without saying.
    pub fn address(&self, name: &str, is_secure: bool) -> String {
        let (scheme, port, usual) = if is_secure { ("https", self.https, 443) } else { ("http", self.http, 80) };
        if port.number() == usual { format!("{scheme}://{name}") } else { format!("{scheme}://{name}:{port}") }
    }
}
