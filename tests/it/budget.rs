//! What the slow ways may cost: the whole process against `/bin/true`, one run after the other on the same machine. The
//! program is measured as it is released, and its registry lies in memory: a disk's `fsync` is no matter of ours.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::sandbox::Sandbox;
use crate::speed::released;

/// Runs of each program in one comparison.
const RUNS: usize = 40;

/// Comparisons, of which the best counts: other work on the machine only ever adds to it.
const TRIES: usize = 8;

const COMPOSE: &str = "services:
  db: {image: postgres:17, ports: [\"${PG_PORT:-5432}:5432\"]}
  cache: {image: redis:7, ports: [\"${REDIS_PORT:-6379}:6379\"]}
  web: {image: nginx, ports: [\"8080:80\"]}
  mail: {image: mailpit, ports: [\"${MAIL_PORT:-8025}:8025\"]}
  mq: {image: rabbitmq:4, ports: [\"5672:5672\"]}
";

/// A checkout with five services, and a data directory in memory.
struct Bench {
    sandbox: Sandbox,
    project: PathBuf,
    data: tempfile::TempDir,
}

impl Bench {
    fn new() -> Bench {
        let mut sandbox = Sandbox::new();
        let project = sandbox.repository("shop", "https://host.test/shop.git");
        sandbox.write(project.join("compose.yaml"), COMPOSE);
        let data = tempfile::tempdir_in("/dev/shm").unwrap();
        sandbox.set("XDG_DATA_HOME", data.path());
        Bench { sandbox, project, data }
    }

    fn registry(&self) -> PathBuf {
        self.data.path().join("gantry/registry.db")
    }

    fn gantry(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(released().to_str().unwrap(), &self.project);
        command.args(arguments);
        command
    }

    /// Puts a copy of the file where the registry lies.
    fn put_registry(&self, file: &Path) {
        fs::create_dir_all(self.registry().parent().unwrap()).unwrap();
        fs::copy(file, self.registry()).unwrap();
        fs::set_permissions(self.registry(), fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// A registry in which `ports` are held, by fives.
    fn registry_with(&self, ports: std::ops::Range<u32>) -> PathBuf {
        let path = self.data.path().join(format!("{}-{}.db", ports.start, ports.end));
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/registry/v1.sql");
        let database = Connection::open(&path).unwrap();
        database.execute_batch(&fs::read_to_string(script).unwrap()).unwrap();
        let rows =
            format!("WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < {})", ports.len());
        let sql = format!(
            "BEGIN; DELETE FROM contexts; DELETE FROM allocations; DELETE FROM fixed_names; DELETE FROM reserves;
             {rows} INSERT INTO contexts (id, hash, identity, path, label, project_name, created_at, used_at)
             SELECT n, n, CAST('r' || n AS BLOB), CAST('/r' || n AS BLOB), 'r' || n, 'r' || n, 1, 1 FROM n WHERE n % 5 = 0;
             {rows} INSERT INTO allocations
                (context_id, service, container_port, protocol, ordinal, kind, port, variable, created_at)
             SELECT n - n % 5, 's' || n, 80, 'tcp', 0, 'default', {} + n, 'S' || n, 1 FROM n; COMMIT",
            ports.start,
        );
        database.execute_batch(&sql).unwrap();
        drop(database);
        // Brought up to date: that is done once, and not what is measured.
        self.put_registry(&path);
        self.sandbox.run(&mut self.gantry(&["status", "--all"])).require_success();
        fs::copy(self.registry(), &path).unwrap();
        path
    }
}

fn time(command: &mut Command) -> Duration {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    assert!(command.status().unwrap().success(), "{command:?}");
    start.elapsed()
}

/// The median of one against the median of the other, one run after the other; at most `budget` in one of the tries.
#[track_caller]
fn check(budget: f64, mut one: impl FnMut() -> Duration, mut other: impl FnMut() -> Duration) {
    let ratio = |_| {
        let (mut ones, mut others): (Vec<_>, Vec<_>) = (0..RUNS).map(|_| (one(), other())).unzip();
        ones.sort_unstable();
        others.sort_unstable();
        ones[RUNS / 2].as_secs_f64() / others[RUNS / 2].as_secs_f64()
    };
    let tries: Vec<f64> = (0..TRIES).map(ratio).take_while(|ratio| *ratio > budget).collect();
    assert!(tries.len() < TRIES, "{tries:.2?} of at most {budget}");
}

fn time_true() -> Duration {
    time(Command::new("/bin/true").env_clear())
}

#[test]
fn a_first_booking_of_five_services_in_eight_times_nothing() {
    let bench = Bench::new();
    let book = || {
        let _ = fs::remove_dir_all(bench.registry().parent().unwrap());
        time(&mut bench.gantry(&["export", "--auto"]))
    };
    check(8.0, book, time_true);
}

#[test]
fn the_slow_way_with_nothing_changed_in_five_times_nothing() {
    let bench = Bench::new();
    let export = || time(&mut bench.gantry(&["export", "--auto", "--no-remap"]));
    check(5.0, export, time_true);
}

#[test]
fn help_in_three_times_nothing() {
    let bench = Bench::new();
    check(3.0, || time(&mut bench.gantry(&["--help"])), time_true);
}

#[test]
fn forty_thousand_held_ports_cost_a_new_context_no_more_than_twice_what_ten_do() {
    let bench = Bench::new();
    let few = bench.registry_with(20_000..20_010);
    // Beside the ranges; all of every range but five ports; and about as many as are still looked at whole.
    for many in [20_000..60_000, 5000..19_995, 20_000..20_600] {
        let many = bench.registry_with(many);
        let book = |file: &Path| {
            bench.put_registry(file);
            time(&mut bench.gantry(&["export", "--auto", "--no-remap"]))
        };
        check(2.0, || book(&many), || book(&few));
    }
}
