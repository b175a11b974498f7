//! A shell at a terminal: hooks run before each prompt because there is one, not because a test calls them.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::sandbox::{Sandbox, await_some};

/// Names that differ from prompt to prompt by the shell's own doing.
const RESTLESS: [&str; 4] = ["_", "OLDPWD", "PWD", "SHLVL"];

/// An interactive bash, zsh or fish. It reads its usual start-up file in the sandbox's home, and ends when dropped.
pub struct Terminal {
    child: Child,
    keyboard: ChildStdin,
    answers: PathBuf,
    asked: usize,
}

impl Terminal {
    /// Opens it in a directory, after writing the start-up file.
    pub fn open(sandbox: &Sandbox, shell: &str, startup: &str, directory: &Path) -> Terminal {
        let (file, command) = match shell {
            "bash" => (".bashrc", "bash --noprofile --rcfile ~/.bashrc -i"),
            "zsh" => (".zshrc", "zsh --no-globalrcs -i"),
            "fish" => (".config/fish/config.fish", "fish --interactive"),
            _ => panic!("no terminal for {shell}"),
        };
        sandbox.write(Path::new("home").join(file), startup);
        let answers = sandbox.directory(format!("answers-{shell}"));
        let mut child = sandbox
            .command("script", directory)
            // `script` gives the shell a terminal and keeps what it shows, which a failed test then prints.
            .args(["--quiet", "--flush", "--return", "--command", command])
            .arg(answers.join("screen"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("script; `tests/run` installs it");
        let keyboard = child.stdin.take().unwrap();
        let mut terminal = Terminal { child, keyboard, answers, asked: 0 };
        terminal.ask("true");
        terminal
    }

    /// Types a line, and waits until the shell has come to the next prompt and run what follows there.
    pub fn enter(&mut self, line: &str) {
        self.type_line(line);
        self.ask("true");
    }

    /// Types a line and waits for nothing.
    pub fn type_line(&mut self, line: &str) {
        writeln!(self.keyboard, "{line}").unwrap();
    }

    /// What a command prints on standard output at the next prompt.
    pub fn ask(&mut self, command: &str) -> String {
        self.asked += 1;
        let (part, whole) = (self.answer("part"), self.answer("whole"));
        // The rename tells that the command is done; until then the answer may be half written.
        writeln!(self.keyboard, "{command} > {}; mv {0} {}", part.display(), whole.display()).unwrap();
        await_some(&format!("an answer to {command}"), || {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the shell has ended:\n{}", self.screen());
            fs::read_to_string(&whole).ok()
        })
    }

    /// The variables that a program started at the next prompt finds, but for the shell's restless ones.
    pub fn variables(&mut self) -> BTreeMap<String, String> {
        // The prompt that stands there may be older than a change that the test has made to a file.
        self.enter("true");
        let listed = self.ask("env -0");
        let pairs = listed.split_terminator('\0').map(|pair| pair.split_once('=').unwrap());
        pairs
            .filter(|(name, _)| !RESTLESS.contains(name))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// All that the terminal has shown.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.answers.join("screen")).unwrap_or_default()).into_owned()
    }

    fn answer(&self, kind: &str) -> PathBuf {
        self.answers.join(format!("{}.{kind}", self.asked))
    }
}

impl Drop for Terminal {
    #[expect(clippy::print_stderr, reason = "only a failed test shows it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the terminal showed:\n{}", self.screen());
        }
        // The terminal closes with `script`, and the shell with its terminal.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command shows at a terminal whose user answers its `[y/N]` question, and its exit status.
pub fn converse(sandbox: &Sandbox, directory: &Path, command: &str, reply: &str) -> (String, i32) {
    let mut script = sandbox.command("script", directory);
    script.args(["--quiet", "--flush", "--return", "--command", command, "/dev/null"]);
    answer(sandbox, &mut script, reply)
}

/// As [`converse`], where the command is a `script` already.
pub fn answer(sandbox: &Sandbox, script: &mut Command, reply: &str) -> (String, i32) {
    let screen = sandbox.path("screen");
    let mut child = script
        .stdin(Stdio::piped())
        .stdout(File::create(&screen).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .expect("script; `tests/run` installs it");
    let mut keyboard = child.stdin.take().unwrap();
    let read = || fs::read_to_string(&screen).unwrap().replace("\r\n", "\n");
    let mut is_answered = false;
    let status = await_some(&format!("the end of {script:?}"), || {
        // Typed earlier, the answer would be shown before the question.
        if !is_answered && read().ends_with("[y/N] ") {
            writeln!(keyboard, "{reply}").unwrap();
            is_answered = true;
        }
        child.try_wait().unwrap()
    });
    let root = sandbox.path("");
    let root = root.to_str().unwrap().trim_end_matches('/');
    (read().replace(root, "[SANDBOX]"), status.code().unwrap())
}

/// What a command shows at a terminal of so many columns, and its exit status, while its user follows `steps`: each time
/// what is awaited has been shown since the step before, the keys are typed. What moves the cursor is left out.
pub fn dialogue(
    sandbox: &Sandbox,
    directory: &Path,
    columns: u16,
    command: &str,
    steps: &[(&str, &str)],
) -> (String, i32) {
    let screen = sandbox.path("screen");
    let mut child = sandbox
        .command("script", directory)
        .args(["--quiet", "--flush", "--return", "--command"])
        .arg(format!("stty columns {columns} rows 24; exec {command}"))
        .arg("/dev/null")
        .stdin(Stdio::piped())
        .stdout(File::create(&screen).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .expect("script; `tests/run` installs it");
    let mut keyboard = child.stdin.take().unwrap();
    let root = sandbox.path("");
    let root = root.to_str().unwrap().trim_end_matches('/');
    let read = || String::from_utf8_lossy(&fs::read(&screen).unwrap()).replace("\r\n", "\n").replace(root, "[SANDBOX]");
    let (mut left, mut seen) = (steps.iter(), 0);
    let mut step = left.next();
    let status = await_some(&format!("the end of {command}"), || {
        let shown = read();
        // Keys that come before the terminal is raw would be shown, and some of them be signals.
        if let Some((awaited, keys)) = step
            && let Some(found) = shown[seen..].find(awaited)
            && shown[seen + found..].contains("\x1b[?25h") | awaited.ends_with("[y/N] ")
        {
            keyboard.write_all(keys.as_bytes()).unwrap();
            seen = shown.len();
            step = left.next();
        }
        child.try_wait().unwrap()
    });
    assert!(step.is_none(), "never shown: {step:?}\n{}", read());
    (without_control(&read()), status.code().unwrap())
}

/// The text without the sequences that start with `ESC [`, and without carriage returns.
fn without_control(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest = parts.map(|part| part.trim_start_matches(|c: char| !('@'..='~').contains(&c)).get(1..).unwrap_or(""));
    rest.fold(first, |text, part| text + part).replace('\r', "")
}

/// Gives a file the time of an hour ago, so that a change to it is seen by programs that count whole seconds.
pub fn age(path: &Path) {
    let file = File::options().append(true).open(path).unwrap();
    let time = file.metadata().unwrap().modified().unwrap();
    file.set_modified(time - std::time::Duration::from_secs(3600)).unwrap();
}

#[test]
fn a_hook_runs_before_each_prompt() {
    for (shell, startup) in [
        ("bash", "PROMPT_COMMAND='export SEEN=$PWD'"),
        ("zsh", "precmd() { export SEEN=$PWD; }"),
        ("fish", "function hook --on-event fish_prompt; set -gx SEEN $PWD; end"),
    ] {
        let sandbox = Sandbox::new();
        let (one, two) = (sandbox.directory("one"), sandbox.directory("two"));
        let mut terminal = Terminal::open(&sandbox, shell, startup, &one);
        assert_eq!(terminal.variables()["SEEN"], one.to_str().unwrap(), "{shell}");
        terminal.enter(&format!("cd {}", two.display()));
        assert_eq!(terminal.variables()["SEEN"], two.to_str().unwrap(), "{shell}");
    }
}
