//! Which engine gantry takes, and what it says where there is none: in worlds that have only the programs that a test
//! puts there. What fails is pretended; what answers is the real engine.

use std::path::{Path, PathBuf};

use crate::podman::require_podman;
use crate::sandbox::{Output, Sandbox};

/// A program that does what the script says.
fn program(sandbox: &Sandbox, name: &str, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = sandbox.write(Path::new("bin").join(name), format!("#!/bin/bash\n{script}\n"));
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Where the real program lies.
fn real(name: &str) -> String {
    let path = std::env::var_os("PATH").unwrap();
    let found = std::env::split_paths(&path).map(|directory| directory.join(name)).find(|path| path.exists());
    found.unwrap_or_else(|| panic!("no {name}: run `tests/run`")).display().to_string()
}

/// A checkout in a world that has only the programs that the test puts into `bin`.
struct Bare {
    sandbox: Sandbox,
    path: PathBuf,
}

impl Bare {
    fn new() -> Bare {
        let mut sandbox = Sandbox::new();
        // Two checkouts, while there is a git.
        let [path, _] = ["bare", "twin"].map(|name| sandbox.repository(name, "git@example.com:test/bare.git"));
        sandbox.write(path.join("compose.yaml"), "services: { web: { image: gantry-test/httpd } }\n");
        sandbox.directory("bin");
        sandbox.set("PATH", sandbox.path("bin"));
        Bare { sandbox, path }
    }

    fn gantry(&self, arguments: &[&str]) -> Output {
        let mut command = self.sandbox.command(env!("CARGO_BIN_EXE_gantry"), &self.path);
        self.sandbox.run(command.args(arguments))
    }

    /// What `start` says where it finds no engine; its status is 5.
    #[track_caller]
    fn check(&self, arguments: &[&str], expected: &str) {
        let failed = self.gantry(&[&["start"], arguments].concat());
        assert!(failed.stderr.ends_with(expected), "{failed:?}\n{expected}");
        assert_eq!(failed.status, 5, "{failed:?}");
    }
}

const DOCKER_WITHOUT_COMPOSE: &str = "\
case $1 in
version) echo '{\"Client\":{\"ApiVersion\":\"1.41\"},\"Server\":{\"Version\":\"20.10.24\"}}' ;;
ps) ;;
*) echo \"docker: '$1' is not a docker command.\" >&2; exit 1 ;;
esac";

#[test]
fn no_engine_at_all() {
    let bare = Bare::new();
    bare.check(
        &[],
        "no container engine: docker is not installed; podman is not installed\nhint: install Docker Engine with its \
         Compose plugin (on Debian and Ubuntu: docker.io and docker-compose-v2 or docker-compose), or podman and \
         podman-compose\n",
    );
    bare.check(&["--engine", "podman"], "podman is not installed\nhint: install podman and podman-compose\n");
    bare.check(
        &["--engine", "docker"],
        "docker is not installed\nhint: install Docker Engine with its Compose plugin: docker.io and docker-compose-v2 \
         or docker-compose on Debian and Ubuntu\n",
    );
}

#[test]
fn a_docker_whose_daemon_is_down() {
    let mut bare = Bare::new();
    let socket = format!("unix://{}", bare.sandbox.path("no-socket").display());
    bare.sandbox.set("DOCKER_HOST", socket);
    program(&bare.sandbox, "docker", &format!("exec {} \"$@\"", real("docker")));
    let said = "docker does not answer: Cannot connect to the Docker daemon at unix://[SANDBOX]/no-socket. Is the \
                docker daemon running?";
    let hint = "hint: is it running? `sudo systemctl start docker` starts it; who may use it is in the group \
                `docker`; `docker info` says more\n";
    bare.check(&[], &format!("no container engine: {said}; podman is not installed\n{hint}"));
    bare.check(&["--engine", "docker"], &format!("{said}\n{hint}"));
    program(&bare.sandbox, "podman", &format!("exec {} \"$@\"", real("podman")));
    let ps = bare.gantry(&["ps", "--json"]).json();
    assert_eq!(ps["engine"], "podman", "the other one answers");

    // What it does not know of may run on the one that is silent.
    bare.gantry(&["register"]).require_success();
    let listed = bare.gantry(&["list", "--json"]);
    assert_eq!(listed.stderr, format!("warning: {said}; so nobody knows what runs there\n"));
    assert_eq!(listed.json()["projects"][0]["state"], "unknown");
    std::fs::remove_file(bare.sandbox.path("bin/docker")).unwrap();
    let listed = bare.gantry(&["list", "--json"]).require_success();
    assert_eq!((listed.stderr.as_str(), &listed.json()["projects"][0]["state"]), ("", &"down".into()));
}

