//! The registry as a file: made, migrated, refused.
#![allow(clippy::disallowed_methods, reason = "the tests make files that are wrong on purpose")]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::model::{ComposeProjectName, Context, ContextHash, Port, PortRange, PortSet, Protocol, ServiceName};

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn context(root: &Path) -> Context {
    Context {
        identity: b"remote:main".to_vec(),
        root: root.to_owned(),
        label: "repo/main".to_owned(),
        remote: Some("remote".to_owned()),
        branch: Some("main".to_owned()),
        subdir: None,
        inputs: Vec::new(),
    }
}

fn book(registry: &mut Registry, port: u16) -> anyhow::Result<()> {
    let name = ComposeProjectName::new("repo-main").expect("valid");
    registry.write(|writer| {
        if contexts::find(writer, b"remote:main", Path::new("/a"))?.is_none() {
            contexts::insert(writer, &context(Path::new("/a")), &ContextHash::from_digits("abc"), &name, 1)?;
        }
        let row = contexts::find(writer, b"remote:main", Path::new("/a"))?.expect("just inserted");
        let new = allocations::NewAllocation {
            context_id: row.id,
            service: &ServiceName::new(format!("s{port}")),
            container_port: None,
            protocol: Protocol::Tcp,
            ordinal: 0,
            kind: "default",
            port: Port::new(port).expect("not 0"),
            variable: None,
        };
        Ok(allocations::insert(writer, &new, 1)?)
    })
}

#[test]
fn a_new_registry_is_private_and_keeps_what_it_is_told() {
    let home = directory();
    let path = home.path().join("data/gantry/registry.db");
    assert!(Registry::open_existing(&path).expect("readable").is_none());
    let mut registry = Registry::open(&path).expect("made");
    book(&mut registry, 5432).expect("booked");
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(path.parent().expect("a parent"))), (0o600, 0o700));
    let again = Registry::open_existing(&path).expect("readable").expect("there");
    let held = again.read(|reader| allocations::of_port(reader, Port::new(5432).expect("not 0"))).expect("read");
    assert_eq!(held.map(|held| held.service), Some(ServiceName::new("s5432")));
}

#[test]
fn a_port_is_held_once_and_a_failed_transaction_leaves_nothing() {
    let home = directory();
    let path = home.path().join("registry.db");
    let mut registry = Registry::open(&path).expect("made");
    book(&mut registry, 5432).expect("booked");
    assert!(book(&mut registry, 5432).is_err());
    let failed: anyhow::Result<()> = registry.write(|writer| {
        writer.execute("DELETE FROM contexts", ())?;
        anyhow::bail!("no")
    });
    assert!(failed.is_err());
    assert_eq!(registry.read(contexts::all).expect("read").len(), 1);
}

#[test]
fn a_new_registry_is_empty_until_something_is_kept_in_it() {
    let home = directory();
    let path = home.path().join("registry.db");
    let (mut first, mut second) = (Registry::open(&path).expect("made"), Registry::open(&path).expect("opened"));
    assert!(first.write(|_| -> anyhow::Result<()> { anyhow::bail!("no") }).is_err());
    assert!(!first.is_readable() && Registry::open_existing(&path).expect("readable").is_none());
    assert_eq!(fs::metadata(&path).expect("there").len(), 0);
    book(&mut first, 5432).expect("booked");
    assert!(first.is_readable());
    book(&mut second, 5433).expect("booked into what the first has made");
    assert_eq!(first.read(allocations::all).expect("read").len(), 2);
}

