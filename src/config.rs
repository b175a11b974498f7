//! `gantry.yml`, the few words a project may say to gantry: what its context is keyed by, its Compose project
//! name, whether its ports may be remapped, what runs it, which service is its web server and how long that may take,
//! what its names end in, and what to do around a start and a stop.
//!
//! A key that nobody knows is an error, since a typo that passes silently changes a project's ports.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::{ComposeProjectName, DomainError, EngineKind, Tld};
use crate::sys::files;
use crate::yaml::{self, Key, Node, Value};

/// The file's name in a project's root.
pub const FILE_NAME: &str = "gantry.yml";

const KEYS: [&str; 12] = [
    "identity",
    "project_name",
    "remap",
    "engine",
    "http",
    "http_timeout",
    "tld",
    "hooks",
    "pre_start",
    "post_start",
    "pre_stop",
    "post_stop",
];

/// The keys under `hooks:` that are no hooks themselves.
const HOOK_KEYS: [&str; 5] = ["pre_start", "post_start", "pre_stop", "post_stop", "timeout"];

/// Seconds that a hook may take where `gantry.yml` says nothing: long enough for migrations and a cold build.
const HOOK_TIMEOUT: u64 = 300;

/// What `gantry.yml` says; the default is what its absence says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectConfig {
    /// `identity:`
    pub identity: Identity,
    /// `project_name:`, for people whose volumes already live under one.
    pub project_name: Option<ComposeProjectName>,
    /// `remap:`
    pub remap: Remap,
    /// `engine:`
    pub engine: Option<EngineKind>,
    /// `http:`, the service that a browser wants, or `SERVICE:CONTAINER_PORT`.
    pub http: Option<String>,
    /// `http_timeout:`, the seconds that its web servers may take to begin an answer.
    pub http_timeout: Option<u64>,
    /// `tld:`, what its names end in.
    pub tld: Option<Tld>,
    /// `hooks:`, or the hooks by themselves.
    pub hooks: Hooks,
}

/// Commands around a start and a stop, in their order. A stranger's repository says them, so they run only after the
/// user has trusted the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hooks {
    pub pre_start: Vec<String>,
    pub post_start: Vec<String>,
    pub pre_stop: Vec<String>,
    pub post_stop: Vec<String>,
    /// Seconds that one command may take.
    pub timeout: u64,
}

impl Default for Hooks {
    fn default() -> Hooks {
        let none = Vec::new;
        Hooks { pre_start: none(), post_start: none(), pre_stop: none(), post_stop: none(), timeout: HOOK_TIMEOUT }
    }
}

impl Hooks {
    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        [&self.pre_start, &self.post_start, &self.pre_stop, &self.post_stop].into_iter().all(Vec::is_empty)
    }
}

/// What a context is keyed by, beside the remote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// The branch: every branch has services of its own.
    #[default]
    Branch,
    /// The checkout's path: services survive a branch switch.
    Worktree,
}

/// Whether gantry may publish a service on another port than the compose file names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Remap {
    /// Where the port is taken.
    #[default]
    Auto,
    /// Not at all: a clash is reported instead.
    Never,
}

/// Why a `gantry.yml` cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file's path.
    pub file: PathBuf,
    /// Counted from 1; 0 where the trouble is the whole file.
    pub line: u32,
    /// A sentence for the user.
    pub message: String,
}

/// The configuration of the project at `root`; the defaults where it has no `gantry.yml`.
///
/// # Errors
/// The file cannot be read, is not YAML, or says something that gantry does not know.
pub fn load_project_config(root: &Path) -> Result<ProjectConfig, ConfigError> {
    let file = root.join(FILE_NAME);
    let bytes = match files::read_limited(&file, yaml::SIZE_LIMIT) {
        Ok(bytes) => bytes,
        // A dangling link is a configuration that went missing, not a project without one.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !files::is_link(&file) => {
            return Ok(ProjectConfig::default());
        }
        Err(error) => return Err(ConfigError { message: format!("cannot be read: {error}"), file, line: 0 }),
    };
    parse_project_config(&file, &bytes)
}

/// What of the project's `gantry.yml` can be read, for what has to go on while something else in it is wrong.
pub fn salvage_project_config(root: &Path) -> ProjectConfig {
    let mut config = ProjectConfig::default();
    let document = read(&root.join(FILE_NAME)).ok().and_then(|bytes| yaml::parse(&bytes).ok());
    if let Some(Value::Mapping(entries)) = document.map(|document| document.value) {
        for (key, node) in &entries {
            let _ = apply(&mut config, key, node);
        }
    }
    config
}

