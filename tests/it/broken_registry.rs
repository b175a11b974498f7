//! Registries that cannot be read or written, homes that are none, streams that are closed: what is known is still
//! told, the error says what and how to mend it, and nothing is overwritten.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;

use crate::booked::{Booked, SERVICES};
use crate::ports::Block;
use crate::sandbox::{Output, Sandbox};

const REGISTRY: &str = "[SANDBOX]/home/.local/share/gantry/registry.db";

impl Booked {
    /// From here on the compose file has a service without a port.
    fn add_service(&self) {
        self.sandbox
            .write(self.project.join("compose.yaml"), format!("{SERVICES}  web: {{image: x, ports: [\"80\"]}}\n"));
    }

    fn export(&self) -> Output {
        self.sandbox.gantry(&self.project, ["export", "--auto"])
    }

    /// Gantry says exactly this, whatever it is asked, and the registry keeps its bytes.
    #[track_caller]
    fn check_refused(&self, error: &str) {
        let before = fs::read(self.sandbox.registry()).unwrap();
        for arguments in [&["export", "--auto"][..], &["book", "mail"], &["status"], &["get", "db", "-q"]] {
            self.sandbox.gantry(&self.project, arguments).check("", error, 1);
            assert!(fs::read(self.sandbox.registry()).unwrap() == before, "{arguments:?} has changed the registry");
        }
    }

    /// A shell in a mount namespace of its own, in which `mount` runs before gantry does.
    fn with_mount(&self, mount: &str, arguments: &str) -> Output {
        let directory = self.sandbox.registry().parent().unwrap().to_owned();
        let script = format!(
            "set -e\ncd {}\n{mount}\ncd {}\nexec gantry {arguments}",
            directory.display(),
            self.project.display()
        );
        let mut command = self.sandbox.command("unshare", &self.project);
        if !nix::unistd::geteuid().is_root() {
            // A user who may not have namespaces fails here, and sees why in what unshare prints.
            command.args(["--user", "--map-root-user"]);
        }
        self.sandbox.run(command.args(["--mount", "sh", "-c", &script]))
    }
}

/// The command without root's power to pass over modes.
fn powerless(sandbox: &Sandbox, directory: &Path, arguments: &[&str]) -> Output {
    let mut command = if nix::unistd::geteuid().is_root() {
        let mut command = sandbox.command("setpriv", directory);
        let capabilities = "-dac_override,-dac_read_search";
        command.args(["--bounding-set", capabilities, "--inh-caps", capabilities, "gantry"]);
        command
    } else {
        sandbox.command("gantry", directory)
    };
    sandbox.run(command.args(arguments))
}

#[test]
fn a_registry_that_is_no_database() {
    for contents in
        [&b"not a database at all, and long enough to have a header of a hundred bytes................."[..], b"x"]
    {
        let booked = Booked::new();
        fs::write(booked.sandbox.registry(), contents.repeat(8)).unwrap();
        booked.check_refused(&format!(
            "error: the registry {REGISTRY} is damaged: file is not a database\n\
             hint: nothing was changed. Restore it from a backup, or start anew: mv {REGISTRY} {REGISTRY}.damaged\n"
        ));
    }
}

