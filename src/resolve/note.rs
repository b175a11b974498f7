//! What the user should know besides the answer.

use std::fmt;
use std::path::PathBuf;

use super::Holder;
use crate::compose;
use crate::model::{FixedKind, FixedName, Port, ServiceName, Source};

/// Something worth a line on stderr.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The compose files need something that is absent.
    Compose(compose::Warning),
    /// The compose file names a variable that is never set, so the port goes by the service's name.
    VariableRefused { source: Source, reason: String },
    /// The port that was asked for is somebody's.
    PreferredTaken { service: ServiceName, wanted: Port, holder: Holder, got: Port },
    /// `book --port` asked for another port than the service has.
    KeptInstead { service: ServiceName, wanted: Port, kept: Port },
    /// The file publishes a fixed port that is not the service's.
    NotPublished {
        source: Source,
        service: ServiceName,
        published: Port,
        allocated: Port,
        variable: String,
        holder: Option<Holder>,
    },
    /// The engine will choose another port than the service's.
    LeftToEngine { source: Source, service: ServiceName, allocated: Port },
    /// Another checkout uses a name that the file fixes.
    NameTaken { name: FixedName, label: String, path: PathBuf },
    /// A path cannot stand in the list of files that `COMPOSE_FILE` is.
    NotListable { path: PathBuf },
    /// Compose is too old for an override that replaces.
    ComposeTooOld { program: &'static str, version: String, needed: &'static str },
    /// The name asked for is a kind, and one service is of that kind.
    OneOfKind { kind: String, service: ServiceName },
    /// Programs were to be led to a CA that is not there.
    NoCertificates,
}

/// The port that was asked for, and no other, is somebody's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortTaken {
    pub service: ServiceName,
    pub port: Port,
    /// Who has it; `None` where the service itself has another port.
    pub holder: Option<Holder>,
    /// The port that the service has already.
    pub has: Option<Port>,
    /// Without `--strict` another port would do.
    pub is_strict: bool,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::NoCertificates => {
                f.write_str("certificates are not set up, so --certs exports nothing; `gantry cert setup` sets them up")
            }
            Note::Compose(compose::Warning { source: Some(source), message }) => write!(f, "{source}: {message}"),
            Note::Compose(compose::Warning { source: None, message }) => f.write_str(message),
            Note::VariableRefused { source, reason } => {
                write!(f, "{source}: {reason}; the port is exported under the service's name instead")
            }
            Note::PreferredTaken { service, wanted, holder, got } => {
                write!(f, "{service}: port {wanted} is taken by {holder}; took {got}")
            }
            Note::KeptInstead { service, wanted, kept } => write!(
                f,
                "{service} keeps port {kept}, {wanted} was not taken: to move it, run `gantry release` on it first"
            ),
            Note::NotPublished { source, service, published, allocated, variable, holder } => {
                write!(f, "{source}: publishes port {published}, but {service} has {allocated}")?;
                if let Some(holder) = holder {
                    write!(f, "; {published} is held by {holder}")?;
                }
                write!(f, "; \"${{{variable}:-{published}}}\" in its place would publish {allocated}")
            }
            Note::NotListable { path } => write!(
                f,
                "{}: COMPOSE_FILE cannot list this path, because it holds a `:` or is not UTF-8: the compose file stays \
                 as it is",
                path.display()
            ),
            Note::LeftToEngine { source, service, allocated } => {
                write!(f, "{source}: lets the engine choose a port, but {service} has {allocated}")
            }
            Note::NameTaken { name: FixedName { kind, name, source, .. }, label, path } => {
                write!(f, "{source}: the {kind} name {name} is used by {label} ({})", path.display())?;
                match kind {
                    FixedKind::Project => f.write_str("; the two replace each other's containers"),
                    _ => Ok(()),
                }
            }
            Note::ComposeTooOld { program, version, needed } => write!(
                f,
                "{program} {version} cannot replace ports in an override: {needed} or newer can, so the files stay as \
                 they are"
            ),
            Note::OneOfKind { kind, service } => write!(f, "no service is called {kind}; {service} is one"),
        }
    }
}

impl fmt::Display for PortTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.holder, self.has) {
            (Some(holder), _) => write!(f, "port {} is taken by {holder}", self.port),
            (None, Some(has)) => write!(f, "{} has port {has} already, not {}", self.service, self.port),
            (None, None) => write!(f, "port {} is taken", self.port),
        }
    }
}

impl std::error::Error for PortTaken {}
