//! A world in which anything may change between two calls, and the same world without a memo beside it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::change::Change;
use crate::sandbox::{Output, Sandbox, await_true};
use crate::shop::Shop;

/// The calls that are kept.
pub const CALLS: [&[&str]; 7] = [
    &["export", "--auto"],
    &["export", "--auto", "--format", "json"],
    &["export"],
    &["export", "--auto", "--no-remap", "--format=fish"],
    &["get", "postgres", "-q"],
    &["get", "web", "--json"],
    &["hook-env", "--shell", "bash"],
];

/// A compose file that uses what the changes change.
pub const COMPOSE: &str = r#"include: ["${MODE-plain.yaml}"]
services:
  postgres:
    image: postgres:16
    container_name: fixed-db
    ports: ["${PG_PORT:-{0}}:5432"]
  web:
    image: nginx
    environment: {PG: "${PG_PORT-}"}
    ports: ["{1}:80"]
  redis:
    image: redis:7
    profiles: [cache]
    ports: ["6379"]
"#;

/// Where the calls are made, and what they find there.
pub struct World {
    pub(super) shop: Shop,
    /// Where the calls are made from.
    pub(super) directory: PathBuf,
    program: PathBuf,
    /// Variables beside the sandbox's own.
    pub(super) variables: Vec<(String, String)>,
    /// How many changes there were: contents that differ each time.
    pub(super) turn: u32,
    wrote_no_memo: bool,
}

impl World {
    /// A clone with everything booked.
    pub fn new() -> World {
        // A thousand bookings, and nobody here asks whether they survive a power cut.
        let memory = Path::new("/dev/shm");
        let shop = Shop::inside(if memory.is_dir() { Sandbox::within(memory) } else { Sandbox::new() });
        let world = World {
            directory: shop.checkout.clone(),
            program: env!("CARGO_BIN_EXE_gantry").into(),
            shop,
            variables: Vec::new(),
            turn: 0,
            wrote_no_memo: false,
        };
        world.shop.compose(COMPOSE);
        world.write("shop/plain.yaml", "services: {plain: {image: x}}\n");
        world.write("shop/extra.yaml", "services: {extra: {image: x, ports: ['{3}:99']}}\n");
        fs::create_dir_all(world.path("shop/inner")).unwrap();
        world.run(&["export", "--auto"]);
        fs::copy(world.shop.sandbox.registry(), world.path("backup.db")).unwrap();
        world
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.shop.sandbox
    }

    pub fn path(&self, relative: &str) -> PathBuf {
        self.shop.sandbox.path(relative)
    }

    /// The program, with a memo as it may.
    pub fn run(&self, call: &[&str]) -> Output {
        self.shop.sandbox.run(&mut self.command(call))
    }

    pub fn command(&self, call: &[&str]) -> Command {
        let mut command = self.shop.sandbox.command(self.program.to_str().unwrap(), &self.directory);
        command.args(call).envs(self.variables.iter().cloned());
        command
    }

    /// A call for which the system fails to open the file.
    pub fn run_without(&self, file: &Path, call: &[&str]) -> Output {
        let mut command = self.shop.sandbox.command("strace", &self.directory);
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=open,openat:error=EIO", "-P"]).arg(file);
        command.arg(&self.program).args(call).envs(self.variables.iter().cloned());
        self.shop.sandbox.run(&mut command)
    }

    /// The same call in the same world without a memo: the user's directories are a copy, which it may change.
    fn run_cold(&self, cold: &Path, call: &[&str]) -> Output {
        let mut command = self.shop.sandbox.command(self.program.to_str().unwrap(), &self.directory);
        let there = |text: &str| text.replace(self.path("home").to_str().unwrap(), cold.to_str().unwrap());
        command.args(call).envs(self.variables.iter().map(|(name, value)| (name, there(value))));
        command.env("HOME", cold);
        for (name, place) in [("DATA", "share"), ("STATE", "state")] {
            command.env(format!("XDG_{name}_HOME"), cold.join(".local").join(place));
        }
        command.env("XDG_CACHE_HOME", cold.join(".cache"));
        self.shop.sandbox.run(&mut command)
    }

