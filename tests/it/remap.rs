//! Several checkouts of one project whose compose file fixes everything, side by side and unmodified: with the real
//! Compose, and with the real engine.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::engine::{fetch, require_engine};
use crate::ports::{Block, is_free};
use crate::sandbox::{Sandbox, await_true};

/// A project that fixes its host port, its container's name, and the names of its volume and network.
fn compose_file(name: &str, port: u16) -> String {
    format!(
        "services:
  web:
    image: gantry-test/httpd
    container_name: {name}_web
    ports: [\"{port}:80\"]
    volumes: [\"./www:/www:ro\", \"data:/data\"]
volumes:
  data: {{ name: {name}_data }}
networks:
  default: {{ name: {name}_net }}
"
    )
}

/// A repository with the project in it, as every checkout of it starts.
fn remote(sandbox: &Sandbox, name: &str, port: u16) -> PathBuf {
    let remote = sandbox.bare_remote(&format!("{name}.git"));
    let seed = sandbox.clone_of(&remote, &format!("{name}-seed"));
    sandbox.write(seed.join("compose.yaml"), compose_file(name, port));
    sandbox.git(&seed, ["add", "."]);
    sandbox.git(&seed, ["commit", "--quiet", "-m", "compose"]);
    sandbox.git(&seed, ["push", "--quiet", "origin", "HEAD:main"]);
    std::fs::remove_dir_all(seed).unwrap();
    remote
}

/// A checkout whose containers are gone when it is dropped.
struct Checkout<'a> {
    sandbox: &'a Sandbox,
    path: PathBuf,
    page: String,
}

impl<'a> Checkout<'a> {
    fn new(sandbox: &'a Sandbox, path: PathBuf) -> Checkout<'a> {
        let page = format!("the page of {}", path.file_name().unwrap().display());
        sandbox.write(path.join("www/index.html"), &page);
        Checkout { sandbox, path, page }
    }

    /// Runs what a user types by hand, in a shell that direnv has filled.
    #[track_caller]
    fn type_by_hand(&self, command: &str) -> String {
        let script = format!("eval \"$(gantry export --auto)\" && {command}");
        self.sandbox.script("bash", &self.path, &script).require_success().stdout
    }

    #[track_caller]
    fn port(&self) -> u16 {
        let output = self.sandbox.gantry(&self.path, ["get", "web", "-q"]).require_success();
        output.stdout.trim().parse().unwrap()
    }

    #[track_caller]
    fn await_page(&self) {
        let port = self.port();
        await_true(&format!("{} on port {port}", self.page), || fetch(port).is_ok_and(|it| it.contains(&self.page)));
    }

    /// The containers that `docker compose ps` shows here.
    fn containers(&self) -> Vec<String> {
        let names = self.type_by_hand("docker compose ps --all --format '{{.Name}}'");
        names.lines().map(str::to_owned).collect()
    }

    fn overrides(&self) -> Option<String> {
        let shown = self.sandbox.gantry(&self.path, ["override", "--json"]).json();
        shown["path"].as_str().map(str::to_owned)
    }
}

impl Drop for Checkout<'_> {
    fn drop(&mut self) {
        let script = "eval \"$(gantry export --auto)\" && docker compose down --timeout 1 --volumes";
        if self.path.exists() {
            self.sandbox.script("bash", &self.path, script);
        }
    }
}

/// What `docker compose config` makes of the checkout's files with the exported variables.
fn config(sandbox: &Sandbox, path: &Path) -> Value {
    let script = "eval \"$(gantry export --auto)\" && docker compose config --format json";
    let output = sandbox.script("bash", path, script).require_success();
    serde_json::from_str(&output.stdout).unwrap()
}

#[test]
fn the_first_checkout_notices_nothing() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "first", block.port(0));
    let clone = sandbox.clone_of(&remote, "clone");
    let exported = sandbox.gantry(&clone, ["export", "--auto", "--format", "json"]).json();
    assert_eq!(exported.get("COMPOSE_FILE"), None, "{exported}");
    assert_eq!(exported["WEB_PORT"], block.port(0).to_string());
    assert!(!sandbox.path("home/.local/state/gantry").exists());
    sandbox.gantry(&clone, ["override"]).check(
        "",
        "gantry: no override: the compose file publishes the ports that this context has\n",
        0,
    );
}

