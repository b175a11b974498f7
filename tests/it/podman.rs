//! Projects on the real Podman, by podman-compose, while Docker answers too.

use std::path::PathBuf;

use serde_json::Value;

use crate::engine::{fetch, require_engine};
use crate::ports::{Block, Foreign, is_free};
use crate::sandbox::{Output, Sandbox, await_true};

/// A project that fixes its port and its container's name. The server ignores SIGTERM, so it is killed at once.
fn compose_file(name: &str, port: u16) -> String {
    format!(
        "services:
  web:
    image: gantry-test/httpd
    container_name: {name}_web
    stop_signal: SIGKILL
    ports: [\"127.0.0.1:{port}:80\"]
    volumes: [\"data:/data\"]
  worker:
    image: gantry-test/httpd
    stop_signal: SIGKILL
volumes:
  data:
"
    )
}

/// A checkout of which nothing is left in Podman when it is dropped.
struct Checkout<'a> {
    sandbox: &'a Sandbox,
    path: PathBuf,
}

impl<'a> Checkout<'a> {
    /// A repository of a name that no other test has, for its port is its own.
    fn new(sandbox: &'a Sandbox, block: &Block, compose: &str) -> Checkout<'a> {
        require_podman();
        let name = format!("pod{}", block.start);
        let path = sandbox.repository(&name, &format!("git@example.com:test/{name}.git"));
        sandbox.write(path.join("compose.yaml"), compose);
        Checkout { sandbox, path }
    }

    fn gantry(&self, arguments: &[&str]) -> Output {
        self.sandbox.gantry(&self.path, arguments)
    }

    #[track_caller]
    fn up(&self) {
        self.gantry(&["start", "--engine", "podman"]).require_success();
    }

    /// What `gantry ps` says, of whichever engine.
    #[track_caller]
    fn ps(&self) -> Value {
        self.gantry(&["ps", "--json"]).json()
    }

    /// Each container: service, number and state, with the exit code where it has ended.
    #[track_caller]
    fn states(&self) -> Vec<String> {
        let ps = self.ps();
        let state = |it: &Value| {
            let code = it["exit_code"].as_i64().map(|code| format!(" {code}")).unwrap_or_default();
            format!("{}-{} {}{code}", it["service"].as_str().unwrap(), it["number"], it["state"].as_str().unwrap())
        };
        ps["containers"].as_array().unwrap().iter().map(state).collect()
    }

    /// The identities of a service's containers, as Podman has them.
    fn ids(&self, service: &str) -> String {
        let name = self.name();
        self.podman(&format!(
            "ps --all --quiet --no-trunc --filter label=com.docker.compose.project={name} \
             --filter label=com.docker.compose.service={service}"
        ))
    }

    fn name(&self) -> String {
        let exported = self.gantry(&["export", "--auto", "--format", "json"]).json();
        exported["COMPOSE_PROJECT_NAME"].as_str().unwrap().to_owned()
    }

    fn podman(&self, arguments: &str) -> String {
        let home = self.sandbox.path("home");
        self.sandbox.script("bash", &home, &format!("podman {arguments}")).require_success().stdout
    }

    #[track_caller]
    fn port(&self) -> u16 {
        self.gantry(&["get", "web", "-q"]).require_success().stdout.trim().parse().unwrap()
    }

    /// Containers, networks, volumes and pods that go by the project's name.
    fn left(&self) -> String {
        let name = self.name();
        let lists = [("ps --all", "Names"), ("network ls", "Name"), ("volume ls", "Name"), ("pod ps", "Name")];
        let all: String =
            lists.map(|(list, field)| self.podman(&format!("{list} --format '{{{{.{field}}}}}'"))).concat();
        all.lines().filter(|line| line.contains(&name)).collect::<Vec<_>>().join(" ")
    }
}

impl Drop for Checkout<'_> {
    fn drop(&mut self) {
        if self.path.exists() {
            self.gantry(&["down", "--engine", "podman", "--timeout", "0", "--volumes", "--yes", "--no-hooks"]);
        }
    }
}

/// Fails where no Podman was set up for the tests.
pub fn require_podman() {
    require_engine();
    let settings = std::env::var_os("CONTAINERS_STORAGE_CONF");
    assert!(settings.is_some(), "no Podman of the tests' own: CONTAINERS_STORAGE_CONF is not set. Run `tests/run`");
}

#[track_caller]
fn await_page(port: u16) {
    await_true(&format!("the page on port {port}"), || fetch(port).is_ok_and(|it| it.contains("gantry test page")));
}

#[test]
fn two_clones_side_by_side() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let name = format!("pod{}", block.start);
    let one = Checkout::new(&sandbox, &block, &compose_file(&name, block.port(0)));
    sandbox.git(&one.path, ["add", "."]);
    sandbox.git(&one.path, ["commit", "--quiet", "-m", "compose"]);
    let two = Checkout { sandbox: &sandbox, path: sandbox.clone_of(&one.path, "two") };
    sandbox.git(&two.path, ["remote", "set-url", "origin", &format!("git@example.com:test/{name}.git")]);
    sandbox.write(two.path.join("gantry.yml"), "engine: podman\n");

    one.up();
    two.gantry(&["start"]).require_success();
    assert_eq!(one.port(), block.port(0));
    assert_ne!(two.port(), block.port(0));
    [&one, &two].iter().for_each(|it| await_page(it.port()));
    let ps = one.ps();
    assert_eq!(ps["engine"], "podman", "Docker answers too, and has none of them");
    let web = &ps["containers"][0];
    assert_eq!((web["name"].as_str(), &web["health"]), (Some(&*format!("{name}_web")), &Value::Null));
    let published = &web["ports"][0];
    assert_eq!(
        (published["port"].as_u64(), published["host_ip"].as_str()),
        (Some(block.port(0).into()), Some("127.0.0.1"))
    );
    let renamed = format!("{}_web_1", two.name());
    assert_eq!(two.ps()["containers"][0]["name"], renamed, "the name that the file fixes is the first checkout's");

    two.gantry(&["down", "--timeout", "0", "--volumes", "--yes"]).require_success();
    assert_eq!(two.left(), "");
    await_page(one.port());
    one.gantry(&["down", "--timeout", "0", "--volumes", "--yes"]).require_success();
    assert_eq!(one.left(), "");
    await_true("the port is free", || is_free(block.port(0)));
}

