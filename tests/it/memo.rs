//! The memo never changes an answer: whatever happens to the world, a call that may be answered from its memo says what
//! the same call says without one, byte for byte.

mod apply;
mod change;
mod mishap;
mod world;

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::sandbox::await_true;
use change::Change;
use world::{CALLS, World};

/// Each kind of change alone, from a state in which every call has its memo.
#[test]
fn one_change_at_a_time() {
    std::thread::scope(|scope| {
        // The machine's cores, without taking all of them from the other tests.
        for changes in Change::ALL.chunks(Change::ALL.len().div_ceil(2)) {
            scope.spawn(move || changes.iter().for_each(|&change| check_change(change)));
        }
    });
}

fn check_change(change: Change) {
    let mut world = World::new();
    for call in CALLS {
        world.settle(call);
    }
    world.apply(change);
    for call in CALLS {
        world.check(call, &[change]);
        world.check(call, &[change]);
    }
}

/// Sequences of changes, with calls from several directories between them.
#[test]
fn any_changes_in_a_row() {
    let config = Config { cases: cases(), max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    let change = prop::sample::select(Change::ALL.to_vec());
    let step = prop_oneof![3 => change.prop_map(Some), 1 => Just(None)];
    let call = prop::sample::select(CALLS.to_vec());
    let steps = prop::collection::vec((step, call), 20..40);
    let seen = Cell::new((0, 0));
    let mut runner = TestRunner::new(config);
    let result = runner.run(&steps, |steps| {
        let mut world = World::new();
        let mut changes = Vec::new();
        for (change, call) in steps {
            if let Some(change) = change {
                world.apply(change);
                changes.push(change);
            }
            world.check(call, &changes);
            world.check(call, &changes);
            let (calls, warm) = seen.get();
            seen.set((calls + 1, warm + usize::from(world.wrote_no_memo())));
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    // A memo that is never used would never be wrong.
    let (calls, warm) = seen.get();
    assert!(warm > calls / 4, "only {warm} of {calls} calls left their memo as it was");
}

/// More by hand: `PROPTEST_CASES=500 cargo it memo`.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(6)
}

/// The call at every prompt.
const EXPORT: &[&str] = &["export", "--auto"];

/// The only memo there is, of `export --auto`, in a world where it is believed.
fn world_with_a_memo() -> (World, PathBuf) {
    let world = World::new();
    world.warm_up(EXPORT);
    let memos = world.memos();
    let [memo] = memos.as_slice() else { panic!("{memos:?}") };
    let memo = memo.clone();
    (world, memo)
}

/// What is in the memo's place is not believed: the answer is worked out, and right.
#[track_caller]
fn check_disbelief(what: &str, harm: impl FnOnce(&mut World, &Path)) {
    let (mut world, memo) = world_with_a_memo();
    // A marked answer would show at once.
    let marked = String::from_utf8_lossy(&fs::read(&memo).unwrap()).contains("GANTRY_CONTEXT");
    assert!(marked, "the memo holds the answer as it is");
    harm(&mut world, &memo);
    assert!(!world.answers_from_memo(EXPORT), "{what}: believed");
    world.check(EXPORT, &[]);
}

#[test]
fn what_others_may_have_written_is_not_believed() {
    check_disbelief("cut short", |_, memo| {
        let bytes = fs::read(memo).unwrap();
        fs::write(memo, &bytes[..bytes.len() - 1]).unwrap();
    });
    check_disbelief("empty", |_, memo| fs::write(memo, "").unwrap());
    check_disbelief("longer", |_, memo| fs::write(memo, [fs::read(memo).unwrap(), vec![0]].concat()).unwrap());
    check_disbelief("one byte of the answer changed", |_, memo| {
        let mut bytes = fs::read(memo).unwrap();
        let last = bytes.len() - 6;
        bytes[last] ^= 1;
        fs::write(memo, bytes).unwrap();
    });
    check_disbelief("open to the group", |_, memo| mode(memo, 0o620));
    check_disbelief("open to all", |_, memo| mode(memo, 0o602));
    check_disbelief("a link", |_, memo| {
        let elsewhere = memo.with_file_name("elsewhere");
        fs::rename(memo, &elsewhere).unwrap();
        symlink(elsewhere, memo).unwrap();
    });
    check_disbelief("in a linked directory", |_, memo| link_away(memo.parent().unwrap()));
    check_disbelief("below a linked directory", |_, memo| link_away(memo.parent().unwrap().parent().unwrap()));
    check_disbelief("in a directory that is open to all", |_, memo| mode(memo.parent().unwrap(), 0o777));
    check_disbelief("another user's", |world, memo| world.give_away(memo));
    check_disbelief("another user's directory", |world, memo| world.give_away(memo.parent().unwrap()));
    check_disbelief("a pipe", |_, memo| {
        fs::remove_file(memo).unwrap();
        nix::unistd::mkfifo(memo, nix::sys::stat::Mode::from_bits_truncate(0o600)).unwrap();
    });
    check_disbelief("a directory", |_, memo| {
        fs::remove_file(memo).unwrap();
        fs::create_dir(memo).unwrap();
    });
    check_disbelief("of another program", |world, _| world.upgrade());
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn link_away(directory: &Path) {
    let elsewhere = directory.with_file_name("elsewhere");
    fs::rename(directory, &elsewhere).unwrap();
    symlink(elsewhere, directory).unwrap();
}

/// No process, no lock, nothing written: what the kernel sees of a warm call.
#[test]
fn a_warm_call_only_looks() {
    let world = World::new();
    for call in CALLS {
        world.warm_up(call);
        let trace = world.trace(call);
        for never in
            ["execve(", "clone", "fork", "F_SETLK", "flock", "socket(", "unlink", "rename", "mkdir", "-journal"]
        {
            let found: Vec<&str> = trace.iter().filter(|line| line.contains(never)).map(String::as_str).collect();
            // The call itself is started once.
            let allowed = usize::from(never == "execve(");
            assert!(found.len() <= allowed, "{call:?}: {found:?}");
        }
        let writes: Vec<_> = trace.iter().filter(|line| line.starts_with("write(")).collect();
        let descriptors_apart = |line: &&&String| !line.starts_with("write(1,") && !line.starts_with("write(2,");
        assert_eq!(writes.iter().filter(descriptors_apart).count(), 0, "{call:?}: {writes:?}");
        let opened_to_write = trace.iter().find(|line| line.contains("O_WRONLY") || line.contains("O_RDWR"));
        assert_eq!(opened_to_write, None, "{call:?}");
        assert!(trace.len() < 100, "{call:?} makes {} calls of the system", trace.len());
    }
}

/// A file that was changed a moment ago may be changed again under the same stamp, so nothing is kept yet.
#[test]
fn two_edits_within_a_tick_of_the_clock() {
    let mut world = World::new();
    world.warm_up(EXPORT);
    for round in 0..30_u16 {
        // Same size, same place, and with luck the same time of change; what is in between is what a memo could keep.
        world.edit_in_place(round % 2);
        world.run(EXPORT);
        world.edit_in_place(1 - round % 2);
        world.check(EXPORT, &[Change::EditCompose]);
    }
}

/// Cron's prune keeps the cache from growing for ever.
#[test]
fn prune_removes_memos_that_nobody_uses() {
    let (world, memo) = world_with_a_memo();
    let old = fs::File::options().write(true).open(&memo).unwrap();
    let week = std::time::Duration::from_secs(8 * 24 * 60 * 60);
    old.set_modified(std::time::SystemTime::now() - week).unwrap();
    world.run(&["prune", "--dry-run"]);
    assert!(memo.exists(), "a dry run removes nothing");
    world.run(&["prune", "--yes"]);
    assert!(!memo.exists());
}

/// Used every day from memos alone, a context must not look unused: once a day the slow door takes the call.
#[test]
fn the_time_of_last_use_is_refreshed_once_a_day() {
    let world = World::new();
    world.age_to_a_day_but(3);
    let old = world.used_at();
    world.warm_up(EXPORT);
    assert_eq!(world.used_at(), old, "not yet a day");
    await_true("the time of last use is that of a call", || {
        world.run(EXPORT);
        world.used_at() > old
    });
    world.warm_up(EXPORT);
}

/// A compose file may ask for a password; the cache is no place for it.
#[test]
fn no_value_of_the_environment_is_written_down() {
    let mut world = World::new();
    world.set("SECRET", "hunter2");
    world.set("COMPOSE_PROFILES", "hunter3");
    world.ask_for("SECRET");
    world.warm_up(EXPORT);
    for memo in world.memos() {
        let memo = fs::read(memo).unwrap();
        let memo = String::from_utf8_lossy(&memo);
        assert!(memo.contains("SECRET") && memo.contains("COMPOSE_PROFILES"), "they are asked for");
        assert!(!memo.contains("hunter"));
    }
}