/// The file's bytes.
///
/// # Errors
/// It is absent, or cannot be read.
pub fn read(file: &Path) -> Result<Vec<u8>, ConfigError> {
    files::read_limited(file, yaml::SIZE_LIMIT).map_err(|error| ConfigError {
        message: format!("cannot be read: {error}"),
        file: file.to_owned(),
        line: 0,
    })
}

/// What these bytes of the file say.
///
/// # Errors
/// They are not YAML, or say something that gantry does not know.
pub fn parse_project_config(file: &Path, bytes: &[u8]) -> Result<ProjectConfig, ConfigError> {
    parse(bytes).map_err(|Complaint { line, message }| ConfigError { file: file.to_owned(), line, message })
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file.display(), self.message),
            line => write!(f, "{}:{line}: {}", self.file.display(), self.message),
        }
    }
}

impl std::error::Error for ConfigError {}

/// What is wrong on which line.
struct Complaint {
    line: u32,
    message: String,
}

fn parse(bytes: &[u8]) -> Result<ProjectConfig, Complaint> {
    let document = yaml::parse(bytes).map_err(|error| Complaint { line: error.line, message: error.message })?;
    let entries = match &document.value {
        Value::Null => &[],
        Value::Mapping(entries) => entries.as_slice(),
        _ => {
            let message = format!("must be a mapping of keys to values, not of type {}", document.type_name());
            return Err(Complaint { line: document.line, message });
        }
    };
    let mut config = ProjectConfig::default();
    for (key, node) in entries {
        apply(&mut config, key, node)?;
    }
    Ok(config)
}

fn apply(config: &mut ProjectConfig, key: &Key, node: &Node) -> Result<(), Complaint> {
    match key.name.as_str() {
        "identity" => {
            config.identity = one_of(key, node, [("branch", Identity::Branch), ("worktree", Identity::Worktree)])?;
        }
        "remap" => config.remap = one_of(key, node, [("auto", Remap::Auto), ("never", Remap::Never)])?,
        "project_name" => config.project_name = Some(project_name(node)?),
        "engine" => {
            config.engine =
                one_of(key, node, [("docker", Some(EngineKind::Docker)), ("podman", Some(EngineKind::Podman))])?;
        }
        "http" => config.http = Some(http_service(node)?),
        "http_timeout" => config.http_timeout = Some(seconds(key, node)?),
        "tld" => config.tld = Some(tld(node)?),
        "hooks" => apply_hooks(&mut config.hooks, node)?,
        hook if HOOK_KEYS[..4].contains(&hook) => apply_hook(&mut config.hooks, key, node)?,
        unknown => return Err(Complaint { line: key.line, message: unknown_key(unknown, &KEYS) }),
    }
    Ok(())
}

fn apply_hooks(hooks: &mut Hooks, node: &Node) -> Result<(), Complaint> {
    let Value::Mapping(entries) = &node.value else {
        let message = format!("`hooks` must be a mapping of hooks to commands, not {}", shown(node));
        return Err(Complaint { line: node.line, message });
    };
    entries.iter().try_for_each(|(key, node)| apply_hook(hooks, key, node))
}

fn apply_hook(hooks: &mut Hooks, key: &Key, node: &Node) -> Result<(), Complaint> {
    let place = match key.name.as_str() {
        "pre_start" => &mut hooks.pre_start,
        "post_start" => &mut hooks.post_start,
        "pre_stop" => &mut hooks.pre_stop,
        "post_stop" => &mut hooks.post_stop,
        "timeout" => {
            hooks.timeout = seconds(key, node)?;
            return Ok(());
        }
        unknown => return Err(Complaint { line: key.line, message: unknown_key(unknown, &HOOK_KEYS) }),
    };
    *place = commands(key, node)?;
    Ok(())
}

/// One command, or several in a list.
fn commands(key: &Key, node: &Node) -> Result<Vec<String>, Complaint> {
    let command = |node: &Node| {
        let text = node.as_str().filter(|text| !text.trim().is_empty() && !text.contains('\0'));
        text.map(str::to_owned).ok_or_else(|| {
            let message = format!("`{}` must be a command or a list of commands, not {}", key.name, shown(node));
            Complaint { line: node.line, message }
        })
    };
    match &node.value {
        Value::Null => Ok(Vec::new()),
        Value::Sequence(items) => items.iter().map(command).collect(),
        _ => Ok(vec![command(node)?]),
    }
}

