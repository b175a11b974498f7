//! Trouble that passes, tools that meddle, and output that is lost.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use nix::fcntl::{FcntlArg, OFlag, fcntl};

use super::EXPORT;
use super::change::Change;
use super::world::World;
use crate::sandbox::await_some;

const HOOK: &[&str] = &["hook-env", "--shell", "bash"];

/// The hook says nothing of an error, and ends well: what it says then must not be kept.
#[test]
fn trouble_that_passes_is_not_remembered() {
    for file in ["shop/.git/HEAD", "shop/.git/config", "shop/compose.yaml", "home/.local/share/gantry/registry.db"] {
        let mut world = World::new();
        let file = world.path(file);
        // Not from a memo: that asks no file for its contents.
        world.apply(Change::DeleteMemos);
        world.run_without(&file, HOOK);
        world.run_without(&file, &["export"]);
        for call in [HOOK, &["export"]] {
            world.check(call, &[]);
            world.check(call, &[]);
        }
    }
}

/// A commit into a write-ahead log leaves the file's own count of changes as it was.
#[test]
fn a_registry_with_a_write_ahead_log_is_asked_itself() {
    let mut world = World::new();
    let other = rusqlite::Connection::open(world.sandbox().registry()).unwrap();
    let mode: String = other.query_row("PRAGMA journal_mode = WAL", (), |row| row.get(0)).unwrap();
    assert_eq!(mode, "wal");
    let allocations = || other.query_row("SELECT count(*) FROM allocations", (), |row| row.get::<_, i64>(0)).unwrap();
    assert!(allocations() > 0);
    for _ in 0..3 {
        world.run(&["export"]);
    }
    assert!(!world.answers_from_memo(&["export"]));
    world.apply(Change::Release);
    world.check(&["export"], &[Change::Release]);
    // Once nobody else has it open, the next booking puts the journal back that is counted.
    drop(other);
    world.run(EXPORT);
    world.warm_up(EXPORT);
}

/// A variable that is a host port here may be the name of a file there.
#[test]
fn a_variable_that_chooses_a_file_and_is_a_port() {
    let mut world = World::new();
    world.write("shop/compose.yaml", "include: [\"${X:-a}.yaml\"]\n");
    world.write("shop/a.yaml", "services: {web: {image: x, ports: [\"${X:-{2}}:80\"]}}\n");
    world.write("shop/b.yaml", "services: {db: {image: postgres, ports: [\"${Y:-{3}}:5432\"]}}\n");
    world.set("X", "b");
    world.run(EXPORT);
    world.apply(Change::ClearEnvironment);
    for value in ["", "b", "a", "b"] {
        world.check(EXPORT, &[]);
        world.check(EXPORT, &[]);
        world.set("X", value);
    }
}

/// Cron runs it unattended.
#[test]
fn prune_removes_nothing_but_memos() {
    let world = World::new();
    world.warm_up(EXPORT);
    let memos = world.path("home/.cache/gantry/memo");
    let old = |path: &str| {
        let file = File::create(world.path(path)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(30 * 24 * 60 * 60)).unwrap();
        world.path(path)
    };
    let (stranger, unfinished) = (old("home/.cache/gantry/memo/thesis"), old("home/.cache/gantry/memo/.new-x"));
    world.run(&["prune", "--yes"]).require_success();
    assert!(stranger.exists() && !unfinished.exists());
    // A link leads to somebody else's files, whatever they are called.
    let precious = world.sandbox().directory("precious");
    let file = old("precious/0123456789abcdef");
    fs::remove_dir_all(&memos).unwrap();
    symlink(&precious, &memos).unwrap();
    world.run(&["prune", "--yes"]).require_success();
    assert!(file.exists());
}

/// Nothing is made where a link leads.
#[test]
fn no_memo_is_written_through_a_link() {
    let mut world = World::new();
    world.warm_up(EXPORT);
    let elsewhere = world.sandbox().directory("elsewhere");
    fs::remove_dir_all(world.path("home/.cache/gantry")).unwrap();
    symlink(&elsewhere, world.path("home/.cache/gantry")).unwrap();
    world.run(EXPORT);
    world.check(EXPORT, &[]);
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

/// The reader gets a part and an error, as without a memo, and not a part and then the whole.
#[test]
fn half_an_answer_is_a_failure() {
    let world = World::new();
    let services = (0..200).map(|number| format!("  service-with-a-long-name-{number}: {{image: x, ports: ['90']}}\n"));
    world.write("shop/compose.yaml", &format!("services:\n{}", services.collect::<String>()));
    world.sandbox().gantry(&world.path("shop"), ["config", "--set-range", "default:30000-30999"]).require_success();
    let whole = world.run(EXPORT).stdout;
    world.warm_up(EXPORT);
    let (mut reader, writer) = std::io::pipe().unwrap();
    fcntl(writer.as_fd(), FcntlArg::F_SETPIPE_SZ(4096)).unwrap();
    fcntl(writer.as_fd(), FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    assert!(writer.as_raw_fd() > 2);
    let mut child = world.command(EXPORT).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let status = await_some("the end of the call", || child.try_wait().unwrap());
    let (mut said, mut error) = (String::new(), String::new());
    reader.read_to_string(&mut said).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut error).unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(
        said.len() < whole.len()
            && whole.replace("[SANDBOX]", world.path("").to_str().unwrap().trim_end_matches('/')).starts_with(&said)
    );
    assert!(error.starts_with("error: standard output cannot be written"), "{error}");
}
