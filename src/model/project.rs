//! Projects: a directory under a hostname, and what a look at it found.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::domain::{LABEL_LIMIT, dns_label};

/// A project's name: one label of RFC 1123, in lower case, so that it can stand in a URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Hostname(String);

/// Why a text is no hostname; its `Display` is a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostnameError(String);

/// What a project is run by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProjectKind {
    /// It has a compose file.
    Compose,
    /// It has a Dockerfile or Containerfile, and no compose file.
    Dockerfile,
    /// Neither: its processes run on the machine itself.
    #[default]
    Native,
}

/// A container engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    Docker,
    Podman,
}

/// What a look at a project's files found, kept so that the next look can tell what changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    pub kind: ProjectKind,
    /// By name.
    pub services: Vec<String>,
    /// In the order of the files.
    pub ports: Vec<ScannedPort>,
    /// Container ports that are open to the other services alone (`expose:`).
    pub exposed: Vec<ExposedPort>,
    /// `http:` of `gantry.yml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<String>,
}

/// A container port that is published on the host, as the file has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannedPort {
    pub service: String,
    pub container_port: u16,
    pub protocol: String,
    /// The host port that the file names: a number, `$NAME` for a variable, or nothing.
    pub published: String,
}

/// A container port that no host port leads to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExposedPort {
    pub service: String,
    /// A number or a range, as the file has it.
    pub port: String,
    pub protocol: String,
}

impl Hostname {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The nearest hostname to a directory's name; `project` where nothing is left of it.
    pub fn from_directory(name: &str) -> Hostname {
        let joined = dns_label(name).unwrap_or_else(|| "project".to_owned());
        Hostname(joined.get(..LABEL_LIMIT).unwrap_or(&joined).trim_end_matches('-').to_owned())
    }

    /// The hostname with a number behind it, for the second project of one name.
    pub fn numbered(&self, number: u32) -> Hostname {
        let ending = format!("-{number}");
        let stem = self.0.get(..LABEL_LIMIT - ending.len()).unwrap_or(&self.0).trim_end_matches('-');
        Hostname(stem.to_owned() + &ending)
    }
}

impl FromStr for Hostname {
    type Err = HostnameError;

    /// RFC 1123, section 2.1: letters, digits and `-`, at most 63 of them, neither first nor last a `-`. Upper case is
    /// folded, since names are compared without it (RFC 4343).
    fn from_str(text: &str) -> Result<Hostname, HostnameError> {
        let refused = |why: &str| Err(HostnameError(format!("`{}` is not a hostname: {why}", text.escape_debug())));
        if text.is_empty() {
            return refused("it is empty");
        }
        if text.contains('.') {
            return refused("a dot parts names, and this is the first of them alone: the domain comes by itself");
        }
        if let Some(other) = text.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '-') {
            let shown = other.escape_debug();
            return refused(&format!(
                "it holds `{shown}`, and only letters from a to z, digits and `-` may stand in it"
            ));
        }
        if text.starts_with('-') || text.ends_with('-') {
            return refused("it starts or ends with `-`");
        }
        if text.len() > LABEL_LIMIT {
            return refused(&format!("it has {} characters, and {LABEL_LIMIT} are the limit", text.len()));
        }
        Ok(Hostname(text.to_ascii_lowercase()))
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for HostnameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for HostnameError {}

impl ProjectKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            ProjectKind::Compose => "compose",
            ProjectKind::Dockerfile => "dockerfile",
            ProjectKind::Native => "native",
        }
    }
}

impl fmt::Display for ProjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl EngineKind {
    pub const ALL: [EngineKind; 2] = [EngineKind::Docker, EngineKind::Podman];

    pub const fn as_str(self) -> &'static str {
        match self {
            EngineKind::Docker => "docker",
            EngineKind::Podman => "podman",
        }
    }
}

impl FromStr for EngineKind {
    type Err = String;

    fn from_str(text: &str) -> Result<EngineKind, String> {
        let known = EngineKind::ALL.into_iter().find(|kind| kind.as_str() == text);
        known.ok_or_else(|| format!("`{}` is not an engine: docker or podman", text.escape_debug()))
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_label_of_rfc_1123() {
        #[track_caller]
        fn check(text: &str, expected: Option<&str>) {
            assert_eq!(text.parse().ok().as_ref().map(Hostname::as_str), expected, "{text:?}");
        }
        check("shop", Some("shop"));
        check("Shop-2", Some("shop-2"));
        check("3d", Some("3d"));
        check("7", Some("7"));
        check(&"a".repeat(63), Some(&"a".repeat(63)));
        for text in ["", "-", "-shop", "shop-", "my.shop", "my shop", "shop\n", "shöp", "🛒", "a_b", "*", "$(id)"] {
            check(text, None);
        }
        check(&"a".repeat(64), None);
    }

    #[test]
    fn a_directory_suggests_a_hostname() {
        #[track_caller]
        fn check(name: &str, expected: &str) {
            assert_eq!(Hostname::from_directory(name).as_str(), expected, "{name:?}");
            assert_eq!(expected.parse(), Ok(Hostname::from_directory(name)), "{name:?}");
        }
        check("shop", "shop");
        check("My Shop", "my-shop");
        check("shop_v2.0", "shop-v2-0");
        check("--shop--", "shop");
        check("ünïcode", "n-code");
        check("日本", "project");
        check("", "project");
        check(&"ab-".repeat(40), &"ab-".repeat(21)[..62]);
        assert_eq!(Hostname::from_directory(&"a".repeat(80)).numbered(12).as_str().len(), 63);
        assert_eq!(Hostname::from_directory("shop").numbered(2).as_str(), "shop-2");
    }
}