fn seconds(key: &Key, node: &Node) -> Result<u64, Complaint> {
    let number = match node.value {
        Value::Integer(number) => u64::try_from(number).ok().filter(|seconds| (1..=86_400).contains(seconds)),
        _ => None,
    };
    number.ok_or_else(|| {
        let found = match node.value {
            Value::Integer(number) => number.to_string(),
            _ => shown(node),
        };
        let message = format!("`{}` must be a number of seconds from 1 to 86400, not {found}", key.name);
        Complaint { line: node.line, message }
    })
}

fn http_service(node: &Node) -> Result<String, Complaint> {
    let name = node.as_str().filter(|name| !name.is_empty());
    name.map(str::to_owned).ok_or_else(|| {
        let message = format!("`http` must be a service, or SERVICE:CONTAINER_PORT, not {}", shown(node));
        Complaint { line: node.line, message }
    })
}

fn tld(node: &Node) -> Result<Tld, Complaint> {
    let complaint = |message: String| Complaint { line: node.line, message };
    let text = node.as_str().ok_or_else(|| complaint(format!("`tld` must be a domain, not {}", shown(node))))?;
    text.parse().map_err(|error: DomainError| complaint(format!("`tld`: {error}")))
}

fn one_of<T: Copy, const N: usize>(key: &Key, node: &Node, choices: [(&str, T); N]) -> Result<T, Complaint> {
    let chosen = choices.iter().find(|(word, _)| node.as_str() == Some(*word));
    chosen.map(|(_, value)| *value).ok_or_else(|| {
        let words = choices.map(|(word, _)| format!("`{word}`")).join(" or ");
        Complaint { line: node.line, message: format!("`{}` must be {words}, not {}", key.name, shown(node)) }
    })
}

fn project_name(node: &Node) -> Result<ComposeProjectName, Complaint> {
    node.as_str().and_then(ComposeProjectName::new).ok_or_else(|| {
        let rule = "lower case letters, digits, `-` and `_`, starting with a letter or digit";
        let message = format!("`project_name` must be a Compose project name ({rule}), not {}", shown(node));
        Complaint { line: node.line, message }
    })
}

fn shown(node: &Node) -> String {
    node.as_str().map_or_else(|| format!("of type {}", node.type_name()), |text| format!("`{}`", text.escape_debug()))
}

fn unknown_key(name: &str, keys: &[&str]) -> String {
    let nearest = keys.iter().map(|key| (distance(name, key), *key)).min();
    let shown = name.escape_debug();
    match nearest {
        Some((distance, key)) if distance <= key.len() / 3 => {
            format!("unknown key `{shown}`; did you mean `{key}`?")
        }
        _ => {
            let keys: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
            format!("unknown key `{shown}`; the keys are {}", keys.join(", "))
        }
    }
}