#[test]
fn scaled_and_stopped_and_started_again() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let project = Checkout::new(&sandbox, &block, &compose_file(&format!("pod{}", block.start), block.port(0)));
    project.up();
    let workers = |number: &str| {
        project.gantry(&["scale", &format!("worker={number}")]).require_success();
        project.states()
    };
    let three = ["web-1 running", "worker-1 running", "worker-2 running", "worker-3 running"];
    assert_eq!(workers("3"), three);
    assert_eq!(workers("2"), three[..3], "podman-compose takes none away");
    assert_eq!(workers("0"), three[..1], "podman-compose cannot count to nought");
    assert_eq!(workers("3"), three);

    project.gantry(&["stop", "--timeout", "0"]).require_success();
    assert_eq!(project.states(), three.map(|state| state.replace("running", "exited 137")));
    assert_eq!(project.ps()["containers"][0]["ports"], Value::Array(Vec::new()));
    project.gantry(&["start"]).require_success();
    assert_eq!(project.states(), three[..2], "it is on Podman, so it starts there, and as the file says");

    let killed = project.ids("worker");
    project.podman(&format!("kill {killed}"));
    await_true("the worker has ended", || project.states() == ["web-1 running", "worker-1 exited 137"]);
    let status = project.gantry(&["exec", "web", "sh", "-c", "echo $0 >&2; exit 7"]);
    assert_eq!((status.status, status.stderr.as_str()), (7, "sh\n"));

    // Nothing can be read any more, and the engine still knows what is to go.
    std::fs::remove_file(project.path.join("compose.yaml")).unwrap();
    project.gantry(&["down", "--timeout", "0", "--volumes", "--yes"]).require_success();
    assert_eq!(project.left(), "");
}

