//! The words that rooms share: plain values without behaviour beyond parsing and printing themselves.
//!
//! Nothing here reads a file, asks the kernel or knows another room.

mod context;
mod domain;
mod finding;
mod port;
mod project;
mod route;
mod service;
mod terminal;

pub use context::{ComposeProjectName, Context, ContextHash};
pub use domain::{DomainError, DomainName, LABEL_LIMIT, Tld, dns_label};
pub use finding::{Finding, Verdict};
pub use port::{Port, PortRange, PortSet, Protocol};
pub use project::{EngineKind, ExposedPort, Hostname, HostnameError, ProjectKind, Scan, ScannedPort};
pub use route::{Clash, Route, Site};
pub use service::{Block, FixedKind, FixedName, Kind, Published, PublishedPort, ServiceName, Source};
pub use terminal::steers_terminal;