#[test]
fn compose_reads_the_override_as_it_is_meant() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let compose = format!(
        "name: fixed
services:
  web:
    image: nginx
    container_name: shop_web
    ports:
      - \"{}:80\"
      - target: 443
        published: {}
        host_ip: 127.0.0.1
        mode: host
        name: https
        app_protocol: http
  dns:
    image: dns
    ports: [\"{}:53/tcp\", \"{}:53/udp\"]
  range:
    image: range
    ports: [\"{}-{}:3000-3002\"]
  bare:
    image: redis
    ports: [\"6379\"]
  own:
    image: own
    ports: [\"${{OWN_PORT:-{}}}:90\"]
  here:
    image: here
    ports: [\"127.0.0.1:{}:80\", \"[::1]:{}:81/udp\", {{ target: 82, published: '{}', mode: ingress }}]
  quiet:
    image: quiet
    volumes: [\"data:/data\", \"theirs:/theirs\"]
volumes:
  data: {{ name: shop_data }}
  theirs: {{ name: theirs, external: true }}
",
        block.port(0),
        block.port(1),
        block.port(2),
        block.port(2),
        block.port(3),
        block.port(5),
        block.port(6),
        block.port(7),
        block.port(8),
        block.port(9),
    );
    let remote = sandbox.bare_remote("shop.git");
    let clones = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    for clone in &clones {
        sandbox.write(clone.join("compose.yaml"), &compose);
        sandbox.gantry(clone, ["export", "--auto"]).require_success();
    }
    let [one, two] = clones.each_ref().map(|clone| config(&sandbox, clone));
    assert_eq!(one["services"]["web"]["container_name"], "shop_web");
    assert_ne!(one["name"], two["name"], "the file's own `name:` is no clash");
    assert_eq!(one["volumes"]["data"]["name"], "shop_data");
    assert_eq!(two["services"]["web"].get("container_name"), None);
    assert_eq!(two["volumes"]["data"]["name"], format!("{}_data", two["name"].as_str().unwrap()));
    assert_eq!(two["volumes"]["theirs"]["name"], "theirs");
    for (clone, config) in clones.iter().zip([&one, &two]) {
        let exported = sandbox.gantry(clone, ["export", "--format", "json"]).json();
        let port = |name: &str| exported[name].as_str().unwrap().to_owned();
        let next = |by: u16| (port("RANGE_3000_PORT").parse::<u16>().unwrap() + by).to_string();
        assert_eq!(published(config, "web"), [port("WEB_80_PORT"), port("WEB_443_PORT")]);
        assert_eq!(published(config, "dns"), [port("DNS_PORT"), port("DNS_PORT")]);
        assert_eq!(published(config, "range"), [next(0), next(1), next(2)], "neighbours stay neighbours");
        assert_eq!(published(config, "bare"), [port("BARE_PORT")]);
        assert_eq!(published(config, "own"), [port("OWN_PORT")]);
        let https = &config["services"]["web"]["ports"][1];
        let kept = ["host_ip", "mode", "name", "app_protocol"].map(|key| https[key].as_str().unwrap());
        assert_eq!(kept, ["127.0.0.1", "host", "https", "http"]);
        assert_eq!(published(config, "here"), ["80", "81", "82"].map(|it| port(&format!("HERE_{it}_PORT"))));
    }
    // But for the numbers, the short form of the override says what the files do.
    let without_numbers = |config: &Value, service: &str| {
        let mut ports = config["services"][service]["ports"].clone();
        ports.as_array_mut().unwrap().iter_mut().for_each(|port| port["published"] = Value::Null);
        ports
    };
    for service in ["web", "dns", "range", "own", "here"] {
        assert_eq!(without_numbers(&two, service), without_numbers(&one, service), "{service}");
    }
    assert_eq!(two["services"]["here"]["ports"][1]["host_ip"], "::1");
    let written = sandbox.gantry(&clones[1], ["override"]).require_success().stdout;
    let long = written.lines().filter(|line| line.contains("target:")).count();
    assert_eq!(long, 1, "what has options beside the address keeps the long form, which podman-compose cannot read");
}

/// The host ports of a service, as Compose resolved them.
fn published(config: &Value, service: &str) -> Vec<String> {
    let ports = config["services"][service]["ports"].as_array().unwrap();
    ports.iter().map(|port| port["published"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn remap_never_reports_the_clash() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    let [one, two] = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    sandbox.gantry(&one, ["export", "--auto"]).require_success();
    let told = |output: crate::sandbox::Output| {
        assert!(!output.stdout.contains("COMPOSE_FILE"), "{}", output.stdout);
        let clash = format!("compose.yaml:5: publishes port {}, but web has", block.port(0));
        assert!(output.stderr.contains(&clash), "{}", output.stderr);
        assert!(output.stderr.contains("is held by web of shop/main ([SANDBOX]/one)"), "{}", output.stderr);
        assert!(output.stderr.contains("the container name shop_web is used by"), "{}", output.stderr);
    };
    told(sandbox.gantry(&two, ["export", "--auto", "--no-remap"]).require_success());
    sandbox.write(two.join("gantry.yml"), "remap: never\n");
    told(sandbox.gantry(&two, ["export", "--auto"]).require_success());
    sandbox.gantry(&two, ["override"]).check("", "gantry: no override: gantry.yml says `remap: never`\n", 0);
}

#[test]
fn a_broken_compose_file_brings_no_override_that_was_turned_off() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    let [one, two] = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    sandbox.gantry(&one, ["export", "--auto"]).require_success();
    sandbox.gantry(&two, ["export", "--auto"]).require_success();
    sandbox.write(two.join("compose.yaml"), "services: [");
    let names_files = |arguments: &[&str]| sandbox.gantry(&two, arguments).stdout.contains("COMPOSE_FILE");
    assert!(names_files(&["export", "--auto"]), "the last known files stay");
    assert!(!names_files(&["export", "--auto", "--no-remap"]));
    sandbox.write(two.join("gantry.yml"), "remap: never\n");
    assert!(!names_files(&["export", "--auto"]));
    sandbox.write(two.join("gantry.yml"), "remap: [\n");
    assert!(!names_files(&["export", "--auto", "--no-remap"]));
}

#[test]
fn an_override_goes_with_its_ports() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    let [one, two] = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    let overrides = || std::fs::read_dir(sandbox.path("home/.local/state/gantry/overrides")).unwrap().count();
    sandbox.gantry(&one, ["export", "--auto"]).require_success();
    sandbox.gantry(&two, ["export", "--auto"]).require_success();
    assert_eq!(overrides(), 1);
    sandbox.gantry(&two, ["release", "--all", "--yes"]).require_success();
    assert_eq!(overrides(), 0);
    sandbox.gantry(&two, ["export", "--auto"]).require_success();
    assert_eq!(overrides(), 1);
    std::fs::remove_dir_all(&two).unwrap();
    sandbox.gantry(&one, ["prune", "--yes"]).require_success();
    assert_eq!(overrides(), 0);
}

/// A shell that comes from a context with an override into one without must not keep its `COMPOSE_FILE`.
#[test]
fn an_inherited_compose_file_goes() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    let [one, two] = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    sandbox.gantry(&one, ["export", "--auto"]).require_success();
    let to_one = format!("cd {}", one.display());
    let fill = "eval \"$(gantry export --auto 2>/dev/null)\"";
    let tell = "echo \"${COMPOSE_FILE-none} ${GANTRY_COMPOSE_FILE-none}\"";
    let check = |shell: &str, script: &str, expected: &str| {
        sandbox.script(shell, &two, script).check(expected, "", 0);
    };
    for shell in ["bash", "zsh", "dash"] {
        check(shell, &format!("{fill}; {to_one}; {fill}; {tell}"), "none none\n");
        check(shell, &format!("{fill}; {to_one}; gantry run -- sh -c '{tell}'"), "none none\n");
    }
    let fish = "gantry export --auto --format fish 2>/dev/null | source";
    let script = format!("{fish}; {to_one}; {fish}; set -q COMPOSE_FILE; and echo kept; or echo none");
    check("fish", &script, "none\n");
    // What the user had set before is theirs again.
    let own = format!("{}/compose.yaml", two.display());
    let script = format!("export COMPOSE_FILE={own}; {fill}; echo $COMPOSE_FILE | grep -c overrides; {to_one}; {tell}");
    let kept = sandbox.script("bash", &two, &script).require_success().stdout;
    assert!(kept.starts_with("1\n") && kept.ends_with("[SANDBOX]/two/compose.yaml\n"), "{kept}");
    let script = format!("export COMPOSE_FILE={own}; {fill}; gantry export --no-remap 2>/dev/null | grep COMPOSE_FILE");
    check("bash", &script, "export COMPOSE_FILE=[SANDBOX]/two/compose.yaml\nunset -v GANTRY_COMPOSE_FILE\n");
}

#[test]
fn a_path_that_compose_file_cannot_list_is_told() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    sandbox.gantry(&sandbox.clone_of(&remote, "one"), ["export", "--auto"]).require_success();
    let colon = sandbox.gantry(&sandbox.clone_of(&remote, "co:lon"), ["export", "--auto"]).require_success();
    assert!(!colon.stdout.contains("COMPOSE_FILE"), "{}", colon.stdout);
    let told = "gantry: [SANDBOX]/co:lon/compose.yaml: COMPOSE_FILE cannot list this path, because it holds a `:`";
    assert!(colon.stderr.contains(told) && colon.stderr.contains("\"${WEB_PORT:-"), "{}", colon.stderr);
}

#[test]
fn a_shared_project_name_is_told() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    let [one, two] = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    for clone in [&one, &two] {
        sandbox.write(clone.join("gantry.yml"), "project_name: shop\n");
    }
    let first = sandbox.gantry(&one, ["export", "--auto"]).require_success();
    assert_eq!(first.stderr, "");
    let second = sandbox.gantry(&two, ["export", "--auto"]).require_success();
    let told = "gantry: [SANDBOX]/two/gantry.yml:1: the project name shop is used by shop/main ([SANDBOX]/one); \
                the two replace each other's containers\n";
    assert!(second.stderr.contains(told), "{}", second.stderr);
    std::fs::remove_file(one.join("gantry.yml")).unwrap();
    sandbox.gantry(&one, ["export", "--auto"]).require_success();
    assert!(!sandbox.gantry(&two, ["export", "--auto"]).require_success().stderr.contains("project name"));
}

/// A `docker` that tells this version of Compose, and notes that it was asked.
fn pretend_compose(sandbox: &mut Sandbox, version: &str) {
    let asked = sandbox.path("asked");
    let script = format!("#!/bin/sh\necho \"$*\" >>{}\necho {version}\n", asked.display());
    let docker = sandbox.write("bin/docker", script);
    std::fs::set_permissions(&docker, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = std::env::var("PATH").unwrap();
    let gantry = Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap();
    sandbox.set("PATH", format!("{}:{}:{path}", sandbox.path("bin").display(), gantry.display()));
}

#[test]
fn an_old_compose_is_told_and_a_new_one_asked_once() {
    let (mut sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    let [one, two] = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    pretend_compose(&mut sandbox, "2.20.3");
    sandbox.gantry(&one, ["export", "--auto"]).require_success();
    assert!(!sandbox.path("asked").exists(), "nothing is remapped, so nobody is asked");
    let told = sandbox.gantry(&two, ["export", "--auto"]).require_success();
    assert!(told.stderr.contains("gantry: Compose 2.20.3 cannot replace ports in an override"), "{}", told.stderr);
    assert!(!told.stdout.contains("COMPOSE_FILE"), "{}", told.stdout);
    assert_eq!(sandbox.gantry(&two, ["export", "--auto"]).require_success().stdout, told.stdout);
    assert_eq!(std::fs::read_to_string(sandbox.path("asked")).unwrap(), "compose version --short\n");

    pretend_compose(&mut sandbox, "2.24.4");
    std::fs::remove_file(sandbox.path("asked")).unwrap();
    for _ in 0..3 {
        let output = sandbox.gantry(&two, ["export", "--auto"]).require_success();
        assert!(output.stdout.contains("export COMPOSE_FILE="), "{output:?}");
    }
    assert_eq!(std::fs::read_to_string(sandbox.path("asked")).unwrap(), "compose version --short\n");
}

/// Compose is a package of its own, so its update leaves docker's program as it was.
#[test]
fn a_compose_that_was_updated_is_asked_at_once() {
    let (mut sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    let [one, two] = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    sandbox.set("DOCKER_CONFIG", sandbox.path("docker"));
    let plugin = sandbox.write("docker/cli-plugins/docker-compose", "2.20.3");
    pretend_compose(&mut sandbox, &format!("$(cat {})", plugin.display()));
    sandbox.gantry(&one, ["export", "--auto"]).require_success();
    for (version, has_override) in [("2.20.3", false), ("2.30.0", true), ("2.20.4", false)] {
        sandbox.write(&plugin, version);
        for _ in 0..3 {
            let output = sandbox.gantry(&two, ["export", "--auto"]).require_success();
            assert_eq!(output.stdout.contains("COMPOSE_FILE="), has_override, "{version}: {output:?}");
        }
    }
}

/// Without `--auto` the new port is nobody's yet; the others must not go back to what the file says for that.
#[test]
fn an_override_outlives_a_port_that_is_not_booked_yet() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    let [one, two] = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    // Nothing but the port is fixed, so nothing else asks for an override.
    let file = |ports: &str| format!("services: {{ web: {{ image: web, ports: [{ports}] }} }}\n");
    let (old, new) = (block.port(0), block.port(1));
    for path in [&one, &two] {
        sandbox.write(path.join("compose.yaml"), file(&format!("'{old}:80'")));
        sandbox.gantry(path, ["export", "--auto"]).require_success();
    }
    let before = sandbox.gantry(&two, ["export"]).require_success().stdout;
    assert!(before.contains("COMPOSE_FILE="), "{before}");
    sandbox.write(two.join("compose.yaml"), file(&format!("'{old}:80', '{new}:81'")));
    let after = sandbox.gantry(&two, ["export"]).require_success().stdout;
    assert_eq!(after, before.replace("WEB_PORT", "WEB_80_PORT"), "of two ports, each says which");
}

/// No port is published, so the container's name is all that the context holds.
#[test]
fn release_all_takes_an_override_without_ports() {
    let sandbox = Sandbox::new();
    let [one, two] = ["one", "two"].map(|name| sandbox.path(name));
    for path in [&one, &two] {
        sandbox.write(path.join("compose.yaml"), "services: { web: { image: web, container_name: shop_web } }\n");
        sandbox.gantry(path, ["export", "--auto"]).require_success();
    }
    assert!(sandbox.gantry(&two, ["export", "--auto"]).require_success().stdout.contains("COMPOSE_FILE="));
    sandbox.gantry(&two, ["release", "--all", "--yes"]).require_success();
    let overrides = sandbox.path("home/.local/state/gantry/overrides");
    assert_eq!(std::fs::read_dir(overrides).unwrap().count(), 0);
    sandbox.gantry(&one, ["release", "--all", "--yes"]).require_success();
    let second = sandbox.gantry(&two, ["export", "--auto"]).require_success();
    assert!(!second.stdout.contains("COMPOSE_FILE"), "the name is free: {}", second.stdout);
}

/// Compose heeds the separator that `.env` names for a `COMPOSE_FILE` of the shell.
#[test]
fn a_separator_of_the_projects_own() {
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    let [one, two] = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    sandbox.write(two.join(".env"), "COMPOSE_PATH_SEPARATOR=;\n");
    sandbox.gantry(&one, ["export", "--auto"]).require_success();
    let port = sandbox.gantry(&two, ["get", "web", "-q"]).require_success().stdout;
    assert_eq!(published(&config(&sandbox, &two), "web"), [port.trim()]);
    let again = "eval \"$(gantry export --auto)\" && gantry export --auto";
    let again = sandbox.script("bash", &two, again).require_success().stdout;
    assert!(!again.contains("GANTRY_COMPOSE_FILE"), "gantry's own is not the user's: {again}");
}

/// An agent that was started in one checkout and works in another has the first one's `COMPOSE_FILE` around it.
#[test]
fn another_checkouts_compose_file_does_not_leak_in() {
    let (mut sandbox, block) = (Sandbox::new(), Block::take());
    let remote = remote(&sandbox, "shop", block.port(0));
    let [one, two] = ["one", "two"].map(|name| sandbox.clone_of(&remote, name));
    let first = sandbox.gantry(&one, ["export", "--auto"]).require_success();
    sandbox.gantry(&two, ["export", "--auto"]).require_success();
    let second = sandbox.gantry(&two, ["export", "--auto", "--format", "json"]).json();
    for (name, value) in second.as_object().unwrap() {
        let here = sandbox.path("").display().to_string();
        sandbox.set(name, value.as_str().unwrap().replace("[SANDBOX]", here.trim_end_matches('/')));
    }
    let here = sandbox.gantry(&one, ["export", "--auto"]).require_success().stdout;
    assert_eq!(here, first.stdout + "unset -v GANTRY_COMPOSE_FILE\nunset -v COMPOSE_FILE\n");
    let again = sandbox.gantry(&two, ["export", "--auto", "--format", "json"]).json();
    assert_eq!(again, second);
}

#[test]
fn two_clones_and_a_worktree_run_at_once() {
    require_engine();
    let (sandbox, block) = (Sandbox::new(), Block::take());
    let name = format!("side{}", block.port(0));
    let remote = remote(&sandbox, &name, block.port(0));
    let clone = sandbox.clone_of(&remote, "clone");
    let worktree = sandbox.worktree(&clone, "worktree", "feature");
    let paths = [clone, sandbox.clone_of(&remote, "twin"), worktree];
    let checkouts = paths.map(|path| Checkout::new(&sandbox, path));
    for checkout in &checkouts {
        checkout.type_by_hand("docker compose up --detach --quiet-pull");
    }
    let other =
        Checkout::new(&sandbox, sandbox.clone_of(&self::remote(&sandbox, &format!("x{name}"), block.port(0)), "x"));
    other.type_by_hand("docker compose up --detach --quiet-pull");
    let everyone = || checkouts.iter().chain([&other]);
    everyone().for_each(Checkout::await_page);
    let containers: std::collections::BTreeSet<String> = everyone().flat_map(Checkout::containers).collect();
    assert_eq!(containers.len(), 4, "each sees its own: {containers:?}");
    for checkout in everyone() {
        let mark = "echo $COMPOSE_PROJECT_NAME | tee /data/mark >/proc/1/fd/1";
        checkout.type_by_hand(&format!("docker compose exec -T -e COMPOSE_PROJECT_NAME web sh -c '{mark}'"));
    }
    for checkout in everyone() {
        let own = checkout.type_by_hand("echo $COMPOSE_PROJECT_NAME");
        let kept = checkout.type_by_hand("docker compose exec -T web busybox cat /data/mark");
        assert_eq!(kept, own, "the volume is this checkout's alone");
        let logs = checkout.type_by_hand("docker compose logs --no-log-prefix");
        // Compose clears the line even where there is no terminal.
        assert_eq!(logs.replace("\u{1b}[2K", ""), own, "so are the logs");
    }
    assert_eq!(checkouts[0].port(), block.port(0), "the first has the port that the file fixes");
    assert_eq!(checkouts[0].overrides(), None);
    assert_eq!(checkouts[0].containers(), [format!("{name}_web")]);
    for checkout in everyone() {
        let containers = checkout.containers();
        assert_eq!(containers.len(), 1, "{containers:?}");
        assert!(
            checkout.type_by_hand("git status --porcelain --untracked-files=no").is_empty(),
            "the files are as they were"
        );
    }

    checkouts[1].type_by_hand("docker compose down --timeout 1 --volumes");
    let port = checkouts[1].port();
    await_true("the twin's port is free", || is_free(port));
    for checkout in [&checkouts[0], &checkouts[2], &other] {
        checkout.await_page();
    }
    for checkout in everyone() {
        checkout.type_by_hand("docker compose down --timeout 1 --volumes");
    }
    let left = |kind: &str| {
        let script = format!("docker {kind} ls --format '{{{{.Name}}}}' | grep '{name}' || true");
        sandbox.script("bash", &sandbox.path("home"), &script).stdout
    };
    assert_eq!((left("volume"), left("network")), (String::new(), String::new()));
    for checkout in everyone() {
        std::fs::remove_dir_all(&checkout.path).unwrap();
    }
    sandbox.gantry(&sandbox.path("home"), ["prune", "--yes"]).require_success();
    let status = sandbox.gantry(&sandbox.path("home"), ["status", "--all", "--json"]).json();
    assert_eq!(status["allocations"], Value::Array(Vec::new()));
    assert_eq!(std::fs::read_dir(sandbox.path("home/.local/state/gantry/overrides")).unwrap().count(), 0);
}