#[test]
fn held_ports_are_found_in_full_and_in_empty_parts_of_a_range() {
    let home = directory();
    let mut registry = Registry::open(&home.path().join("registry.db")).expect("made");
    book(&mut registry, 5432).expect("booked");
    let expected: Vec<u16> = (10_000..10_600).filter(|port| *port != 10_300).chain([10_999, 65_535]).collect();
    let copy =
        "INSERT INTO allocations (context_id, service, container_port, protocol, ordinal, kind, port, created_at)
                SELECT context_id, ?1, 0, protocol, 0, kind, ?1, 1 FROM allocations WHERE port = 5432";
    let fill = |writer: &Transaction<'_>| {
        expected.iter().try_for_each(|port| writer.execute(copy, [port]).map(drop)).map_err(anyhow::Error::from)
    };
    registry.write(fill).expect("filled");
    for range in ["10000-65535", "10001-10999", "10300", "65535"] {
        let range: PortRange = range.parse().expect("a range");
        let mut held = PortSet::default();
        registry.read(|reader| allocations::ports_in(reader, range, &mut held)).expect("read");
        let within = |port: &u16| Port::new(*port).is_some_and(|port| range.contains(port));
        let found: Vec<u16> = (1..=u16::MAX).filter(|port| held.contains(*port)).collect();
        assert_eq!(found, expected.iter().copied().filter(within).collect::<Vec<_>>(), "{range}");
    }
}

#[test]
fn what_is_not_ours_is_refused_and_left_as_it_was() {
    #[track_caller]
    fn check(prepare: impl Fn(&Path), expected: &str) {
        let home = directory();
        let path = home.path().join("registry.db");
        prepare(&path);
        let before = fs::read(&path).expect("there");
        let error = Registry::open(&path).expect_err("refused");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!(fs::read(&path).expect("there"), before);
    }
    let sql = |sql: &'static str| {
        move |path: &Path| Connection::open(path).and_then(|file| file.execute_batch(sql)).expect("written")
    };
    check(
        |path| fs::write(path, "not a database, but long enough to be read as one".repeat(20)).expect("written"),
        "damaged",
    );
    check(sql("CREATE TABLE notes (x); INSERT INTO notes VALUES (1)"), "another program");
    check(sql("CREATE TABLE notes (x); PRAGMA user_version = 1"), "another program");
    check(sql("CREATE TABLE notes (x); PRAGMA user_version = 99"), "newer gantry (its schema is 99");
}

/// One file for each released schema, as that release left it.
#[test]
fn every_older_schema_is_brought_up_to_date() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/registry");
    for version in 1..=migrations::latest() {
        let home = directory();
        let path = home.path().join("registry.db");
        let fixture = fixtures.join(format!("v{version}.sql"));
        let script = fs::read_to_string(&fixture).unwrap_or_else(|error| panic!("{}: {error}", fixture.display()));
        Connection::open(&path).and_then(|file| file.execute_batch(&script)).expect("loaded");
        let registry = Registry::open(&path).expect("migrated");
        let rows = registry.read(allocations::all).expect("read");
        let ports: Vec<_> = rows.iter().map(|row| (row.service.as_str(), row.port.number())).collect();
        assert_eq!(ports, [("web", 5000), ("postgres", 5432)], "v{version}");
        assert_eq!(registry.read(contexts::all).expect("read")[0].label, "shop/main", "v{version}");
    }
}

#[test]
fn what_was_pruned_comes_back_once() {
    let home = directory();
    let mut registry = Registry::open(&home.path().join("registry.db")).expect("made");
    book(&mut registry, 5432).expect("booked");
    book(&mut registry, 5433).expect("booked");
    let rows = registry.read(allocations::all).expect("read");
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    registry.write(|writer| Ok(pruned::remove(writer, &[rows[0].context_id], &ids)?)).expect("removed");
    assert!(registry.read(contexts::all).expect("read").is_empty());
    let restored = registry.write(|writer| Ok(pruned::restore(writer)?)).expect("restored");
    assert!(restored.len() == 2 && restored.iter().all(|restored| restored.back), "{restored:?}");
    assert_eq!(registry.read(allocations::all).expect("read").len(), 2);
    assert!(registry.write(|writer| Ok(pruned::restore(writer)?)).expect("nothing").is_empty());
}
