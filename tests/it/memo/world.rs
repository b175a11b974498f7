//! A world in which anything may change between two calls, and the same world without a memo beside it.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
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
const COMPOSE: &str = r#"include: ["${MODE-plain.yaml}"]
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
    shop: Shop,
    /// Where the calls are made from.
    directory: PathBuf,
    /// Variables beside the sandbox's own.
    variables: Vec<(String, String)>,
    /// How many changes there were: contents that differ each time.
    turn: u32,
    wrote_no_memo: bool,
}

impl World {
    /// A clone with everything booked.
    pub fn new() -> World {
        let shop = Shop::new();
        let world =
            World { directory: shop.checkout.clone(), shop, variables: Vec::new(), turn: 0, wrote_no_memo: false };
        world.shop.compose(COMPOSE);
        world.write("shop/plain.yaml", "services: {plain: {image: x}}\n");
        world.write("shop/extra.yaml", "services: {extra: {image: x, ports: ['{3}:99']}}\n");
        fs::create_dir_all(world.path("shop/inner")).unwrap();
        world.upgrade();
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
        let mut command = self.shop.sandbox.command(self.path("bin/gantry").to_str().unwrap(), &self.directory);
        command.args(call).envs(self.variables.iter().cloned());
        command
    }

    /// A call for which the system fails to open the file.
    pub fn run_without(&self, file: &Path, call: &[&str]) -> Output {
        let mut command = self.shop.sandbox.command("strace", &self.directory);
        command.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=open,openat:error=EIO", "-P"]).arg(file);
        command.arg(self.path("bin/gantry")).args(call).envs(self.variables.iter().cloned());
        self.shop.sandbox.run(&mut command)
    }

