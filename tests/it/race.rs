//! Many processes at once, and processes that are stopped in the middle.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rusqlite::Connection;

use crate::sandbox::{Output, Sandbox, await_some};

const SERVICES: &str = "services:\n  db: {image: x, ports: [\"5432\"]}\n  web: {image: x, ports: [\"80\"]}\n  mq: {image: x, ports: [\"5672\"]}\n";

/// Directories that are contexts of their own, each with three services.
fn projects(sandbox: &Sandbox, count: usize) -> Vec<PathBuf> {
    let project = |number| {
        let directory = sandbox.directory(format!("project{number}"));
        sandbox.write(directory.join("compose.yaml"), SERVICES);
        directory
    };
    (0..count).map(project).collect()
}

/// Runs gantry in every directory at the same moment.
fn at_once(sandbox: &Sandbox, directories: &[&Path], arguments: &[&str]) -> Vec<Output> {
    thread::scope(|scope| {
        let run = |directory| scope.spawn(move || sandbox.gantry(directory, arguments));
        let threads: Vec<_> = directories.iter().copied().map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

/// The ports of an `export`.
fn ports(output: &Output) -> Vec<u16> {
    let value = |line: &str| line.split_once("_PORT=").map(|(_, port)| port.parse().unwrap());
    output.stdout.lines().filter_map(value).collect()
}

/// Sound to SQLite, and no port twice, which the schema holds too.
#[track_caller]
fn require_sound(sandbox: &Sandbox) {
    let registry = Connection::open(sandbox.registry()).unwrap();
    registry.busy_timeout(Duration::from_secs(30)).unwrap();
    let check: String = registry.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let orphans: i64 = registry
        .query_row("SELECT count(*) FROM allocations WHERE context_id NOT IN (SELECT id FROM contexts)", (), |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(orphans, 0);
}

/// The registry does not exist yet when they start.
#[test]
fn sixty_four_contexts_at_once() {
    for _ in 0..3 {
        let sandbox = Sandbox::new();
        let projects = projects(&sandbox, 64);
        let directories: Vec<&Path> = projects.iter().map(PathBuf::as_path).collect();
        let outputs = at_once(&sandbox, &directories, &["export", "--auto"]);
        let mut all = BTreeSet::new();
        for output in &outputs {
            assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output:?}");
            assert_eq!(ports(output).len(), 3, "{output:?}");
            all.extend(ports(output));
        }
        assert_eq!(all.len(), 64 * 3);
        require_sound(&sandbox);
    }
}

#[test]
fn one_context_thirty_two_times_at_once() {
    let sandbox = Sandbox::new();
    let projects = projects(&sandbox, 1);
    let outputs = at_once(&sandbox, &[projects[0].as_path(); 32], &["export", "--auto"]);
    for output in &outputs {
        output.check(&outputs[0].stdout, "", 0);
    }
    assert_eq!(ports(&outputs[0]).len(), 3);
    require_sound(&sandbox);
}

/// Live contexts keep their ports while dead ones come and go around them.
#[test]
fn booking_while_others_prune_release_and_undo() {
    let sandbox = Sandbox::new();
    let (living, dying) = (projects(&sandbox, 6), sandbox.directory("dying"));
    let before: Vec<Output> = living.iter().map(|it| sandbox.gantry(it, ["export", "--auto"])).collect();
    thread::scope(|scope| {
        for work in [["prune", "--yes"], ["prune", "--undo"]] {
            let (sandbox, living) = (&sandbox, &living);
            scope.spawn(move || {
                for _ in 0..20 {
                    let output = sandbox.gantry(&living[0], work);
                    // 3: nothing to put back.
                    assert!([0, 3].contains(&output.status), "{work:?} {output:?}");
                }
            });
        }
        for number in 0..4 {
            let (sandbox, dying) = (&sandbox, dying.join(number.to_string()));
            scope.spawn(move || {
                for _ in 0..10 {
                    sandbox.write(dying.join("compose.yaml"), SERVICES);
                    let booked = sandbox.gantry(&dying, ["export", "--auto"]);
                    assert_eq!((booked.status, ports(&booked).len()), (0, 3), "{booked:?}");
                    let released = sandbox.gantry(&dying, ["release", "db"]);
                    // 3: pruned meanwhile, where the directory was away.
                    assert!([0, 3].contains(&released.status), "{released:?}");
                    fs::remove_dir_all(&dying).unwrap();
                }
            });
        }
    });
    for (project, before) in living.iter().zip(&before) {
        sandbox.gantry(project, ["export", "--auto"]).check(&before.stdout, "", 0);
    }
    require_sound(&sandbox);
}

/// The slower one finds nothing to do, and what the faster one removed can still be put back.
#[test]
fn two_prunes_at_once_leave_something_to_undo() {
    for _ in 0..5 {
        let sandbox = Sandbox::new();
        let projects = projects(&sandbox, 4);
        for project in &projects {
            sandbox.gantry(project, ["export", "--auto"]).require_success();
            fs::remove_dir_all(project).unwrap();
        }
        let home = sandbox.path("home");
        let outputs = at_once(&sandbox, &[home.as_path(); 2], &["prune", "--yes", "--json"]);
        let pruned = |output: &Output| output.json()["pruned"].as_array().unwrap().len();
        assert_eq!(outputs.iter().map(pruned).sum::<usize>(), 12, "{outputs:?}");
        let undone = sandbox.gantry(&home, ["prune", "--undo", "--json"]).json();
        assert_eq!(undone["restored"].as_array().unwrap().len(), 12, "{undone}");
    }
}

/// Starts `export --auto`, stops it by `signal` after `delay`; whether the signal was what ended it.
fn stopped(sandbox: &Sandbox, directory: &Path, signal: Signal, delay: Duration) -> bool {
    use std::os::unix::process::ExitStatusExt;
    let mut command = sandbox.command("gantry", directory);
    command.args(["export", "--auto"]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child: Child = command.spawn().unwrap();
    let started = Instant::now();
    // A moment to hit, not a condition to wait for.
    while started.elapsed() < delay {
        std::hint::spin_loop();
    }
    // It may have ended by itself; it is not waited for yet, so the number is still its own.
    kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
    let status = await_some("the end of a stopped process", || child.try_wait().unwrap());
    assert!(status.success() || status.signal() == Some(signal as i32), "{status:?}");
    status.signal().is_some()
}

#[test]
fn a_process_stopped_at_any_moment_leaves_a_sound_registry() {
    let sandbox = Sandbox::new();
    let projects = projects(&sandbox, 80);
    // The quickest: a delay beyond the end stops nothing, and the first call makes the registry too.
    let whole = projects[..8].iter().map(|project| {
        let started = Instant::now();
        sandbox.gantry(project, ["export", "--auto"]).require_success();
        started.elapsed()
    });
    let whole = whole.min().unwrap();
    let mut stopped_some = 0;
    for (number, project) in projects.iter().enumerate().skip(8) {
        let signal = if number % 2 == 0 { Signal::SIGKILL } else { Signal::SIGINT };
        let delay = whole * u32::try_from(number).unwrap() / 80;
        stopped_some += usize::from(stopped(&sandbox, project, signal, delay));
        require_sound(&sandbox);
    }
    assert!(stopped_some > 20, "only {stopped_some} were stopped before their end");
    let mut all = BTreeSet::new();
    for project in &projects {
        all.extend(ports(&sandbox.gantry(project, ["export", "--auto"]).require_success()));
    }
    assert_eq!(all.len(), 80 * 3);
}

/// The first booking makes the registry as well; what a stopped one leaves is taken for none.
#[test]
fn a_process_stopped_while_it_makes_the_registry() {
    let sandbox = Sandbox::new();
    let project = &projects(&sandbox, 1)[0];
    let forget = || fs::remove_dir_all(sandbox.registry().parent().unwrap());
    let started = Instant::now();
    let expected = sandbox.gantry(project, ["export", "--auto"]).require_success().stdout;
    let whole = started.elapsed();
    for number in 1..60 {
        forget().unwrap();
        stopped(&sandbox, project, Signal::SIGKILL, whole * number / 60);
        sandbox.gantry(project, ["export", "--auto"]).check(&expected, "", 0);
        require_sound(&sandbox);
    }
}

/// A writer that dies in its transaction leaves a hot journal: the next one rolls it back.
#[test]
fn a_hot_journal_is_rolled_back() {
    let sandbox = Sandbox::new();
    let projects = projects(&sandbox, 1);
    let booked = sandbox.gantry(&projects[0], ["export", "--auto"]).require_success();
    let (registry, copy) = (sandbox.registry(), sandbox.path("copy.db"));
    let writer = Connection::open(&registry).unwrap();
    // A cache of one page makes SQLite write into the file before the transaction ends.
    writer.execute_batch("PRAGMA cache_size = 1; BEGIN IMMEDIATE; DELETE FROM allocations").unwrap();
    writer.execute_batch("CREATE TABLE filler (text); INSERT INTO filler VALUES (zeroblob(1000000))").unwrap();
    let journal = |path: &Path| PathBuf::from(format!("{}-journal", path.display()));
    // What a crash would leave: the half-written file and its journal.
    fs::copy(&registry, &copy).unwrap();
    fs::copy(journal(&registry), journal(&copy)).unwrap();
    drop(writer);
    assert!(fs::metadata(&copy).unwrap().len() > fs::metadata(&registry).unwrap().len(), "nothing was half written");
    fs::rename(&copy, &registry).unwrap();
    fs::rename(journal(&copy), journal(&registry)).unwrap();
    sandbox.gantry(&projects[0], ["export", "--auto"]).check(&booked.stdout, "", 0);
    assert!(!journal(&registry).exists());
    require_sound(&sandbox);
}

/// A sibling that has moved takes its hash along; a clone that comes to its former place gets another.
#[test]
fn a_clone_where_a_sibling_was_is_a_context_of_its_own() {
    let sandbox = Sandbox::new();
    let remote = sandbox.bare_remote("shop.git");
    let export = |name: &str| {
        let directory = sandbox.path(name);
        sandbox.write(directory.join("compose.yaml"), SERVICES);
        sandbox.gantry(&directory, ["export", "--auto"]).require_success()
    };
    let clone = |name: &str| {
        sandbox.clone_of(&remote, name);
        export(name)
    };
    let (first, second) = (clone("one"), clone("two"));
    fs::rename(sandbox.path("two"), sandbox.path("moved")).unwrap();
    assert_eq!(export("moved").stdout, second.stdout.replace("[SANDBOX]/two/", "[SANDBOX]/moved/"));
    let third = clone("two");
    let all: BTreeSet<u16> = [&first, &second, &third].into_iter().flat_map(ports).collect();
    assert_eq!(all.len(), 9, "{third:?}");
}

/// A branch called like the name that a sibling's project would get takes that name, and the sibling another.
#[test]
fn a_branch_called_like_a_siblings_project() {
    let sandbox = Sandbox::new();
    let remote = sandbox.bare_remote("shop.git");
    let clone = |name: &str| {
        let directory = sandbox.clone_of(&remote, name);
        sandbox.write(directory.join("compose.yaml"), SERVICES);
        directory
    };
    let name_of = |directory: &Path| {
        let output = sandbox.gantry(directory, ["export", "--auto", "--format", "json"]).json();
        output["COMPOSE_PROJECT_NAME"].as_str().unwrap().to_owned()
    };
    assert_eq!(name_of(&clone("first")), "shop-main");
    let (second, third) = (clone("second"), clone("third"));
    let hash = sandbox.gantry(&second, ["context", "--json"]).json()["hash"].as_str().unwrap().to_owned();
    let branch = format!("main-{}", &hash[..6]);
    sandbox.git(&third, ["switch", "--quiet", "--create", &branch]);
    assert_eq!(name_of(&third), format!("shop-{branch}"));
    assert_eq!(name_of(&second), format!("project-{hash}"));
}
