//! A home of its own for every test: files, git, shells and gantry, with nothing of the user's in reach.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// No command of a test takes this long unless it hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What git would otherwise read from the user's own configuration.
const GITCONFIG: &str = "\
[user]
\tname = Tess
\temail = tess@example.com
[init]
\tdefaultBranch = main
[commit]
\tgpgSign = false
[advice]
\tdetachedHead = false
[protocol \"file\"]
\tallow = always
";

/// How a container engine is reached; the only variables of the machine that pass into a sandbox, beside `PATH`.
const ENGINE_VARIABLES: [&str; 5] =
    ["DOCKER_HOST", "DOCKER_CONFIG", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF", "CONTAINERS_REGISTRIES_CONF"];

/// A directory with a home in it, and the environment in which a test's commands run. Gone when dropped.
pub struct Sandbox {
    directory: TempDir,
    root: PathBuf,
    variables: BTreeMap<OsString, OsString>,
}

impl Sandbox {
    pub fn new() -> Sandbox {
        Sandbox::within(&std::env::temp_dir())
    }

    /// A sandbox on the file system of that directory.
    pub fn within(place: &Path) -> Sandbox {
        let directory = tempfile::Builder::new().prefix("gantry-it-").tempdir_in(place).unwrap();
        let root = directory.path().canonicalize().unwrap();
        let variables = environment(&root);
        let sandbox = Sandbox { directory, root, variables };
        for name in ["home", "runtime", "tmp"] {
            fs::create_dir(sandbox.path(name)).unwrap();
        }
        sandbox.write("home/.gitconfig", GITCONFIG);
        sandbox
    }

    /// The path in the sandbox; links are resolved, as git and gantry print it.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Where the registry lies.
    pub fn registry(&self) -> PathBuf {
        self.path("home/.local/share/gantry/registry.db")
    }

    /// Sets a variable for every later command. The value may come from an [`Output`]: `[SANDBOX]` is turned back.
    pub fn set(&mut self, name: impl Into<OsString>, value: impl AsRef<OsStr>) {
        let value = value.as_ref();
        let real = value.to_str().map(|text| text.replace("[SANDBOX]", self.root.to_str().unwrap()));
        self.variables.insert(name.into(), real.map_or_else(|| value.to_owned(), OsString::from));
    }

    pub fn unset(&mut self, name: impl AsRef<OsStr>) {
        self.variables.remove(name.as_ref());
    }

    /// What a variable is for every later command; nothing where it is not set.
    pub fn variable(&self, name: &str) -> OsString {
        self.variables.get(OsStr::new(name)).cloned().unwrap_or_default()
    }

    /// Takes the engines of the tests out of reach, not their programs, of which Compose lies beside `DOCKER_CONFIG`.
    pub fn leave_engines(&mut self) {
        self.variables.retain(|name, _| name == "DOCKER_CONFIG" || !ENGINE_VARIABLES.iter().any(|it| name == it));
    }

    /// Writes a file (a relative path is taken from the sandbox's root) and the directories above it.
    pub fn write(&self, path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, contents).unwrap();
        path
    }

    /// Makes a directory and those above it.
    pub fn directory(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// A repository with one commit on `main` whose `origin` is the URL, which nothing ever fetches from.
    pub fn repository(&self, name: &str, remote: &str) -> PathBuf {
        let path = self.directory(name);
        self.git(&path, ["init", "--quiet"]);
        self.git(&path, ["commit", "--quiet", "--allow-empty", "--message", "one"]);
        self.git(&path, ["remote", "add", "origin", remote]);
        path
    }

    /// A bare repository with one commit on `main`, to clone from.
    pub fn bare_remote(&self, name: &str) -> PathBuf {
        let path = self.directory(name);
        self.git(&path, ["init", "--quiet", "--bare"]);
        let tree = self.git(&path, ["hash-object", "-t", "tree", "-w", "/dev/null"]);
        let commit = self.git(&path, ["commit-tree", "-m", "one", tree.trim()]);
        self.git(&path, ["update-ref", "refs/heads/main", commit.trim()]);
        path
    }

    pub fn clone_of(&self, remote: &Path, name: &str) -> PathBuf {
        let path = self.path(name);
        self.git(&self.root, [OsStr::new("clone"), "--quiet".as_ref(), remote.as_ref(), path.as_ref()]);
        path
    }

    /// A linked worktree of the repository, on a new branch.
    pub fn worktree(&self, repository: &Path, name: &str, branch: &str) -> PathBuf {
        let path = self.path(name);
        let arguments: [&OsStr; 6] =
            ["worktree".as_ref(), "add".as_ref(), "--quiet".as_ref(), "-b".as_ref(), branch.as_ref(), path.as_ref()];
        self.git(repository, arguments);
        path
    }

    /// What git prints; the test fails where git does.
    #[track_caller]
    pub fn git<A: AsRef<OsStr>>(&self, directory: &Path, arguments: impl IntoIterator<Item = A>) -> String {
        let mut command = self.command("git", directory);
        command.args(arguments);
        self.run(&mut command).require_success().stdout
    }

    pub fn gantry<A: AsRef<OsStr>>(&self, directory: &Path, arguments: impl IntoIterator<Item = A>) -> Output {
        let mut command = self.command("gantry", directory);
        command.args(arguments);
        self.run(&mut command)
    }

    /// Runs a script in a shell that is not interactive and reads no start-up file: `bash`, `dash`, `zsh` or `fish`.
    pub fn script(&self, shell: &str, directory: &Path, script: &str) -> Output {
        let quiet: &[&str] = match shell {
            "bash" => &["--noprofile", "--norc"],
            "zsh" => &["--no-rcs"],
            "fish" => &["--no-config"],
            _ => &[],
        };
        let mut command = self.command(shell, directory);
        command.args(quiet).arg("-c").arg(script);
        self.run(&mut command)
    }

    /// A command with the sandbox's environment, for a test that adds to it before [`Sandbox::run`].
    pub fn command(&self, program: &str, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(directory).env_clear().envs(&self.variables).stdin(Stdio::null());
        command
    }

    /// Runs the command to its end; past [`PATIENCE`] it is killed and the test fails.
    #[track_caller]
    pub fn run(&self, command: &mut Command) -> Output {
        let shown = format!("{command:?}");
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {shown}: {error}; `tests/run` installs what tests need"));
        let pid = Pid::from_raw(child.id().try_into().unwrap());
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || sender.send(child.wait_with_output()));
        let Ok(output) = receiver.recv_timeout(PATIENCE) else {
            kill(pid, Signal::SIGKILL).unwrap();
            panic!("{shown} did not end within {PATIENCE:?}");
        };
        Output::new(output.unwrap(), shown, &self.root)
    }
}

fn environment(root: &Path) -> BTreeMap<OsString, OsString> {
    let home = root.join("home");
    let program = Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap().to_owned();
    let machine = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(program).chain(std::env::split_paths(&machine))).unwrap();
    let mut variables: BTreeMap<OsString, OsString> = [
        ("HOME", home.as_os_str()),
        ("XDG_CONFIG_HOME", home.join(".config").as_os_str()),
        ("XDG_DATA_HOME", home.join(".local/share").as_os_str()),
        ("XDG_STATE_HOME", home.join(".local/state").as_os_str()),
        ("XDG_CACHE_HOME", home.join(".cache").as_os_str()),
        ("XDG_RUNTIME_DIR", root.join("runtime").as_os_str()),
        ("TMPDIR", root.join("tmp").as_os_str()),
        ("GIT_CONFIG_GLOBAL", home.join(".gitconfig").as_os_str()),
        ("GIT_CONFIG_NOSYSTEM", OsStr::new("1")),
        ("PATH", &path),
        ("LANG", OsStr::new("C.UTF-8")),
        ("TERM", OsStr::new("dumb")),
        ("TZ", OsStr::new("UTC")),
    ]
    .map(|(name, value)| (name.into(), value.to_owned()))
    .into();
    for name in ENGINE_VARIABLES {
        variables.extend(std::env::var_os(name).map(|value| (name.into(), value)));
    }
    variables
}

