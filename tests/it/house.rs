//! The house stands as the crate doc of `src/main.rs` draws it: every room is on a floor, imports go down the floors
//! and in no circle, and every outside crate has one owner.

mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use paths::Names;

/// An outside crate and the only room that names it.
const OWNERS: [(&str, &str); 22] = [
    ("clap", "cli"),
    ("clap_complete", "cli"),
    ("clap_mangen", "cli"),
    ("directories", "sys"),
    ("git2", "context"),
    ("indicatif", "cli"),
    ("inquire", "cli"),
    ("jiff", "sys"),
    ("listeners", "listeners"),
    ("md5", "context"),
    ("nix", "sys"),
    ("regex", "logs"),
    ("regex_syntax", "logs"),
    ("rusqlite", "registry"),
    ("rustls", "certs"),
    ("serde_yaml", "yaml"),
    ("signal_hook", "sys"),
    ("simple_dns", "dns"),
    ("tabled", "cli"),
    ("tempfile", "sys"),
    ("ureq", "health"),
    ("x509_parser", "certs"),
];

/// A source and its path below `src`.
type Source = (String, String);

#[test]
fn the_sources_keep_the_rules() {
    let mut sources = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    collect(&root, &root, &mut sources);
    let drawing = fs::read_to_string(root.join("main.rs")).unwrap();
    assert_eq!(broken_rules(&drawing, &sources).join("\n"), "");
}

fn collect(root: &Path, directory: &Path, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            sources.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    sources.sort();
}

/// Every broken rule, as a sentence.
fn broken_rules(drawing: &str, sources: &[Source]) -> Vec<String> {
    let floors = floors(drawing);
    let floor_of = |room: &str| floors.get(room).copied();
    let present: BTreeSet<&str> = sources.iter().map(|(path, _)| room_of(path)).collect();
    let absent = floors.keys().filter(|room| !present.contains(room.as_str()));
    let mut broken: Vec<String> = absent.map(|room| format!("{room} is drawn in main.rs, but is not there")).collect();
    let mut neighbours: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let only_tests = files_of_tests(sources);
    for (path, text) in sources {
        let room = room_of(path);
        let Some(floor) = floor_of(room) else {
            broken.push(format!("{path}: main.rs draws no room {room}"));
            continue;
        };
        let names = Names::read(text, depth_of(path));
        // Tests may use what they need, but they look up the floors no more than the room that they test.
        for (name, owner) in OWNERS.iter().filter(|_| !only_tests.contains(path)) {
            if room != *owner && names.outside.contains(*name) {
                broken.push(format!("{path}: names the crate {name}, which belongs to {owner}"));
            }
        }
        for other in names.rooms.iter().filter(|other| *other != room) {
            match floor_of(other) {
                None => broken.push(format!("{path}: imports {other}, which is no room")),
                Some(above) if above > floor => broken.push(format!("{path}: imports {other}, a floor above {room}")),
                Some(same) if same == floor => drop(neighbours.entry(room).or_default().insert(other.clone())),
                Some(_) => {}
            }
        }
    }
    broken.extend(circles(&neighbours));
    broken
}

/// The files that a `#[cfg(test)] mod name;` stands for.
fn files_of_tests(sources: &[Source]) -> BTreeSet<String> {
    let declared = |(path, text): &Source| -> Vec<String> {
        let folder = path.trim_end_matches(".rs").trim_end_matches("mod").trim_end_matches("main");
        let modules = text.split("#[cfg(test)]\nmod ").skip(1).filter_map(|rest| rest.split_once([';', ' ']));
        modules
            .map(|(name, _)| format!("{}/{name}.rs", folder.trim_end_matches('/')).trim_start_matches('/').to_owned())
            .collect()
    };
    sources.iter().flat_map(declared).collect()
}

/// `registry/table.rs` and `registry.rs` both lie in the room `registry`.
fn room_of(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap()
}