#[test]
fn an_engine_without_a_compose() {
    let bare = Bare::new();
    program(&bare.sandbox, "docker", DOCKER_WITHOUT_COMPOSE);
    bare.check(
        &[],
        "docker has no Compose\nhint: install the Compose plugin: docker-compose-v2, docker-compose or \
         docker-compose-plugin, as your distribution calls it; `docker compose version` then answers\n",
    );
    // As before 4.7, or where it finds no provider.
    let podman = format!("if [ \"$1\" = compose ]; then exit 125; fi; exec {} \"$@\"", real("podman"));
    program(&bare.sandbox, "podman", &podman);
    bare.check(
        &["--engine", "podman"],
        "podman has no Compose\nhint: install podman-compose 1.4 or newer, or podman 4.7 or newer with a Compose it \
         can call\n",
    );
}

/// Debian's podman-compose is older than the tags that an override has.
#[test]
fn a_podman_compose_that_reads_no_override() {
    let bare = Bare::new();
    program(
        &bare.sandbox,
        "podman",
        &format!("if [ \"$1\" = compose ]; then exit 125; fi; exec {} \"$@\"", real("podman")),
    );
    program(&bare.sandbox, "podman-compose", "echo 1.3.0");
    let twin = bare.sandbox.path("twin");
    let fixed = "services: { web: { image: gantry-test/httpd, container_name: bare_web } }\n";
    for path in [&bare.path, &twin] {
        bare.sandbox.write(path.join("compose.yaml"), fixed);
        let mut export = bare.sandbox.command(env!("CARGO_BIN_EXE_gantry"), path);
        bare.sandbox.run(export.args(["export", "--auto"])).require_success();
    }
    let mut export = bare.sandbox.command(env!("CARGO_BIN_EXE_gantry"), &twin);
    let told = bare.sandbox.run(export.args(["export", "--auto"])).require_success();
    assert!(!told.stdout.contains("COMPOSE_FILE"), "{told:?}");
    let note = "podman-compose 1.3.0 cannot replace ports in an override: 1.4 or newer can";
    assert!(told.stderr.contains(note), "{told:?}");
    // Where Docker's Compose can, the override is written, and only a start tells that podman-compose cannot.
    program(&bare.sandbox, "docker", "if [ \"$1\" = compose ]; then echo 2.26.1; else exit 1; fi");
    let twin = Bare { path: twin, ..bare };
    let expected = "podman-compose 1.3.0 cannot read the override that publishes this checkout's ports\nhint: install \
                    podman-compose 1.4 or newer (`pipx install podman-compose`); or free what the compose file asks \
                    for, or say `remap: never` in gantry.yml\n";
    twin.check(&["--engine", "podman"], expected);
    // Since 4.7 podman calls it.
    let calls = "if [ \"$3\" = --short ]; then echo 1.3.0; else echo podman-compose version 1.3.0; fi; exit";
    let podman = format!("if [ \"$1\" = compose ]; then {calls}; fi; exec {} \"$@\"", real("podman"));
    program(&twin.sandbox, "podman", &podman);
    twin.check(&["--engine", "podman"], expected);
}

/// As the package podman-docker installs it.
#[test]
fn a_docker_that_is_podman() {
    require_podman();
    let bare = Bare::new();
    program(&bare.sandbox, "podman", &format!("exec {} \"$@\"", real("podman")));
    program(&bare.sandbox, "docker", "echo 'Emulate Docker CLI using podman.' >&2; exec podman \"$@\"");
    bare.gantry(&["export", "--auto"]).require_success();
    for arguments in [&["ps", "--json"][..], &["ps", "--json", "--engine", "docker"]] {
        assert_eq!(bare.gantry(arguments).json()["engine"], "podman", "{arguments:?}");
    }
}