/// What a command printed and how it ended. The sandbox's path reads `[SANDBOX]` in both streams.
pub struct Output {
    pub stdout: String,
    pub stderr: String,
    /// The exit status; 128 and the signal's number where a signal ended it, as shells count.
    pub status: i32,
    command: String,
}

impl Output {
    fn new(output: std::process::Output, command: String, root: &Path) -> Output {
        use std::os::unix::process::ExitStatusExt;
        let status = output.status;
        let root = root.to_string_lossy();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&*root, "[SANDBOX]");
        Output {
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
            status: status.code().or(status.signal().map(|signal| 128 + signal)).unwrap(),
            command,
        }
    }

    /// Both streams and the status, whole.
    #[track_caller]
    pub fn check(&self, stdout: &str, stderr: &str, status: i32) {
        let actual = Transcript { stdout: &self.stdout, stderr: &self.stderr, status: self.status };
        assert_eq!(actual, Transcript { stdout, stderr, status }, "{}", self.command);
    }

    /// A failure with this status, and these words in what it says.
    #[track_caller]
    pub fn check_failure(&self, words: &[&str], status: i32) {
        assert_eq!(self.status, status, "{}: {self:?}", self.command);
        for word in words {
            assert!(self.stderr.contains(word), "{}: no `{word}` in\n{}", self.command, self.stderr);
        }
    }

    /// Done, with nothing to say about it; gives what was printed.
    #[track_caller]
    pub fn require_success(self) -> Output {
        assert_eq!(self.status, 0, "{}\n{self:?}", self.command);
        self
    }

    /// Standard output as JSON, whatever standard error narrates; the test fails where the command did.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.status, 0, "{}\n{self:?}", self.command);
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Transcript { stdout: &self.stdout, stderr: &self.stderr, status: self.status }.fmt(f)
    }
}