#[test]
fn a_registry_of_a_newer_gantry() {
    let booked = Booked::new();
    Connection::open(booked.sandbox.registry()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    booked.check_refused(&format!(
        "error: the registry {REGISTRY} was written by a newer gantry (its schema is 99, this gantry knows 4)\n\
         hint: update gantry; nothing was changed\n"
    ));
}

#[test]
fn a_database_of_another_program() {
    for journal_mode in ["delete", "wal"] {
        let booked = Booked::new();
        fs::remove_file(booked.sandbox.registry()).unwrap();
        let other = Connection::open(booked.sandbox.registry()).unwrap();
        other.pragma_update(None, "journal_mode", journal_mode).unwrap();
        other.execute_batch("CREATE TABLE notes (text); INSERT INTO notes VALUES ('mine')").unwrap();
        drop(other);
        booked.check_refused(&format!(
            "error: {REGISTRY} is a database of another program, not a registry\n\
             hint: nothing was changed. Move it away: mv {REGISTRY} {REGISTRY}.other\n"
        ));
    }
}

/// Zeroes over any page, and any page's contents over another's: never a panic, never a changed file with an error.
#[test]
fn a_registry_damaged_in_the_middle() {
    let booked = Booked::new();
    booked.add_service();
    let sound = fs::read(booked.sandbox.registry()).unwrap();
    let page = usize::from(u16::from_be_bytes([sound[16], sound[17]]));
    let pages = sound.len() / page;
    let mut refused = 0;
    for number in 0..pages {
        for garbage in [vec![0; page - 100], vec![0xa5; page - 100]] {
            let mut damaged = sound.clone();
            let start = number * page + 100;
            damaged[start..start + garbage.len()].copy_from_slice(&garbage);
            fs::write(booked.sandbox.registry(), &damaged).unwrap();
            let output = booked.export();
            assert!([0, 1].contains(&output.status), "page {number}: {output:?}");
            if output.status == 1 {
                refused += 1;
                assert!(output.stderr.contains(&format!("the registry {REGISTRY} is damaged: ")), "{output:?}");
                let after = fs::read(booked.sandbox.registry()).unwrap();
                assert!(after == damaged, "page {number}: overwritten\n{output:?}");
            }
        }
    }
    assert!(refused > pages / 2, "only {refused} of {} were refused", pages * 2);
}

/// SQLite reads these pages; what stands in them is nothing that gantry wrote.
#[test]
fn a_registry_with_nonsense_in_it() {
    let booked = Booked::new();
    let registry = Connection::open(booked.sandbox.registry()).unwrap();
    registry.execute_batch("UPDATE allocations SET protocol = 'pigeon'").unwrap();
    drop(registry);
    booked.check_refused(&format!(
        "error: the registry {REGISTRY} is damaged: Invalid column type Text at index: 4, name: id, context_id, service, \
         container_port, protocol, ordinal, kind, port, variable\n\
         hint: nothing was changed. Restore it from a backup, or start anew: mv {REGISTRY} {REGISTRY}.damaged\n"
    ));
}

#[test]
fn what_is_no_file_is_no_registry() {
    #[track_caller]
    fn check(make: impl Fn(&Path), why: &str) {
        let booked = Booked::new();
        fs::remove_file(booked.sandbox.registry()).unwrap();
        make(&booked.sandbox.registry());
        booked.export().check(
            "",
            &format!(
                "error: the registry {REGISTRY} cannot be opened: {why}\n\
                 hint: check who owns the directory, or point XDG_DATA_HOME to one of your own\n"
            ),
            1,
        );
    }
    check(|path| fs::create_dir(path).unwrap(), "not a regular file");
    check(|path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap(), "not a regular file");
    check(|path| symlink("/nowhere/registry.db", path).unwrap(), "No such file or directory (os error 2)");
}

/// An empty file is what a process leaves that was stopped while it made the registry.
#[test]
fn an_empty_registry_is_a_new_one_and_a_link_is_followed() {
    let booked = Booked::new();
    fs::write(booked.sandbox.registry(), "").unwrap();
    booked.export().check(&booked.exports, "", 0);
    let elsewhere = booked.sandbox.path("elsewhere.db");
    fs::rename(booked.sandbox.registry(), &elsewhere).unwrap();
    symlink(&elsewhere, booked.sandbox.registry()).unwrap();
    booked.add_service();
    booked.export().require_success();
    assert!(booked.sandbox.registry().is_symlink());
}

#[test]
fn a_registry_that_may_not_be_read() {
    let booked = Booked::new();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let directory = booked.sandbox.registry().parent().unwrap().to_owned();
    let expected = format!(
        "error: the registry {REGISTRY} cannot be opened: Permission denied (os error 13)\n\
         hint: check who owns the directory, or point XDG_DATA_HOME to one of your own\n"
    );
    mode(&directory, 0o000);
    powerless(&booked.sandbox, &booked.project, &["export", "--auto"]).check("", &expected, 1);
    mode(&directory, 0o700);
    mode(&booked.sandbox.registry(), 0o000);
    let output = powerless(&booked.sandbox, &booked.project, &["export", "--auto"]);
    assert!(output.stdout.is_empty() && output.status == 1, "{output:?}");
    assert!(output.stderr.starts_with(&format!("error: the registry {REGISTRY} cannot be opened: ")), "{output:?}");
    // Readable only: what is booked is told, and nothing new is.
    mode(&booked.sandbox.registry(), 0o400);
    powerless(&booked.sandbox, &booked.project, &["export", "--auto"]).check(&booked.exports, "", 0);
}

#[test]
fn a_read_only_home_still_tells_what_is_booked() {
    let booked = Booked::new();
    let read_only = "mount --bind . . && mount -o remount,ro,bind .";
    booked.with_mount(read_only, "export --auto").check(&booked.exports, "", 0);
    booked.add_service();
    let error = format!(
        "error: the registry {REGISTRY} is read-only, so nothing new can be booked\n\
         hint: ports that are booked are still told; to book, make it writable or point XDG_DATA_HOME elsewhere\n"
    );
    booked.with_mount(read_only, "export --auto").check(&booked.exports, &error, 1);
    booked.with_mount(read_only, "book mail").check("", &error, 1);
    fs::remove_file(booked.sandbox.registry()).unwrap();
    booked.with_mount(read_only, "book mail").check("", &error, 1);
}

/// Not the registry's directory alone: where there is no override, there is nothing to remove either.
#[test]
fn a_read_only_home_without_an_override_is_no_error() {
    let (mut booked, block) = (Booked::new(), Block::take());
    let fixed = format!("services:\n  db: {{image: postgres, ports: [\"{}:5432\"]}}\n", block.port(0));
    booked.project = booked.sandbox.directory("fixed");
    booked.sandbox.write(booked.project.join("compose.yaml"), fixed);
    booked.exports = booked.sandbox.gantry(&booked.project, ["export", "--auto"]).require_success().stdout;
    assert!(!booked.exports.contains("COMPOSE_FILE"), "{}", booked.exports);
    let home = booked.sandbox.path("home").display().to_string();
    let read_only = format!("mount --bind {home} {home} && mount -o remount,ro,bind {home}");
    for _ in 0..2 {
        booked.with_mount(&read_only, "export --auto").check(&booked.exports, "", 0);
    }
    booked.with_mount(&read_only, "run -- echo ran").check("ran\n", "", 0);
}

/// The registry is copied into a file system of its own, which is then filled up.
#[test]
fn a_full_disk_loses_nothing() {
    let booked = Booked::new();
    let full = "cp registry.db ../copy.db
        mount -t tmpfs -o size=256k tmpfs . && cp ../copy.db registry.db && cd . && cd ../gantry
        cp ../copy.db registry.db; head -c 1000000 /dev/zero >filler 2>/dev/null || true";
    booked.with_mount(full, "export --auto").check(&booked.exports, "", 0);
    booked.add_service();
    let error = format!(
        "error: the registry {REGISTRY} cannot be written: no space is left on the device\n\
         hint: make room on the device; nothing was changed\n"
    );
    booked.with_mount(full, "export --auto").check(&booked.exports, &error, 1);
    // The first registry of all.
    let new =
        "mount -t tmpfs -o size=16k tmpfs . && cd ../gantry; head -c 1000000 /dev/zero >filler 2>/dev/null || true";
    booked.with_mount(new, "export --auto").check("", &error, 1);
}

/// Half a minute is what gantry waits, once.
#[test]
fn a_registry_locked_for_long() {
    let error = format!(
        "error: the registry {REGISTRY} is locked: another process has been writing for half a minute\n\
         hint: try again; `fuser` on the file names the process\n"
    );
    // Readers get in beside a writer, but not while it commits.
    let check = |lock: &str, tells: bool| {
        let booked = Booked::new();
        booked.add_service();
        let writer = Connection::open(booked.sandbox.registry()).unwrap();
        writer.execute_batch(&format!("BEGIN {lock}")).unwrap();
        booked.export().check(if tells { &booked.exports } else { "" }, &error, 1);
    };
    std::thread::scope(|scope| {
        scope.spawn(|| check("IMMEDIATE", true));
        scope.spawn(|| check("EXCLUSIVE", false));
    });
}

#[test]
fn homes_that_are_none() {
    let mut booked = Booked::new();
    let error = "error: no home directory: HOME is not an absolute path, and the user database names none\n\
                 hint: set HOME, or XDG_DATA_HOME and XDG_STATE_HOME, to absolute paths\n";
    // With an absolute XDG_DATA_HOME, HOME is not needed.
    booked.sandbox.set("HOME", "relative");
    booked.export().check(&booked.exports, "", 0);
    booked.sandbox.unset("HOME");
    booked.export().check(&booked.exports, "", 0);
    for data in [None, Some(""), Some("relative")] {
        match data {
            Some(data) => booked.sandbox.set("XDG_DATA_HOME", data),
            None => booked.sandbox.unset("XDG_DATA_HOME"),
        }
        booked.sandbox.set("HOME", "relative");
        booked.export().check("", error, 1);
        booked.sandbox.set("HOME", booked.sandbox.path("home"));
        booked.export().check(&booked.exports, "", 0);
        // An absent or empty HOME leaves the user database: it is asked where the registry would lie, and no more.
        let expected = listed_home(&booked.sandbox).join(".local/share/gantry/registry.db").display().to_string();
        booked.sandbox.set("HOME", "");
        assert_eq!(booked.sandbox.gantry(&booked.project, ["config", "--json"]).json()["registry"], expected.as_str());
        booked.sandbox.unset("HOME");
        assert_eq!(booked.sandbox.gantry(&booked.project, ["config", "--json"]).json()["registry"], expected.as_str());
    }
    assert!(!booked.project.join("relative").exists(), "a registry in the current directory");
}

/// The running user's home in the user database.
fn listed_home(sandbox: &Sandbox) -> PathBuf {
    let user = nix::unistd::getuid().to_string();
    let mut command = sandbox.command("getent", &sandbox.path("home"));
    let entry = sandbox.run(command.args(["passwd", &user])).require_success().stdout;
    PathBuf::from(entry.trim_end().split(':').nth(5).unwrap())
}

/// `HOME` is not there in many a cron job and container. Nothing of the running user's is written.
#[test]
fn without_home_the_user_database_is_asked() {
    let mut booked = Booked::new();
    booked.sandbox.unset("HOME");
    for (name, below_home) in [("DATA", ".local/share"), ("STATE", ".local/state"), ("CACHE", ".cache")] {
        booked.sandbox.set(format!("XDG_{name}_HOME"), booked.sandbox.path("home").join(below_home));
    }
    booked.export().check(&booked.exports, "", 0);
    booked.add_service();
    assert!(booked.export().require_success().stdout.contains("WEB_PORT="));
    booked.sandbox.unset("XDG_DATA_HOME");
    let registry = |sandbox: &Sandbox| sandbox.gantry(&sandbox.path("home"), ["config", "--json"]);
    let expected = listed_home(&booked.sandbox).join(".local/share/gantry/registry.db");
    assert_eq!(registry(&booked.sandbox).json()["registry"], expected.to_str().unwrap());
}

/// A `getent` of the test's own stands in for a user database.
#[test]
fn user_databases_that_name_no_home() {
    let error = "error: no home directory: HOME is not an absolute path, and the user database names none\n\
                 hint: set HOME, or XDG_DATA_HOME and XDG_STATE_HOME, to absolute paths\n";
    let mut sandbox = Sandbox::new();
    for name in ["HOME", "XDG_DATA_HOME"] {
        sandbox.unset(name);
    }
    sandbox.set("PATH", sandbox.path("bin"));
    let gantry = |sandbox: &Sandbox| {
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_gantry"), &sandbox.path("runtime"));
        sandbox.run(command.args(["config", "--show"]))
    };
    gantry(&sandbox).check("", error, 1);
    for script in
        ["exit 2", "echo", "echo u:x:1:1:", "echo u:x:1:1:::/bin/sh", "echo u:x:1:1::relative:", "exec sleep 100"]
    {
        let getent = sandbox.write("bin/getent", format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n"));
        fs::set_permissions(&getent, fs::Permissions::from_mode(0o700)).unwrap();
        gantry(&sandbox).check("", error, 1);
    }
    let getent = format!("#!/bin/sh\n[ $1 = passwd ] && echo u:x:$2:1:a b:{}:/bin/sh\n", sandbox.path("a b").display());
    sandbox.write("bin/getent", getent);
    let output = gantry(&sandbox);
    let expected = "gantry: the registry is [SANDBOX]/a b/.local/share/gantry/registry.db\n";
    assert_eq!((output.stderr.as_str(), output.status), (expected, 0));
}

#[test]
fn streams_that_are_closed_or_full() {
    let booked = Booked::new();
    let run = |script: &str| booked.sandbox.script("dash", &booked.project, script);
    let full = "error: standard output cannot be written: No space left on device (os error 28)\n";
    for command in ["export --auto", "status", "get db", "hook bash", "man", "--help", "--version"] {
        run(&format!("gantry {command} >/dev/full")).check("", full, 1);
    }
    run("gantry export --auto 2>&-").check(&booked.exports, "", 0);
    run("gantry export --auto 2>/dev/full").check(&booked.exports, "", 0);
    run("gantry get nobody 2>&-").check("", "", 3);
    run("gantry export --auto <&-").check(&booked.exports, "", 0);
    run("gantry prune <&-").check("", "gantry: nothing to give back\n", 0);
    // The system gives a program without a stdout /dev/null: nothing is written over, nothing fails.
    run("gantry export --auto >&-").check("", "", 0);
    run("gantry export --auto >&- 2>&- <&-").check("", "", 0);
    // `head` closes the pipe; that is no failure.
    run("{ gantry man; echo $? >&2; } | :").check("", "0\n", 0);
    booked.export().check(&booked.exports, "", 0);
}

#[test]
fn a_directory_that_is_gone() {
    let booked = Booked::new();
    let run = |command: &str| {
        let script = format!("mkdir gone && cd gone && rmdir ../gone && exec gantry {command}");
        booked.sandbox.script("dash", &booked.project, &script)
    };
    let error = "error: the current directory is gone or cannot be read: No such file or directory (os error 2)\n";
    for command in ["export --auto", "get db", "status", "context", "book x", "discover", "run -- true"] {
        run(command).check("", error, 1);
    }
    run("hook-env --shell bash").check("", "", 0);
    assert!(run("status --all").require_success().stdout.contains("shop"));
}

/// `env -i`, but for where the registry and the overrides lie: the user's own are not for tests.
#[test]
fn an_empty_environment() {
    let booked = Booked::new();
    let [data, state] = ["share", "state"].map(|it| booked.sandbox.path("home/.local").join(it));
    let mut command = Command::new(env!("CARGO_BIN_EXE_gantry"));
    command
        .env_clear()
        .env("XDG_DATA_HOME", data)
        .env("XDG_STATE_HOME", state)
        .current_dir(&booked.project)
        .args(["export", "--auto"]);
    booked.sandbox.run(&mut command).check(&booked.exports, "", 0);
}

#[test]
fn directories_where_nobody_has_a_project() {
    let booked = Booked::new();
    let git = booked.sandbox.repository("repository", "https://host.test/a.git").join(".git");
    for directory in [Path::new("/"), Path::new("/proc"), Path::new("/proc/self"), git.as_path(), &git.join("refs")] {
        let output = booked.sandbox.gantry(directory, ["context", "--json"]).json();
        assert_eq!(output["remote"], serde_json::Value::Null, "{}", directory.display());
        booked.sandbox.gantry(directory, ["hook-env", "--shell", "bash"]).check("", "", 0);
    }
    booked.sandbox.gantry(Path::new("/proc"), ["discover"]).check(
        "",
        "gantry: no compose file in /proc publishes a port\n",
        0,
    );
}
