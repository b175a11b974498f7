//! What `gantry discover` says of a compose file is what `docker compose config` says: on the files of real projects
//! in `tests/corpus`, and on awkward ones in `compose_agreement/cases.txt`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::sandbox::{Output, Sandbox};

const CASES: &str = include_str!("compose_agreement/cases.txt");

/// Compose takes a tenth of a second for a file, and they are hundreds.
const THREADS: usize = 4;

/// A project as text.
struct Case<'a> {
    title: &'a str,
    variables: Vec<(&'a str, &'a str)>,
    /// Path and contents.
    files: Vec<(&'a str, &'a str)>,
}

/// A project on disk.
struct Project<'a> {
    title: String,
    directory: PathBuf,
    variables: Vec<(&'a str, &'a str)>,
}

/// One published container port.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Published {
    service: String,
    host_ip: Option<String>,
    /// The first of a range; `None` where the file leaves it open.
    port: Option<u64>,
    target: u64,
    protocol: String,
}

#[test]
fn on_every_case_of_the_table() {
    let sandbox = Sandbox::new();
    let cases: Vec<Case> = CASES.split("\n### ").skip(1).map(read_case).collect();
    assert!(cases.len() > 200, "{} cases", cases.len());
    let projects = cases.iter().enumerate().map(|(number, case)| {
        let directory = sandbox.directory(format!("case-{number}"));
        for (path, contents) in &case.files {
            sandbox.write(directory.join(path), contents);
        }
        Project { title: case.title.to_owned(), directory, variables: case.variables.clone() }
    });
    assert_eq!(differences(&sandbox, &projects.collect::<Vec<_>>()), "");
}

#[test]
fn on_the_files_of_real_projects() {
    let sandbox = Sandbox::new();
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let directories = fs::read_dir(&corpus).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let projects: Vec<Project> = directories.map(|source| copy_of(&sandbox, &source)).collect();
    assert!(projects.len() > 15, "{} projects in {}", projects.len(), corpus.display());
    assert_eq!(differences(&sandbox, &projects), "");
}

/// The corpus lies in gantry's own repository, where the root of a project without git is something else.
fn copy_of<'a>(sandbox: &Sandbox, source: &Path) -> Project<'a> {
    let title = source.file_name().unwrap().to_str().unwrap().to_owned();
    let directory = sandbox.directory(&title);
    for entry in fs::read_dir(source).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, directory.join(path.file_name().unwrap())).unwrap();
    }
    Project { title, directory, variables: Vec::new() }
}

/// `TITLE | NAME=value NAME=value`, then each file behind a line `== PATH`.
fn read_case(text: &str) -> Case<'_> {
    let (head, body) = text.split_once('\n').unwrap();
    let (title, variables) = head.split_once(" | ").unwrap_or((head, ""));
    let variables = variables.split(' ').filter_map(|pair| pair.split_once('=')).collect();
    let files = body.split("== ").skip(1).map(|file| file.split_once('\n').unwrap()).collect();
    Case { title, variables, files }
}

/// A paragraph for each project on which the two disagree.
fn differences(sandbox: &Sandbox, projects: &[Project]) -> String {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        while let Some(project) = projects.get(next.fetch_add(1, Ordering::Relaxed)) {
            found.extend(difference(sandbox, project).map(|text| format!("{}: {text}\n", project.title)));
        }
        found
    };
    let mut found: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    found.sort();
    found.concat()
}

fn difference(sandbox: &Sandbox, project: &Project) -> Option<String> {
    let ask = |program: &str, arguments: &[&str]| {
        let mut command = sandbox.command(program, &project.directory);
        sandbox.run(command.args(arguments).envs(project.variables.iter().copied()))
    };
    let gantry = ask("gantry", &["discover", "--json"]);
    let compose = ask("docker", &["compose", "config", "--format", "json"]);
    match (gantry.status, compose.status) {
        (0, 0) => {
            let (gantry, compose) = (of_gantry(&gantry), of_compose(&compose));
            let differs = !agree(&gantry, &compose);
            differs.then(|| format!("\n  gantry  {gantry:?}\n  compose {compose:?}"))
        }
        (0, _) => Some(format!("only Compose refuses it: {}", compose.stderr)),
        (_, 0) => Some(format!("only gantry refuses it: {}", gantry.stderr)),
        // The message names the file that is to be mended.
        (1, _) if gantry.stderr.contains("[SANDBOX]/") && gantry.stdout.is_empty() => None,
        _ => Some(format!("gantry fails in another way: {gantry:?}")),
    }
}

fn of_gantry(output: &Output) -> BTreeSet<Published> {
    let answer: Value = serde_json::from_str(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let services = answer["services"].as_array().unwrap().iter();
    services
        .map(|service| Published {
            service: text(&service["service"]).unwrap(),
            host_ip: text(&service["host_ip"]),
            port: service["preferred_port"].as_u64(),
            target: service["container_port"].as_u64().unwrap(),
            protocol: text(&service["protocol"]).unwrap(),
        })
        .collect()
}

fn of_compose(output: &Output) -> BTreeSet<Published> {
    let answer: Value = serde_json::from_str(&output.stdout).unwrap();
    let mut all = BTreeSet::new();
    for (service, description) in answer["services"].as_object().unwrap() {
        for port in description["ports"].as_array().into_iter().flatten() {
            let first = port["published"].as_str().and_then(|text| text.split('-').next());
            all.insert(Published {
                service: service.clone(),
                host_ip: port["host_ip"].as_str().map(str::to_owned),
                port: first.and_then(|text| text.parse().ok()).filter(|port| *port != 0),
                target: port["target"].as_u64().unwrap(),
                protocol: port["protocol"].as_str().unwrap().to_owned(),
            });
        }
    }
    all
}

/// Where a variable has no value, Compose leaves the port open; gantry, which gives it one, prefers the container's.
fn agree(gantry: &BTreeSet<Published>, compose: &BTreeSet<Published>) -> bool {
    let open = |published: &Published| Published { port: None, ..published.clone() };
    let is_in_compose = |published: &Published| {
        compose.contains(published) || (published.port == Some(published.target) && compose.contains(&open(published)))
    };
    let is_in_gantry = |published: &Published| {
        let preferred = Published { port: Some(published.target), ..published.clone() };
        gantry.contains(published) || (published.port.is_none() && gantry.contains(&preferred))
    };
    gantry.iter().all(is_in_compose) && compose.iter().all(is_in_gantry)
}