    /// The same call in the same world without a memo: the user's directories are a copy, which it may change.
    fn run_cold(&self, cold: &Path, call: &[&str]) -> Output {
        let mut command = self.shop.sandbox.command(self.path("bin/gantry").to_str().unwrap(), &self.directory);
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

    /// Repeats the call until it is answered from its memo.
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
        command.args(["-f", "-qq", "-o"]).arg(&log).arg(self.path("bin/gantry")).args(call);
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
    pub fn upgrade(&self) {
        // By a process of its own: what this one has open for writing, a child that another test is just starting has
        // too, and the kernel runs no program that is open for writing.
        let script = format!("mkdir -p bin && cp {} bin/new && mv bin/new bin/gantry", env!("CARGO_BIN_EXE_gantry"));
        self.shop.sandbox.script("dash", &self.path(""), &script).require_success();
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

    fn port(&self, number: u16) -> String {
        self.shop.port(number).to_string()
    }

    pub fn write(&self, path: &str, text: &str) {
        fs::write(self.path(path), self.shop.fill(text)).unwrap();
    }

    fn remove(&self, path: &str) {
        let _ = fs::remove_file(self.path(path));
    }

    /// What git says does not matter: a change may not be possible in the world as it is.
    fn git(&self, arguments: &[&str]) {
        let mut command = self.shop.sandbox.command("git", &self.path("shop"));
        self.shop.sandbox.run(command.args(arguments));
    }

    /// Sets a variable for every later call.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), self.shop.fill(value)));
    }

    fn sql(&self, sql: &str) {
        if self.shop.sandbox.registry().exists() {
            rusqlite::Connection::open(self.shop.sandbox.registry()).unwrap().execute(sql, ()).unwrap();
        }
    }

    pub fn apply(&mut self, change: Change) {
        self.turn += 1;
        match change {
            Change::EditCompose
            | Change::TouchComposeBack
            | Change::DamageCompose
            | Change::DeleteCompose
            | Change::LinkCompose
            | Change::WriteOverrideFile
            | Change::DeleteOverrideFile
            | Change::WriteDotenv
            | Change::DeleteDotenv
            | Change::WriteConfig
            | Change::BreakConfig
            | Change::DeleteConfig
            | Change::AddInnerCompose => self.change_project(change),
            Change::SwitchBranch
            | Change::SwitchBack
            | Change::Detach
            | Change::StartRebase
            | Change::StartBisect
            | Change::SetRemote
            | Change::IncludeConfig
            | Change::EditIncluded
            | Change::DamageHead
            | Change::AddInnerRepository
            | Change::AddClone
            | Change::DeleteClone => self.change_repository(change),
            Change::SetMode
            | Change::SetProfile
            | Change::SetHostPort
            | Change::SetComposeFile
            | Change::SetDirenv
            | Change::TakeOverExports
            | Change::ClearEnvironment
            | Change::GoDown
            | Change::GoUp => self.change_shell(change),
            _ => self.change_gantry(change),
        }
    }

    fn change_project(&self, change: Change) {
        let compose = self.path("shop/compose.yaml");
        match change {
            Change::EditCompose => {
                let wanted = format!("{{{}}}:80", 1 + self.turn % 3);
                fs::write(&compose, self.shop.fill(&COMPOSE.replace("{1}:80", &wanted))).unwrap();
            }
            // Same size, and the time of modification that it had.
            Change::TouchComposeBack => {
                let modified = compose.metadata().ok().and_then(|found| found.modified().ok());
                self.edit_in_place(u16::from(self.turn.is_multiple_of(2)));
                if let Some(modified) = modified {
                    File::options().write(true).open(&compose).unwrap().set_modified(modified).unwrap();
                }
            }
            Change::DamageCompose => self.write("shop/compose.yaml", "services: [\n"),
            Change::DeleteCompose => self.remove("shop/compose.yaml"),
            Change::LinkCompose => {
                let target = format!("compose-{}.yaml", self.turn);
                self.write(&format!("shop/{target}"), &COMPOSE.replace("{1}:80", "{3}:80"));
                self.remove("shop/compose.yaml");
                symlink(target, compose).unwrap();
            }
            Change::WriteOverrideFile => {
                self.write("shop/compose.override.yml", "services: {more: {image: x, ports: ['{2}:90']}}\n");
            }
            Change::DeleteOverrideFile => self.remove("shop/compose.override.yml"),
            Change::WriteDotenv => {
                self.write("shop/.env", &format!("PG_PORT={{{}}}\nMODE=extra.yaml\n", self.turn % 2 + 2))
            }
            Change::DeleteDotenv => self.remove("shop/.env"),
            Change::WriteConfig => {
                let texts = ["remap: never\n", "identity: worktree\n", "project_name: fixed\n"];
                self.write("shop/gantry.yml", texts[self.turn as usize % 3]);
            }
            Change::BreakConfig => self.write("shop/gantry.yml", "identiy: branch\n"),
            Change::DeleteConfig => self.remove("shop/gantry.yml"),
            _ => self.write("shop/inner/compose.yaml", "services: {inner: {image: x, ports: ['{3}:90']}}\n"),
        }
    }

    fn change_repository(&self, change: Change) {
        match change {
            Change::SwitchBranch => self.git(&["checkout", "-q", "-B", "feature/two"]),
            Change::SwitchBack => self.git(&["checkout", "-q", "main"]),
            Change::Detach => self.git(&["checkout", "-q", "--detach"]),
            Change::StartRebase => {
                fs::create_dir_all(self.path("shop/.git/rebase-merge")).unwrap();
                self.write("shop/.git/rebase-merge/head-name", "refs/heads/feature/rebased\n");
            }
            Change::StartBisect => self.git(&["bisect", "start"]),
            Change::SetRemote => {
                let url = format!("git@example.com:test/shop{}.git", self.turn % 2);
                self.git(&["remote", "set-url", "origin", &url]);
            }
            Change::IncludeConfig => {
                self.write("shop/.git/included", "[include]\n\tpath = deeper\n");
                self.git(&["config", "include.path", "included"]);
            }
            Change::EditIncluded => {
                self.write("shop/.git/deeper", &format!("[remote \"origin\"]\n\turl = x:deep{}.git\n", self.turn));
            }
            Change::DamageHead => self.write("shop/.git/HEAD", "nonsense\n"),
            Change::AddInnerRepository => {
                self.git(&["init", "-q", "inner"]);
            }
            Change::AddClone => {
                let script = "rm -rf clone && cp -a shop clone && cd clone && gantry export --auto";
                self.shop.sandbox.script("dash", &self.path(""), script);
            }
            _ => {
                let _ = fs::remove_dir_all(self.path("clone"));
            }
        }
    }

    fn change_shell(&mut self, change: Change) {
        match change {
            Change::SetMode => self.set("MODE", ["plain.yaml", "extra.yaml"][self.turn as usize % 2]),
            Change::SetProfile => self.set("COMPOSE_PROFILES", ["", "cache", "*"][self.turn as usize % 3]),
            Change::SetHostPort => self.set("PG_PORT", &format!("{{{}}}", self.turn % 2)),
            Change::SetComposeFile => self.set("COMPOSE_FILE", ["compose.yaml", "other.yaml"][self.turn as usize % 2]),
            Change::SetDirenv => self.set("DIRENV_IN_ENVRC", "1"),
            // What a shell has that has evaluated the line already.
            Change::TakeOverExports => {
                let exports = self.run(&["export", "--auto", "--format", "json"]).stdout;
                let exports: serde_json::Map<_, _> = serde_json::from_str(&exports).unwrap_or_default();
                let home = self.path("");
                for (name, value) in exports {
                    self.set(&name, &value.as_str().unwrap().replace("[SANDBOX]/", home.to_str().unwrap()));
                }
            }
            Change::ClearEnvironment => self.variables.clear(),
            Change::GoDown => self.directory = self.path("shop/inner"),
            _ => self.directory = self.path("shop"),
        }
    }

    fn change_gantry(&self, change: Change) {
        match change {
            Change::Release => drop(self.run(&["release", "web", "--yes"])),
            Change::ReleaseAll => drop(self.run(&["release", "--all", "--yes"])),
            Change::Book => drop(self.run(&["book", "extra"])),
            Change::Prune => drop(self.run(&["prune", "--yes"])),
            Change::SetRange => {
                let range = self.shop.fill(["default:{16}-{19}", "default:{17}-{19}"][self.turn as usize % 2]);
                self.run(&["config", "--set-range", &range]);
            }
            Change::OtherAllocates => {
                let project = self.shop.sandbox.directory(format!("other{}", self.turn % 2));
                self.shop.sandbox.write(project.join("compose.yaml"), "services: {x: {image: x, ports: ['90']}}\n");
                self.shop.sandbox.gantry(&project, ["export", "--auto"]);
            }
            Change::RestoreRegistry => {
                fs::copy(self.path("backup.db"), self.shop.sandbox.registry()).unwrap();
                fs::set_permissions(self.shop.sandbox.registry(), Permissions::from_mode(0o600)).unwrap();
            }
            Change::DeleteRegistry => drop(fs::remove_file(self.shop.sandbox.registry())),
            Change::GrowOlder => self.sql("UPDATE contexts SET used_at = used_at - 200000"),
            Change::DeleteGantrysOverride => drop(fs::remove_dir_all(self.path("home/.local/state/gantry"))),
            Change::EditGantrysOverride => {
                for file in fs::read_dir(self.path("home/.local/state/gantry/overrides")).into_iter().flatten() {
                    fs::write(file.unwrap().path(), "services: {}\n").unwrap();
                }
            }
            Change::Upgrade => self.upgrade(),
            Change::DeleteMemos => drop(fs::remove_dir_all(self.path("home/.cache/gantry/memo"))),
            // Each is whole, but not the answer to this call.
            _ => {
                if let [first, .., last] = self.memos().as_slice() {
                    let parked = first.with_extension("parked");
                    fs::rename(first, &parked).unwrap();
                    fs::rename(last, first).unwrap();
                    fs::rename(parked, last).unwrap();
                }
            }
        }
    }
}