/// Compared as data, shown as text: an escaped newline hides the difference.
#[derive(PartialEq)]
struct Transcript<'a> {
    stdout: &'a str,
    stderr: &'a str,
    status: i32,
}

impl fmt::Debug for Transcript<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "status {}\nstdout:\n{}\nstderr:\n{}", self.status, self.stdout, self.stderr)
    }
}

/// Waits until the condition gives a value; the test fails past [`PATIENCE`].
#[track_caller]
pub fn await_some<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until the condition holds; the test fails past [`PATIENCE`].
#[track_caller]
pub fn await_true(what: &str, mut condition: impl FnMut() -> bool) {
    await_some(what, || condition().then_some(()));
}

#[test]
fn nothing_of_the_user_is_in_reach() {
    let sandbox = Sandbox::new();
    let remote = sandbox.bare_remote("remote.git");
    let clone = sandbox.clone_of(&remote, "shop");
    let worktree = sandbox.worktree(&clone, "shop-two", "two");
    assert_eq!(sandbox.git(&worktree, ["remote", "get-url", "origin"]), "[SANDBOX]/remote.git\n");
    assert_eq!(sandbox.git(&worktree, ["branch", "--show-current"]), "two\n");
    for shell in ["bash", "dash", "zsh", "fish"] {
        sandbox.script(shell, &worktree, "pwd; echo $HOME >&2; exit 3").check(
            "[SANDBOX]/shop-two\n",
            "[SANDBOX]/home\n",
            3,
        );
    }
}

#[test]
#[should_panic(expected = "status 1")]
fn a_check_sees_a_difference() {
    let sandbox = Sandbox::new();
    sandbox.script("dash", &sandbox.path("home"), "exit 1").check("", "", 0);
}
