//! Ports that a real engine publishes, with the real Compose.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::ports::{Block, is_free};
use crate::sandbox::{Output, Sandbox, await_true};

/// What the image that `tests/run` makes serves on port 80.
const PAGE: &str = "gantry test page";

/// A checkout whose containers are gone when it is dropped.
struct Project<'a> {
    sandbox: &'a Sandbox,
    path: PathBuf,
    name: String,
}

impl<'a> Project<'a> {
    /// A clone whose `web` prefers the port, up and answering on the port that gantry exports.
    fn up(sandbox: &'a Sandbox, preferred: u16) -> Project<'a> {
        let path = clone(sandbox, preferred);
        let name = variable(sandbox, &path, "COMPOSE_PROJECT_NAME");
        let project = Project { sandbox, path, name };
        project.compose("eval \"$(gantry export --auto)\" && docker compose up --detach --quiet-pull");
        project
    }

    fn down(&self) {
        // By name: the checkout may be gone by then.
        let name = &self.name;
        self.compose(&format!("docker compose --project-name {name} down --timeout 1 --remove-orphans"));
    }

    #[track_caller]
    fn compose(&self, script: &str) {
        let directory = if self.path.exists() { &self.path } else { &self.sandbox.path("home") };
        self.sandbox.script("bash", directory, script).require_success();
    }
}

impl Drop for Project<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let script = format!("docker compose --project-name {} down --timeout 1", self.name);
            self.sandbox.script("bash", &self.sandbox.path("home"), &script);
        }
    }
}

/// A sandbox that reaches an engine.
fn sandbox() -> Sandbox {
    require_engine();
    Sandbox::new()
}

/// Fails where no engine was started for the tests.
pub fn require_engine() {
    let engine = std::env::var_os("DOCKER_HOST");
    assert!(engine.is_some(), "no container engine: DOCKER_HOST is not set. Run `tests/run`, which starts one");
}

fn clone(sandbox: &Sandbox, preferred: u16) -> PathBuf {
    // The tests share one engine, and Compose knows projects by their names alone.
    let remote = sandbox.bare_remote(&format!("shop-{preferred}.git"));
    let path = sandbox.clone_of(&remote, &format!("shop-{preferred}"));
    let compose =
        format!("services:\n  web:\n    image: gantry-test/httpd\n    ports: [\"${{WEB_PORT:-{preferred}}}:80\"]\n");
    sandbox.write(path.join("compose.yaml"), compose);
    path
}

fn variable(sandbox: &Sandbox, directory: &Path, name: &str) -> String {
    let exported = sandbox.gantry(directory, ["export", "--auto", "--format", "json"]).json();
    exported[name].as_str().unwrap_or_else(|| panic!("no {name} in {exported}")).to_owned()
}

fn port_of_web(sandbox: &Sandbox, directory: &Path) -> u16 {
    let output = sandbox.gantry(directory, ["get", "web", "-q"]).require_success();
    output.stdout.trim().parse().unwrap()
}

/// The allocations that `status` tells of, of every context, asked outside any project.
fn allocations(sandbox: &Sandbox) -> Vec<Value> {
    let status = sandbox.gantry(&sandbox.path("home"), ["status", "--all", "--live", "--json"]).json();
    status["allocations"].as_array().unwrap().clone()
}

fn prune(sandbox: &Sandbox) -> Output {
    sandbox.gantry(&sandbox.path("home"), ["prune", "--yes"]).require_success()
}

/// Waits until a GET on the port gives the page.
#[track_caller]
fn await_page(port: u16) {
    await_true(&format!("the page on port {port}"), || fetch(port).is_ok_and(|answer| answer.contains(PAGE)));
}

/// What a GET of the root answers.
pub fn fetch(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

#[test]
fn the_number_stays_when_the_service_comes_up() {
    let (sandbox, block) = (sandbox(), Block::take());
    let project = Project::up(&sandbox, block.port(0));
    let port = port_of_web(&sandbox, &project.path);
    assert_eq!(port.to_string(), variable(&sandbox, &project.path, "WEB_PORT"));
    assert_eq!(port, block.port(0), "the compose file's own port is free");
    await_page(port);
    assert_eq!(port_of_web(&sandbox, &project.path), port, "it listens now, and is still this checkout's");

    let status = sandbox.gantry(&project.path, ["status", "--live", "--json"]).json();
    let web = &status["allocations"][0];
    assert_eq!((web["service"].as_str(), web["state"].as_str()), (Some("web"), Some("listening")), "{status}");
    project.down();
    await_true("the port is free again", || is_free(port));
    assert_eq!(port_of_web(&sandbox, &project.path), port, "down gives nothing back");
}

#[test]
fn prune_keeps_what_listens() {
    let (sandbox, block) = (sandbox(), Block::take());
    let project = Project::up(&sandbox, block.port(0));
    let port = port_of_web(&sandbox, &project.path);
    await_page(port);
    std::fs::remove_dir_all(&project.path).unwrap();

    prune(&sandbox);
    assert_eq!(allocations(&sandbox).len(), 1, "its checkout is gone, but it serves");
    await_page(port);
    project.down();
    await_true("the port is free again", || is_free(port));
    prune(&sandbox);
    assert_eq!(allocations(&sandbox), Vec::<Value>::new());
}