/// podman-compose itself would remove all three at `up --remove-orphans`, and start none.
#[test]
fn a_changed_service_and_one_that_is_gone() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let services = |names: &[&str], value: &str| {
        let each = |name: &&str| {
            let value = if *name == "changed" { value } else { "same" };
            format!("  {name}: {{ image: gantry-test/httpd, stop_signal: SIGKILL, environment: {{ A: {value} }} }}\n")
        };
        let rare = "  rare: { image: gantry-test/httpd, stop_signal: SIGKILL, profiles: [later] }\n";
        format!("services:\n{rare}{}", names.iter().map(each).collect::<String>())
    };
    let project = Checkout::new(&sandbox, &block, &services(&["changed", "gone", "kept"], "old"));
    let mut start = sandbox.command("gantry", &project.path);
    sandbox.run(start.args(["start", "--engine", "podman"]).env("COMPOSE_PROFILES", "later")).require_success();
    let before = ["changed", "kept", "rare"].map(|service| project.ids(service));
    sandbox.write(project.path.join("compose.yaml"), services(&["changed", "kept"], "new"));
    project.up();
    assert_eq!(project.states(), ["changed-1 running", "kept-1 running", "rare-1 running"]);
    let after = ["changed", "kept", "rare"].map(|service| project.ids(service));
    assert_eq!(before[1..], after[1..], "what has not changed runs on, and a profile's service is no orphan");
    assert_ne!(before[0], after[0]);
}

#[test]
fn a_port_of_podmans_is_taken_on_either_engine() {
    let (sandbox, block, other) = (Sandbox::new(), Block::take(), Block::take());
    let holder = Checkout::new(&sandbox, &block, &compose_file(&format!("pod{}", block.start), block.port(0)));
    sandbox.gantry(&holder.path, ["register", "--hostname", "holder"]).require_success();
    holder.up();
    let wants = Checkout::new(&sandbox, &other, &compose_file(&format!("pod{}", other.start), block.port(0)));
    sandbox.write(wants.path.join("gantry.yml"), "remap: never\n");
    for engine in ["docker", "podman"] {
        let refused = wants.gantry(&["start", "--engine", engine]);
        let told = format!(
            "port {}/tcp of web ([SANDBOX]/pod{}/compose.yaml:6) is held by the container of web of holder",
            block.port(0),
            other.start
        );
        assert!(refused.stderr.contains(&told) && refused.stderr.contains("`gantry stop holder"), "{refused:?}");
        assert_eq!(refused.status, 4, "{refused:?}");
    }
    assert_eq!(wants.left(), "");
}

/// What is taken between gantry's look and Podman's start, podman-compose tells in its exit status.
#[test]
fn a_port_that_a_process_has() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let project = Checkout::new(&sandbox, &block, &compose_file(&format!("pod{}", block.start), block.port(0)));
    sandbox.write(project.path.join("gantry.yml"), "remap: never\n");
    project.gantry(&["export", "--auto"]).require_success();
    let foreign = Foreign::listen(block.port(0));
    let forced = project.gantry(&["start", "--engine", "podman", "--force"]);
    let told = format!("is held by busybox (pid {})", foreign.pid());
    assert!(forced.stderr.contains(&told), "{forced:?}");
    assert_eq!(forced.status, 4, "{forced:?}");
    assert_eq!(project.states(), ["web-1 created", "worker-1 running"]);
}

/// Without systemd nobody else runs the checks; with it, gantry finds that they were run.
#[test]
fn health_checks_are_run_while_gantry_waits() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let service = |name: &str, check: &str| {
        format!(
            "  {name}:\n    image: gantry-test/httpd\n    stop_signal: SIGKILL\n    healthcheck: {{ test: [CMD, \
             /bin/busybox, {check}], interval: 1s, retries: 1 }}\n"
        )
    };
    let well = format!("services:\n{}", service("well", "'true'"));
    let project = Checkout::new(&sandbox, &block, &well);
    project.up();
    assert_eq!(project.ps()["containers"][0]["health"], "healthy");
    sandbox.write(project.path.join("compose.yaml"), well + &service("ill", "'false'"));
    let ill = project.gantry(&["start", "--engine", "podman", "--timeout", "8"]);
    assert!(ill.stderr.contains("not up within 8 seconds: ill, unhealthy"), "{ill:?}");
    assert_eq!(ill.status, 1);
}