/// The floor of each room in a drawing whose lines read `2  memory  registry/  memo.rs (what it is)`.
fn floors(drawing: &str) -> BTreeMap<String, usize> {
    let mut floors = BTreeMap::from([("main".to_owned(), usize::MAX)]);
    for line in drawing.lines() {
        let mut words = line.trim_start_matches("//!").split_whitespace();
        let Some(Ok(floor)) = words.next().map(str::parse) else { continue };
        let rooms = words.filter_map(|word| word.strip_suffix('/').or(word.strip_suffix(".rs")));
        floors.extend(rooms.map(|room| (room.to_owned(), floor)));
    }
    floors
}

/// How many modules the file's own lies below the crate's root.
fn depth_of(path: &str) -> usize {
    match path.strip_suffix("/mod.rs") {
        Some(folder) => folder.split('/').count(),
        None if path == "main.rs" => 0,
        None => path.split('/').count(),
    }
}

/// Rooms that reach themselves through rooms of their own floor.
fn circles(neighbours: &BTreeMap<&str, BTreeSet<String>>) -> Vec<String> {
    let reaches_itself = |room: &&&str| {
        let mut open: Vec<&str> = vec![room];
        let mut seen = BTreeSet::new();
        while let Some(next) = open.pop().and_then(|room| neighbours.get(room)) {
            open.extend(next.iter().map(String::as_str).filter(|room| seen.insert(*room)));
        }
        seen.contains(**room)
    };
    let rooms: Vec<&str> = neighbours.keys().filter(reaches_itself).copied().collect();
    if rooms.is_empty() { Vec::new() } else { vec![format!("a circle of imports among {}", rooms.join(", "))] }
}

#[test]
fn a_broken_rule_is_seen() {
    const DRAWING: &str = "\
        //! 5  faces    cli/\n\
        //! 4  verbs    resolve/  prune.rs\n\
        //! 3  hands    listeners/\n\
        //! 2  memory   registry/  context/  memo.rs (a cache)\n\
        //! 1  craft    shell/  compose/  config.rs  yaml.rs\n\
        //! 0  ground   model/ (plain words)  sys/ (doors: processes, files)\n";
    let check = |sources: &[(&str, &str)], expected: &[&str]| {
        let mut sources: Vec<Source> =
            sources.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        sources.extend(floors(DRAWING).keys().map(|room| (format!("{room}.rs"), String::new())));
        assert_eq!(broken_rules(DRAWING, &sources), expected, "{sources:?}");
    };
    check(
        &[("cli/get.rs", "use crate::{registry::Registry, sys};"), ("main.rs", "mod cli; fn f() { cli::run() }")],
        &[],
    );
    check(&[("compose/mod.rs", "use crate::yaml;"), ("yaml.rs", "use serde_yaml::Tagged;")], &[]);
    check(
        &[("registry/table.rs", "fn f() { crate::cli::print(); }")],
        &["registry/table.rs: imports cli, a floor above registry"],
    );
    check(&[("sys/env.rs", "use super::super::memo::Memo;")], &["sys/env.rs: imports memo, a floor above sys"]);
    check(&[("model/mod.rs", "use super::shell;")], &["model/mod.rs: imports shell, a floor above model"]);
    check(
        &[("utils.rs", ""), ("cli/mod.rs", "use crate::helpers::tidy;")],
        &["utils.rs: main.rs draws no room utils", "cli/mod.rs: imports helpers, which is no room"],
    );
    check(
        &[
            ("yaml.rs", "use crate::compose;"),
            ("compose/a.rs", "use crate::config;"),
            ("config.rs", "crate::yaml::f()"),
        ],
        &["a circle of imports among compose, config, yaml"],
    );
    check(
        &[("resolve/mod.rs", "use rusqlite::Connection;"), ("registry/mod.rs", "use rusqlite::Connection;")],
        &["resolve/mod.rs: names the crate rusqlite, which belongs to registry"],
    );
    check(
        &[
            ("cli/which.rs", "use crate::listeners; fn f() { listeners::all() }"),
            ("prune.rs", "fn f() { listeners::all() }"),
        ],
        &["prune.rs: names the crate listeners, which belongs to listeners"],
    );
    let main = ("main.rs".to_owned(), String::new());
    assert_eq!(broken_rules("//! 0  ground  sys/", &[main]), ["sys is drawn in main.rs, but is not there"]);
}
