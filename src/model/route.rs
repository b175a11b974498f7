//! Routes: the names under which a browser reaches what listens on a port.

use std::path::PathBuf;

use serde::Serialize;

use super::{DomainName, Hostname, Port, ProjectKind};

/// A registered project and every name under its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    pub project: Hostname,
    pub kind: ProjectKind,
    /// `shop.test`
    pub domain: DomainName,
    /// The project's own checkout.
    pub directory: PathBuf,
    /// The names of its other contexts, which have names of services below them: `feature-x.shop.test`.
    pub zones: Vec<DomainName>,
    /// No two of one name.
    pub routes: Vec<Route>,
    pub clashes: Vec<Clash>,
    /// Seconds until a web server that has not begun to answer is given up.
    pub timeout: u64,
}

/// A name, and the port that answers under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Route {
    pub name: DomainName,
    /// The registry's number of the context.
    #[serde(skip)]
    pub context_id: i64,
    /// The context's label, `<repo>/<branch>`; it may hold any character.
    pub context: String,
    /// Where the context is checked out, or was.
    pub path: PathBuf,
    /// The branch to switch to there first, where another one is checked out.
    pub switch_to: Option<String>,
    /// The service that the name stands for, and the container port.
    pub service: String,
    pub container_port: Option<Port>,
    /// The port on this machine.
    pub port: Port,
    /// The service that answers for it, where it is another: a database's Adminer.
    pub via: Option<String>,
    /// Whether it is the context's web server.
    pub is_main: bool,
    /// Whether the port itself speaks TLS.
    #[serde(skip)]
    pub speaks_tls: bool,
    /// Where `/` leads to: a page that knows already which database is meant.
    #[serde(skip)]
    pub entry: Option<String>,
}

/// Two routes or more that would go by one name: none of them does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Clash {
    pub name: DomainName,
    /// Two at least; in JSON as a person would call each.
    #[serde(serialize_with = "descriptions")]
    pub rivals: Vec<Route>,
}

impl Route {
    /// Whether the user may mean it by this word: a service, or `SERVICE:CONTAINER_PORT`.
    pub fn is_called(&self, word: &str) -> bool {
        let with_port = self.container_port.map(|port| format!("{}:{port}", self.service));
        self.service == word || with_port.as_deref() == Some(word)
    }

    /// As a person would call what answers.
    pub fn description(&self) -> String {
        format!("{} of {} in {}", self.service, self.context, self.path.display())
    }
}

impl Site {
    /// The names that its certificate has to hold: its own, one label below it, and one below each other context.
    pub fn certified_names(&self) -> Vec<String> {
        let own = [self.domain.as_str().to_owned(), self.domain.wildcard()];
        own.into_iter().chain(self.zones.iter().map(DomainName::wildcard)).collect()
    }
}

impl std::fmt::Display for Clash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rivals: Vec<String> = self.rivals.iter().map(Route::description).collect();
        write!(f, "{} would stand for {}", self.name, rivals.join(" and for "))
    }
}

fn descriptions<S: serde::Serializer>(rivals: &[Route], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(rivals.iter().map(Route::description))
}