/// Levenshtein's distance, without regard to case and to `-` for `_`.
fn distance(left: &str, right: &str) -> usize {
    let fold = |c: char| if c == '-' { '_' } else { c.to_ascii_lowercase() };
    let right: Vec<char> = right.chars().map(fold).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().map(fold).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, r) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(l != *r);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &[u8]) -> Result<ProjectConfig, String> {
        parse(text).map_err(|complaint| format!("{}: {}", complaint.line, complaint.message))
    }

    #[test]
    fn what_a_project_may_say() {
        #[track_caller]
        fn check(text: &str, identity: Identity, project_name: Option<&str>, remap: Remap) {
            let project_name = project_name.and_then(ComposeProjectName::new);
            let expected = ProjectConfig { identity, project_name, remap, ..ProjectConfig::default() };
            assert_eq!(load(text.as_bytes()), Ok(expected), "{text:?}");
        }
        check("", Identity::Branch, None, Remap::Auto);
        check("# nothing yet\n", Identity::Branch, None, Remap::Auto);
        check("identity: branch\nremap: auto\n", Identity::Branch, None, Remap::Auto);
        check("identity: worktree\n", Identity::Worktree, None, Remap::Auto);
        check("project_name: shop_1\nremap: never\n", Identity::Branch, Some("shop_1"), Remap::Never);
    }

    #[test]
    fn hooks_stand_under_their_key_or_alone() {
        let grouped = load(b"hooks:\n  pre_start: make\n  post_stop: [one, two]\n  timeout: 9\n").expect("read");
        let (pre_start, post_stop) = (vec!["make".to_owned()], vec!["one".to_owned(), "two".to_owned()]);
        assert_eq!(grouped.hooks, Hooks { pre_start, post_stop, timeout: 9, ..Hooks::default() });
        let alone = load(b"pre_start: make\npost_stop: [one, two]\nhttp: web:80\nengine: podman\n").expect("read");
        assert_eq!(alone.hooks, Hooks { timeout: HOOK_TIMEOUT, ..grouped.hooks });
        assert_eq!((alone.http.as_deref(), alone.engine), (Some("web:80"), Some(EngineKind::Podman)));
        assert!(load(b"hooks: {}\n").expect("read").hooks.is_empty() && !alone.hooks.is_empty());
    }

    #[test]
    fn what_is_refused_and_on_which_line() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(load(text.as_bytes()), Err(expected.to_owned()), "{text:?}");
        }
        check("\nidentiy: branch\n", "2: unknown key `identiy`; did you mean `identity`?");
        check("Project-Name: x\n", "1: unknown key `Project-Name`; did you mean `project_name`?");
        check(
            "ports: 1\n",
            "1: unknown key `ports`; the keys are `identity`, `project_name`, `remap`, `engine`, `http`, \
             `http_timeout`, `tld`, `hooks`, `pre_start`, `post_start`, `pre_stop`, `post_stop`",
        );
        check("engine: lxc\n", "1: `engine` must be `docker` or `podman`, not `lxc`");
        check("http: 80\n", "1: `http` must be a service, or SERVICE:CONTAINER_PORT, not of type integer");
        check(
            "tld: local\n",
            "1: `tld`: `local` cannot end local names: names under it belong to multicast DNS (RFC 6762); \
             `test`, `localhost`, `internal`, `home.arpa` can",
        );
        check("http_timeout: 0\n", "1: `http_timeout` must be a number of seconds from 1 to 86400, not 0");
        check("hooks: make\n", "1: `hooks` must be a mapping of hooks to commands, not `make`");
        check("hooks:\n  prestart: make\n", "2: unknown key `prestart`; did you mean `pre_start`?");
        check("pre_start: [make, 1]\n", "1: `pre_start` must be a command or a list of commands, not of type integer");
        check("post_stop: ' '\n", "1: `post_stop` must be a command or a list of commands, not ` `");
        check("hooks: { timeout: 0 }\n", "1: `timeout` must be a number of seconds from 1 to 86400, not 0");
        check("identity: path\n", "1: `identity` must be `branch` or `worktree`, not `path`");
        check("identity:\n", "1: `identity` must be `branch` or `worktree`, not of type null");
        check("remap: false\n", "1: `remap` must be `auto` or `never`, not of type boolean");
        check(
            "remap: auto\nproject_name: My Shop\n",
            "2: `project_name` must be a Compose project name (lower case letters, digits, `-` and `_`, \
             starting with a letter or digit), not `My Shop`",
        );
        check("- identity\n", "1: must be a mapping of keys to values, not of type array");
        assert!(load(b"identity: [").is_err());
        assert!(load(b"identity: branch\nidentity: worktree\n").is_err());
        assert!(load(b"\xff\n").is_err());
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the test makes the files that it reads")]
    fn the_file_may_be_absent_but_not_unreadable() {
        let root = tempfile::tempdir().expect("a directory");
        let file = root.path().join(FILE_NAME);
        assert_eq!(load_project_config(root.path()), Ok(ProjectConfig::default()));
        std::fs::write(&file, "identity: worktree\nremap: on\n").expect("written");
        let error = load_project_config(root.path()).expect_err("refused");
        assert_eq!(error.to_string(), format!("{}:2: {}", file.display(), error.message));
        std::fs::remove_file(&file).expect("removed");
        std::fs::create_dir(&file).expect("made");
        let error = load_project_config(root.path()).expect_err("a directory");
        assert!(error.to_string().starts_with(&format!("{}: cannot be read: ", file.display())), "{error}");
        std::fs::remove_dir(&file).expect("removed");
        std::os::unix::fs::symlink("nowhere", &file).expect("linked");
        assert!(load_project_config(root.path()).is_err(), "a dangling link");
    }
}
