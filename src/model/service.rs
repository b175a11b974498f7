//! Services, and the ports that a compose file publishes for them.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::{Port, Protocol};

/// A service's name as the compose file or the user wrote it; it may hold any character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ServiceName(String);

/// What a service is (`postgres`, `redis`, `http`, …): the name of the range that its ports come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Kind(&'static str);

/// One container port that the compose file publishes on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedPort {
    pub service: ServiceName,
    pub container_port: Port,
    pub protocol: Protocol,
    /// The host address as the file gives it, after interpolation; `None` is every address.
    pub host_ip: Option<String>,
    pub published: Published,
    /// The entry leaves the host port to the engine: it names none, or a range for one container port.
    pub engine_chooses: bool,
    /// Its place in an entry that publishes a range of container ports, which stay neighbours on the host.
    pub block: Option<Block>,
    /// The long syntax's other keys (`mode`, `name`, `app_protocol`), as they are.
    pub options: Vec<(String, String)>,
    pub kind: Kind,
    pub source: Source,
}

/// A place in a row of ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Counted from 0.
    pub index: u16,
    pub length: u16,
}

/// A name that a compose file fixes for the whole machine, so that a second checkout would clash or share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixedName {
    pub kind: FixedKind,
    /// The service, or the key under `volumes:` or `networks:`.
    pub key: String,
    pub name: String,
    pub source: Source,
}

/// What goes by a fixed name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FixedKind {
    /// `container_name`.
    Container,
    /// The `name` of a volume that is not external.
    Volume,
    /// The `name` of a network that is not external.
    Network,
    /// `project_name` in `gantry.yml`.
    Project,
}

/// How the compose file says which host port it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// `"5432"`: any port that is free.
    Bare,
    /// `"5432:5432"`: this port and no other.
    Fixed(Port),
    /// `"${PG_PORT}:5432"`, `"${PG_PORT:-5432}:5432"`: what the variable says, else its default.
    Variable { name: String, preferred: Option<Port> },
}

/// Where something was written: a file and a line, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Source {
    pub file: PathBuf,
    pub line: u32,
}

impl ServiceName {
    pub fn new(name: impl Into<String>) -> ServiceName {
        ServiceName(name.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Kind {
    pub const POSTGRES: Kind = Kind("postgres");
    pub const MYSQL: Kind = Kind("mysql");
    pub const REDIS: Kind = Kind("redis");
    pub const MONGODB: Kind = Kind("mongodb");
    pub const ELASTICSEARCH: Kind = Kind("elasticsearch");
    pub const MEILISEARCH: Kind = Kind("meilisearch");
    pub const RABBITMQ: Kind = Kind("rabbitmq");
    pub const KAFKA: Kind = Kind("kafka");
    pub const HTTP: Kind = Kind("http");
    /// Everything else.
    pub const DEFAULT: Kind = Kind("default");

    pub const ALL: [Kind; 10] = [
        Kind::POSTGRES,
        Kind::MYSQL,
        Kind::REDIS,
        Kind::MONGODB,
        Kind::ELASTICSEARCH,
        Kind::MEILISEARCH,
        Kind::RABBITMQ,
        Kind::KAFKA,
        Kind::HTTP,
        Kind::DEFAULT,
    ];

    pub const fn as_str(&self) -> &'static str {
        self.0
    }

    /// Whether web servers, their frameworks and consoles listen on the container port by custom.
    pub fn is_web_port(port: Port) -> bool {
        matches!(
            port.number(),
            80 | 443 | 1313 | 3000..=3099 | 4000 | 4173 | 4200 | 4321 | 5000 | 5001 | 5173 | 5174 | 5601 | 6006
                | 8000..=8999 | 9000 | 9001 | 9090 | 15672
        )
    }

    /// The kind that goes by this name, `postgresql`, `mariadb` and `mongo` included.
    pub fn by_name(name: &str) -> Option<Kind> {
        let name = match name {
            "postgresql" => "postgres",
            "mariadb" => "mysql",
            "mongo" => "mongodb",
            other => other,
        };
        Kind::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl Published {
    /// The port that the file (or `.env`) would like, if it names one.
    pub fn preferred(&self) -> Option<Port> {
        match self {
            Published::Bare => None,
            Published::Fixed(port) => Some(*port),
            Published::Variable { preferred, .. } => *preferred,
        }
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FixedKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            FixedKind::Container => "container",
            FixedKind::Volume => "volume",
            FixedKind::Network => "network",
            FixedKind::Project => "project",
        }
    }
}

impl fmt::Display for FixedKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `FILE:LINE`, as compilers and editors write it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
