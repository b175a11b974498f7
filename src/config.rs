//! `gantry.yml`, the few words a project may say to gantry: what its context is keyed by, its Compose project
//! name, and whether its ports may be remapped.
//!
//! A key that nobody knows is an error, since a typo that passes silently changes a project's ports.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::ComposeProjectName;
use crate::sys::files;
use crate::yaml::{self, Key, Node, Value};

/// The file's name in a project's root.
pub const FILE_NAME: &str = "gantry.yml";

const KEYS: [&str; 3] = ["identity", "project_name", "remap"];

/// What `gantry.yml` says; the default is what its absence says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectConfig {
    /// `identity:`
    pub identity: Identity,
    /// `project_name:`, for people whose volumes already live under one.
    pub project_name: Option<ComposeProjectName>,
    /// `remap:`
    pub remap: Remap,
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
    parse(&bytes).map_err(|Complaint { line, message }| ConfigError { file, line, message })
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
        unknown => return Err(Complaint { line: key.line, message: unknown_key(unknown) }),
    }
    Ok(())
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

fn unknown_key(name: &str) -> String {
    let nearest = KEYS.into_iter().map(|key| (distance(name, key), key)).min();
    let shown = name.escape_debug();
    match nearest {
        Some((distance, key)) if distance <= key.len() / 3 => {
            format!("unknown key `{shown}`; did you mean `{key}`?")
        }
        _ => format!("unknown key `{shown}`; the keys are {}", KEYS.map(|key| format!("`{key}`")).join(", ")),
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
            assert_eq!(load(text.as_bytes()), Ok(ProjectConfig { identity, project_name, remap }), "{text:?}");
        }
        check("", Identity::Branch, None, Remap::Auto);
        check("# nothing yet\n", Identity::Branch, None, Remap::Auto);
        check("identity: branch\nremap: auto\n", Identity::Branch, None, Remap::Auto);
        check("identity: worktree\n", Identity::Worktree, None, Remap::Auto);
        check("project_name: shop_1\nremap: never\n", Identity::Branch, Some("shop_1"), Remap::Never);
    }

    #[test]
    fn what_is_refused_and_on_which_line() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(load(text.as_bytes()), Err(expected.to_owned()), "{text:?}");
        }
        check("\nidentiy: branch\n", "2: unknown key `identiy`; did you mean `identity`?");
        check("Project-Name: x\n", "1: unknown key `Project-Name`; did you mean `project_name`?");
        check("ports: 1\n", "1: unknown key `ports`; the keys are `identity`, `project_name`, `remap`");
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