    /// A copy of the home without memos. What gantry wrote into it about its own place is turned into the copy's.
    fn copy_home(&self) -> PathBuf {
        // As long as the other's name, so that nothing else differs.
        let cold = self.path("cold");
        let script = "rm -rf cold && cp -a home cold && rm -rf cold/.cache/gantry/memo";
        self.shop.sandbox.script("dash", &self.path(""), script).require_success();
        for file in fs::read_dir(cold.join(".local/state/gantry/overrides")).into_iter().flatten() {
            let file = file.unwrap().path();
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, text.replace(self.path("home").to_str().unwrap(), cold.to_str().unwrap())).unwrap();
        }
        cold
    }

    /// The call says what it says without a memo.
    #[track_caller]
    pub fn check(&mut self, call: &[&str], changes: &[Change]) {
        let cold = self.copy_home();
        let before = self.memo_stamps();
        let warm = self.run(call);
        // A warm call writes no memo; a cold one makes it anew, or there is none.
        self.wrote_no_memo = before == self.memo_stamps() && !before.is_empty();
        let expected = self.run_cold(&cold, call);
        let here = |text: &str| text.replace("[SANDBOX]/cold", "[SANDBOX]/home");
        let said = (&warm.stdout, &warm.stderr, warm.status);
        let expected = (&here(&expected.stdout), &here(&expected.stderr), expected.status);
        assert_eq!(said, expected, "{call:?} in {} after {changes:?}", self.directory.display());
    }

    /// Whether the last [`World::check`] left the memos as they were, as a call does that is answered from one.
    pub fn wrote_no_memo(&self) -> bool {
        self.wrote_no_memo
    }

    /// Repeats the call until it has a memo, and leaves that as it is.
    #[track_caller]
    pub fn settle(&self, call: &[&str]) {
        let known = self.memos().len();
        await_true("a memo", || {
            let before = self.memo_stamps();
            self.run(call);
            before.len() > known && before == self.memo_stamps()
        });
    }

    /// Repeats the call until the system sees that it is answered from its memo.
    #[track_caller]
    pub fn warm_up(&self, call: &[&str]) {
        await_true("an answer from the memo", || {
            self.run(call);
            self.answers_from_memo(call)
        });
    }

    /// Whether the call does without the registry, which every answer needs that is worked out.
    pub fn answers_from_memo(&self, call: &[&str]) -> bool {
        !self.trace(call).iter().any(|line| line.contains("registry.db-journal"))
    }

    /// The calls of the system that a call makes, by all its processes.
    pub fn trace(&self, call: &[&str]) -> Vec<String> {
        let mut command = self.shop.sandbox.command("strace", &self.directory);
        let log = self.path("trace");
        command.args(["-f", "-qq", "-o"]).arg(&log).arg(&self.program).args(call);
        command.envs(self.variables.iter().cloned());
        self.shop.sandbox.run(&mut command).require_success();
        let text = fs::read(&log).unwrap();
        // Each line starts with the process's number.
        let lines = String::from_utf8_lossy(&text);
        lines.lines().map(|line| line.split_once(' ').map_or(line, |(_, call)| call.trim_start()).to_owned()).collect()
    }

    pub fn memos(&self) -> Vec<PathBuf> {
        let directory = self.path("home/.cache/gantry/memo");
        let mut memos: Vec<_> = fs::read_dir(directory).into_iter().flatten().map(|it| it.unwrap().path()).collect();
        memos.sort_unstable();
        memos
    }

    fn memo_stamps(&self) -> Vec<(PathBuf, u64, i64, i64)> {
        let stamp = |path: PathBuf| {
            let found = path.symlink_metadata().unwrap();
            (path, found.ino(), found.ctime(), found.ctime_nsec())
        };
        self.memos().into_iter().map(stamp).collect()
    }

    /// The time of the newest use that the registry knows, in seconds since the epoch.
    pub fn used_at(&self) -> i64 {
        let registry = rusqlite::Connection::open(self.shop.sandbox.registry()).unwrap();
        registry.query_row("SELECT max(used_at) FROM contexts", (), |row| row.get(0)).unwrap()
    }

    /// Makes the time of last use a day ago but for so many seconds.
    pub fn age_to_a_day_but(&self, seconds: u32) {
        self.sql(&format!("UPDATE contexts SET used_at = strftime('%s', 'now') - 86400 + {seconds}"));
    }

    /// Another program in the same place, as an installation leaves it.
    pub fn upgrade(&mut self) {
        // By a process of its own: what this one has open for writing, a child that another test is just starting has
        // too, and the kernel runs no program that is open for writing.
        let script = format!("mkdir -p bin && cp {} bin/new && mv bin/new bin/gantry", env!("CARGO_BIN_EXE_gantry"));
        self.shop.sandbox.script("dash", &self.path(""), &script).require_success();
        self.program = self.path("bin/gantry");
    }

    /// Makes the file or directory another user's, which takes root.
    pub fn give_away(&self, path: &Path) {
        let mut command = if nix::unistd::geteuid().is_root() { Command::new("chown") } else { Command::new("sudo") };
        if !nix::unistd::geteuid().is_root() {
            command.args(["-n", "chown"]);
        }
        let status = command.arg("4711").arg(path).status().unwrap();
        assert!(status.success(), "chown needs root or sudo");
    }

    /// One of two texts of the same length, written into the compose file as it stands.
    pub fn edit_in_place(&self, which: u16) {
        let text = self.shop.fill(COMPOSE).replace("fixed-db", ["fixed-d0", "fixed-d1"][usize::from(which)]);
        let text = text.replace(&self.port(1), &self.port([2, 3][usize::from(which)]));
        fs::write(self.path("shop/compose.yaml"), text).unwrap();
    }

    /// Has the compose file ask for the variable.
    pub fn ask_for(&self, variable: &str) {
        let asking = format!("{{PG: \"${{{variable}-}}\"}}");
        self.shop.compose(&COMPOSE.replace("{PG: \"${PG_PORT-}\"}", &asking));
    }

    pub(super) fn port(&self, number: u16) -> String {
        self.shop.port(number).to_string()
    }

    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), self.shop.fill(text)).unwrap();
    }

    pub(super) fn remove(&self, path: &str) {
        let _ = fs::remove_file(self.path(path));
    }

    /// What git says does not matter: a change may not be possible in the world as it is.
    pub(super) fn git(&self, arguments: &[&str]) {
        let mut command = self.shop.sandbox.command("git", &self.path("shop"));
        self.shop.sandbox.run(command.args(arguments));
    }

    /// Sets a variable for every later call.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), self.shop.fill(value)));
    }

    pub(super) fn sql(&self, sql: &str) {
        if self.shop.sandbox.registry().exists() {
            rusqlite::Connection::open(self.shop.sandbox.registry()).unwrap().execute(sql, ()).unwrap();
        }
    }
}
