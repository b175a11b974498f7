//! Real shells for the tests of this room. A missing one fails the test.
#![allow(clippy::disallowed_methods, reason = "these tests start shells and give them files")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A shell's program, and the arguments that keep it from the start-up files.
#[derive(Clone, Copy, Debug)]
pub struct RealShell {
    pub program: &'static str,
    pub quiet: &'static [&'static str],
}

pub const BASH: RealShell = RealShell { program: "bash", quiet: &["--norc", "--noprofile"] };
pub const ZSH: RealShell = RealShell { program: "zsh", quiet: &["-f"] };
pub const FISH: RealShell = RealShell { program: "fish", quiet: &["--no-config"] };
pub const DASH: RealShell = RealShell { program: "dash", quiet: &[] };

/// An empty working directory for a shell, and a home beside it, in which fish leaves directories of its own.
pub struct Stage {
    directory: TempDir,
    home: TempDir,
}

/// What a shell left behind.
pub struct Left {
    pub stdout: String,
    pub stderr: String,
    pub status: Option<i32>,
}

impl Stage {
    pub fn new() -> Stage {
        Stage { directory: tempfile::tempdir().unwrap(), home: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Puts a file into the stage; one in `bin/` is a program on the `PATH`.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).unwrap()
    }

    /// Runs the script, which sees `PATH`, `HOME` and `variables` alone.
    pub fn run(&self, shell: RealShell, script: &str, variables: &[(&str, &str)]) -> Left {
        let mut command = Command::new(shell.program);
        command.args(shell.quiet).args(["-c", script]);
        self.finish(command, variables)
    }

    /// Starts the command in the stage, with `PATH`, `HOME` and `variables` alone.
    pub fn finish(&self, mut command: Command, variables: &[(&str, &str)]) -> Left {
        let path = format!("{}/bin:{}", self.path().display(), std::env::var("PATH").unwrap());
        command
            .current_dir(self.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.home.path())
            .env("LC_ALL", "C.UTF-8");
        command.envs(variables.iter().copied()).stdin(Stdio::null());
        let program = command.get_program().to_owned();
        let output =
            command.output().unwrap_or_else(|error| panic!("{} must be installed: {error}", program.display()));
        Left {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            status: output.status.code(),
        }
    }

    /// The environment after the shell evaluated `text` as a user's start-up file would.
    pub fn environment_after(
        &self,
        shell: RealShell,
        text: &str,
        variables: &[(&str, &str)],
    ) -> BTreeMap<String, String> {
        self.write("rendered", text);
        let script = match shell.program {
            "fish" => "cat rendered | source; env -0",
            _ => "eval \"$(cat rendered)\"; env -0",
        };
        let left = self.run(shell, script, variables);
        assert_eq!((left.stderr.as_str(), left.status), ("", Some(0)), "{shell:?} on {text:?}");
        left.stdout
            .split_terminator('\0')
            .filter_map(|entry| entry.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// The names of what lies in the stage, to see that nothing ran.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}
