//! Starting and stopping projects, on the real engine.

use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::engine::fetch;
use crate::ports::{Foreign, listen};
use crate::sandbox::{Sandbox, await_true};
use crate::yard::{COMPOSE, Yard};

#[test]
fn two_clones_of_one_file_run_side_by_side() {
    let yard = Yard::new();
    let second = yard.second();
    yard.done("register --yes");
    yard.gantry_in(&second, "register --hostname other-{0} --yes").require_success();
    yard.done("start");
    // The second one is started by its name, from anywhere.
    let home = yard.sandbox.path("home");
    yard.gantry_in(&home, "start other-{0}").require_success();
    let listed = yard.done("list --json").json();
    let ports: Vec<u64> =
        listed["projects"].as_array().unwrap().iter().map(|project| project["http_port"].as_u64().unwrap()).collect();
    assert_eq!(ports, [u64::from(yard.port(5)), u64::from(yard.port(0))], "{listed}");
    for port in ports {
        let page = fetch(u16::try_from(port).unwrap()).unwrap();
        assert!(page.contains("gantry test page"), "{page}");
    }
    let states: Vec<&str> =
        listed["projects"].as_array().unwrap().iter().map(|project| project["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["running", "running"]);
    assert_eq!(yard.states(&second, "web"), ["running"]);

    yard.gantry_in(&home, "stop other-{0} --timeout 5").require_success();
    assert_eq!(
        (yard.states(&second, "web"), yard.states(&yard.checkout, "web")),
        (vec!["exited".to_owned()], vec!["running".to_owned()])
    );
    yard.gantry_in(&home, "stop-all --timeout 5").require_success();
    yard.gantry_in(&home, "unregister other-{0} --yes").require_success();
    yard.done("unregister --yes");
    yard.await_nothing_left();
    assert_eq!(yard.done("status --all --json").json()["allocations"].as_array().unwrap().len(), 0);
}

#[test]
fn what_the_user_starts_by_hand_are_the_same_containers() {
    let yard = Yard::new();
    let by_hand = "eval \"$(gantry export --auto)\" && docker compose up --detach && docker compose ps --quiet";
    let up = yard.sandbox.script("bash", &yard.checkout, by_hand).require_success();
    assert_eq!(yard.states(&yard.checkout, "web"), ["running"]);
    yard.done("start");
    let ids = "eval \"$(gantry export --auto)\" && docker compose ps --quiet";
    let after = yard.sandbox.script("bash", &yard.checkout, ids).require_success();
    assert_eq!(up.stdout, after.stdout, "the same containers");
    yard.docker("rm --force {name}-main-web-1 {name}-main-worker-1");
    assert_eq!(yard.states(&yard.checkout, "web"), Vec::<String>::new(), "removed behind gantry's back");
    yard.done("start --no-wait");
    yard.sandbox.script("bash", &yard.checkout, "eval \"$(gantry export)\" && docker compose down").require_success();
    assert_eq!(yard.states(&yard.checkout, "web"), Vec::<String>::new());
}

#[test]
fn a_foreign_listener_is_named_before_anything_is_started() {
    let yard = Yard::new();
    yard.done("book --auto -q");
    let foreign = Foreign::listen(yard.port(0));
    let holder = format!("(pid {})", foreign.pid());
    let words = ["port {0}/tcp of web ([SANDBOX]/{name}/compose.yaml:5)", "gantry release web", "--force"];
    let output = yard.gantry("start");
    assert_eq!(output.status, 4, "{output:?}");
    let told = output.stderr.split("is held by ").nth(1).unwrap_or_default();
    assert!(told.contains(&holder), "{output:?}");
    yard.check_failure("start", &words, 4);
    assert_eq!(yard.left_in_engine(), "");
    // Docker itself refuses then, and the port is named once more.
    yard.check_failure("start --force", &["warning: port {0}/tcp of web", "error: "], 4);
}

#[test]
fn a_project_that_may_not_be_remapped_clashes_with_one_that_runs() {
    let yard = Yard::new();
    yard.write("gantry.yml", "remap: never\n");
    let second = yard.second();
    yard.sandbox.write(second.join("gantry.yml"), "remap: never\n");
    yard.done("register --hostname first-{0} --yes");
    yard.done("start");
    let output = yard.gantry_in(&second, "start");
    let expected = yard
        .fill("port {0}/tcp of web ([SANDBOX]/{name}-two/compose.yaml:5) is held by the container of web of first-{0}");
    assert!(output.stderr.contains(&expected), "{output:?}");
    assert!(
        output.stderr.contains(&yard.fill("hint: `gantry stop first-{0}`, or drop `remap: never` from gantry.yml")),
        "{output:?}"
    );
    assert_eq!(output.status, 4);
    fs::remove_file(second.join("gantry.yml")).unwrap();
    yard.gantry_in(&second, "start").require_success();
    assert_eq!(yard.states(&second, "web"), ["running"], "remapped, it does not clash");
}

#[test]
fn hooks_run_once_they_are_trusted_and_with_the_contexts_variables() {
    let yard = Yard::new();
    let hooks = "hooks:\n  pre_start: [\"echo one >> log\", \"echo $WEB_PORT $COMPOSE_PROJECT_NAME >> log\"]\n  \
                 post_start: echo up >> log\n  pre_stop: echo stopping >> log\n  post_stop: echo down >> log\n";
    yard.write("gantry.yml", hooks);
    let words = ["[SANDBOX]/{name}/gantry.yml holds commands that were not trusted: pre_start", "gantry trust"];
    yard.check_failure("start", &words, 1);
    assert!(!yard.checkout.join("log").exists() && yard.left_in_engine().is_empty());
    let trusted = yard.done("trust");
    assert!(trusted.stdout.contains("pre_start: echo one >> log\n"), "{trusted:?}");
    yard.done("start");
    yard.done("stop --timeout 5");
    let log = fs::read_to_string(yard.checkout.join("log")).unwrap();
    assert_eq!(log, yard.fill("one\n{0} {name}-main\nup\nstopping\ndown\n"));

    yard.write("gantry.yml", &format!("{hooks}# changed\n"));
    yard.check_failure("start", &["not trusted"], 1);
    yard.write("gantry.yml", hooks);
    yard.done("start --no-wait --no-hooks");
    assert_eq!(fs::read_to_string(yard.checkout.join("log")).unwrap(), log);
    yard.done("trust --revoke");
    yard.check_failure("stop", &["not trusted"], 1);
    yard.done("stop --no-hooks --timeout 5");
}

#[test]
fn a_hook_that_fails_or_hangs_stops_the_start() {
    let yard = Yard::new();
    yard.write("gantry.yml", "pre_start: [\"echo the disk is full >&2; exit 3\", \"touch never\"]\n");
    yard.done("trust");
    let words =
        ["the hook pre_start failed with status 3: `echo the disk is full >&2; exit 3`; it said: the disk is full"];
    yard.check_failure("start", &words, 1);
    assert!(!yard.checkout.join("never").exists() && yard.left_in_engine().is_empty());
    yard.write("gantry.yml", "hooks: { pre_start: 'sleep 1000 & wait', timeout: 1 }\n");
    yard.done("trust");
    yard.check_failure("start", &["the hook pre_start took longer than 1 seconds: `sleep 1000 & wait`"], 1);
    assert_eq!(yard.left_in_engine(), "");
}

#[test]
fn a_container_that_exits_at_once_is_told_with_its_last_words() {
    let yard = Yard::new();
    let broken = COMPOSE.replace("echo INFO at work; /bin/busybox sleep 1000 & wait", "echo no configuration; exit 3");
    yard.compose(&broken);
    yard.check_failure(
        "start",
        &["{name}/main is not up: worker exited (3); worker | no configuration", "gantry logs"],
        1,
    );
    assert_eq!(yard.states(&yard.checkout, "worker"), ["exited"]);
    assert_eq!(yard.done("ps --json").json()["containers"][1]["exit_code"], 3);
    // One that has done what it was for is up, but not where it is to answer.
    let done = broken.replace("exit 3", "exit 0");
    yard.compose(&done);
    yard.done("start");
    yard.compose(&(done.trim_end().to_owned() + "\n    ports: [\"{1}:81\"]\n"));
    yard.check_failure("start", &["is not up: worker exited (0)"], 1);
}

#[test]
fn what_does_not_become_healthy_is_told_when_the_time_is_over() {
    let yard = Yard::new();
    yard.compose(
        &COMPOSE.replace("http://127.0.0.1/", "http://127.0.0.1/none").replace("retries: 20", "retries: 1000"),
    );
    yard.check_failure("start --timeout 2", &["was not up within 2 seconds: web, starting", "gantry health"], 1);
    assert_eq!(yard.states(&yard.checkout, "web"), ["running"]);
    yard.done("start --no-wait");
}

#[test]
fn nothing_to_run() {
    let yard = Yard::new();
    yard.done("register --hostname bare-{0} --yes");
    fs::remove_file(yard.checkout.join("compose.yaml")).unwrap();
    yard.check_failure("start", &["the compose file of bare-{0} is gone, so there is nothing to run"], 3);
    let native = yard.sandbox.directory("native");
    let output = yard.gantry_in(&native, "start");
    assert_eq!(output.status, 3);
    assert!(output.stderr.contains("native has no compose file"), "{output:?}");
    yard.gantry_in(&native, "ps").check("", "gantry: native has no containers\n", 0);
    yard.check_failure("start nowhere", &["no project is called `nowhere`", "gantry list"], 3);
    yard.check_failure("stop bere-{0}", &["did you mean `bare-{0}`?"], 3);
}

#[test]
fn what_runs_is_stopped_without_its_compose_file() {
    let yard = Yard::new();
    yard.done("start");
    yard.compose("services: [\n");
    let output = yard.done("stop --timeout 5");
    assert!(output.stderr.contains("the containers are stopped without it"), "{output:?}");
    assert_eq!(yard.states(&yard.checkout, "web"), ["exited"]);
    fs::remove_file(yard.checkout.join("compose.yaml")).unwrap();
    // Its port is told from what is booked, also on a branch without the file.
    yard.done("down --timeout 5");
    yard.await_nothing_left();
}

#[test]
fn what_does_not_end_is_killed() {
    let yard = Yard::new();
    // httpd as the first process of its container takes no SIGTERM.
    yard.compose("services:\n  web: { image: gantry-test/httpd, ports: [\"{0}:80\"] }\n");
    yard.done("start");
    let output = yard.done("stop --timeout 1");
    assert!(output.stderr.contains("web did not end within 1 seconds and was killed"), "{output:?}");
    let again = yard.done("stop");
    assert!(again.stderr.contains("nothing of {name}/main runs".replace("{name}", &yard.name).as_str()), "{again:?}");
    // Where it is asked to end by SIGKILL, it did not take too long.
    yard.compose("services:\n  web: { image: gantry-test/httpd, stop_signal: SIGKILL, ports: [\"{0}:80\"] }\n");
    yard.done("start");
    let killed = yard.done("stop");
    assert!(!killed.stderr.contains("did not end"), "{killed:?}");
}

#[test]
fn services_without_ports_are_scaled() {
    let yard = Yard::new();
    yard.done("start");
    yard.done("scale worker=3");
    assert_eq!(yard.states(&yard.checkout, "worker"), ["running", "running", "running"]);
    let why = ["web cannot have several containers: it publishes port 80", "[SANDBOX]/{name}/compose.yaml:5", "hint: "];
    yard.check_failure("scale web=2", &why, 4);
    yard.check_failure("scale workr=2", &["no service `workr`", "did you mean `worker`?"], 3);
    yard.check_failure("scale worker", &["write it as SERVICE=N"], 2);
    yard.check_failure("scale worker=-1", &["not a number"], 2);
    yard.done("scale worker=0");
    assert_eq!(yard.states(&yard.checkout, "worker"), Vec::<String>::new());
    let named = COMPOSE.replace("  worker:\n", "  worker:\n    container_name: {name}-one\n");
    yard.compose(&named);
    yard.check_failure("scale worker=2", &["its container_name is {name}-one"], 4);
}

#[test]
fn a_command_in_a_container() {
    let yard = Yard::new();
    yard.check_failure("exec web /bin/true", &["nothing of {name}/main runs", "gantry start"], 1);
    yard.done("start");
    yard.gantry("exec web /bin/busybox cat /www/index.html").check("gantry test page\n", "", 0);
    assert_eq!(yard.gantry("exec web /bin/busybox false").status, 1);
    yard.check_failure("exec wep /bin/true", &["has no service `wep`", "did you mean `web`?"], 3);
    yard.done("register --hostname exec-{0} --yes");
    let elsewhere = yard.sandbox.path("home");
    yard.gantry_in(&elsewhere, "exec exec-{0} web /bin/busybox echo here").check("here\n", "", 0);
    yard.gantry_in(&elsewhere, "exec -p exec-{0} web /bin/busybox echo --json").check("--json\n", "", 0);
}

#[test]
fn down_takes_volumes_along_only_where_asked() {
    let yard = Yard::new();
    let compose =
        COMPOSE.replace("  worker:\n", "  worker:\n    volumes: [\"data:/data\"]\n") + "volumes: { data: {} }\n";
    yard.compose(&compose);
    yard.done("start");
    let dry = yard.done("down --volumes -n");
    assert!(dry.stderr.contains(&yard.fill("would remove the volume {name}-main_data, and what is in it")), "{dry:?}");
    yard.done("down --timeout 5");
    assert!(!yard.left_in_engine().is_empty(), "the volume is data");
    yard.done("start");
    yard.done("down --timeout 5 --volumes --yes");
    yard.await_nothing_left();
}

#[test]
fn two_starts_at_once_wait_for_each_other() {
    let yard = Yard::new();
    let start = || {
        let mut command = yard.sandbox.command("gantry", &yard.checkout);
        command.arg("start").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let starts = [start(), start(), start()];
    let outputs = starts.map(|child| child.wait_with_output().unwrap());
    assert!(outputs.iter().all(|output| output.status.success()), "{outputs:?}");
    let waited = outputs.iter().filter(|it| String::from_utf8_lossy(&it.stderr).contains("waiting for it")).count();
    assert!(waited >= 1, "{outputs:?}");
    assert_eq!(yard.states(&yard.checkout, "web"), ["running"]);
}

#[test]
fn an_interrupted_start_says_what_state_things_are_in() {
    let yard = Yard::new();
    yard.compose(
        &COMPOSE.replace("http://127.0.0.1/", "http://127.0.0.1/none").replace("retries: 20", "retries: 1000"),
    );
    // A test in the background of a script is started with SIGINT ignored, and so would this be.
    let mut command = yard.sandbox.command("env", &yard.checkout);
    let mut child = command
        .args(["--default-signal=INT", "gantry", "start"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    await_true("web runs", || !yard.docker("ps --quiet --filter name={name}-main-web-1").is_empty());
    kill(Pid::from_raw(child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("error: interrupted; ") && said.contains("is now web "), "{said}");
    assert!(said.contains("hint: `gantry start` goes on, `gantry stop` stops what runs"), "{said}");
    yard.done("down --timeout 5");
}

#[test]
fn without_an_engine() {
    let sandbox = {
        let mut sandbox = Sandbox::new();
        sandbox.set("DOCKER_HOST", "unix:///nowhere/socket");
        sandbox
    };
    let checkout = sandbox.repository("lone", "git@example.com:test/lone.git");
    sandbox.write(checkout.join("compose.yaml"), "services: { web: { image: nginx, ports: ['80'] } }\n");
    let output = sandbox.gantry(&checkout, ["start", "--engine", "docker"]);
    assert_eq!(output.status, 5, "{output:?}");
    assert!(
        output.stderr.contains("error: docker does not answer: ") && output.stderr.contains("systemctl start docker"),
        "{output:?}"
    );
    let bare = sandbox.script("dash", &checkout, "g=$(command -v gantry); PATH=/nowhere exec \"$g\" start");
    assert_eq!(bare.status, 5, "{bare:?}");
    assert!(
        bare.stderr.contains("error: no container engine: docker is not installed; podman is not installed"),
        "{bare:?}"
    );
    assert!(bare.stderr.contains("hint: install Docker Engine with its Compose plugin"), "{bare:?}");
    let json = sandbox.script("dash", &checkout, "g=$(command -v gantry); PATH=/nowhere exec \"$g\" ps --json");
    assert!(json.stderr.contains(r#""kind":"engine""#) && json.status == 5, "{json:?}");
}

/// The way to the engine, which can be cut.
struct Gate {
    open: Arc<AtomicBool>,
}

impl Gate {
    fn new(path: &std::path::Path) -> Gate {
        let engine = std::env::var("DOCKER_HOST").unwrap();
        let engine = engine.strip_prefix("unix://").expect("a socket").to_owned();
        let (listener, open) = (UnixListener::bind(path).unwrap(), Arc::new(AtomicBool::new(true)));
        let is_open = Arc::clone(&open);
        thread::spawn(move || {
            for client in listener.incoming().flatten().take_while(|_| is_open.load(Ordering::SeqCst)) {
                let Ok(server) = UnixStream::connect(&engine) else { return };
                let pairs = [(client.try_clone(), server.try_clone()), (server.try_clone(), client.try_clone())];
                for (from, to) in pairs {
                    let (Ok(mut from), Ok(mut to)) = (from, to) else { return };
                    thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(std::net::Shutdown::Write);
                    });
                }
            }
        });
        Gate { open }
    }
}

#[test]
fn an_engine_that_dies_midway_is_told_as_such() {
    let mut yard = Yard::new();
    let socket = yard.sandbox.path("gate");
    let gate = Gate::new(&socket);
    yard.sandbox.set("DOCKER_HOST", format!("unix://{}", socket.display()));
    yard.write("gantry.yml", "pre_start: touch begun; while [ ! -e gone ]; do sleep 0.05; done\n");
    yard.done("trust");
    let mut command = yard.sandbox.command("gantry", &yard.checkout);
    command.args(["start", "--engine", "docker"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    await_true("the hook runs", || yard.checkout.join("begun").exists());
    gate.open.store(false, Ordering::SeqCst);
    // The next connection finds nobody: the listener goes with its thread.
    let _ = UnixStream::connect(&socket);
    yard.sandbox.write(yard.checkout.join("gone"), "");
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("error: docker does not answer"), "{said}");
    yard.sandbox.set("DOCKER_HOST", std::env::var("DOCKER_HOST").unwrap());
    assert_eq!(yard.left_in_engine(), "");
}

#[test]
fn a_port_that_is_taken_while_the_start_goes_on_is_named() {
    let yard = Yard::new();
    yard.write("gantry.yml", "pre_start: touch begun; while [ ! -e taken ]; do sleep 0.05; done\n");
    yard.done("trust");
    let mut command = yard.sandbox.command("gantry", &yard.checkout);
    let child = command.arg("start").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    await_true("the hook runs", || yard.checkout.join("begun").exists());
    let listener: TcpListener = listen(yard.port(0));
    yard.sandbox.write(yard.checkout.join("taken"), "");
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains(&yard.fill("port {0}/tcp of web")), "{said}");
    drop(listener);
    assert!(TcpStream::connect(("127.0.0.1", yard.port(0))).is_err());
    fs::remove_file(yard.checkout.join("gantry.yml")).unwrap();
    yard.done("start");
}

#[test]
fn another_branchs_containers_are_told_and_stopped_too() {
    let yard = Yard::new();
    yard.done("register --hostname branchy-{0} --yes");
    yard.done("start");
    yard.sandbox.git(&yard.checkout, ["switch", "--quiet", "--create", "feature"]);
    assert_eq!(yard.states(&yard.checkout, "web"), Vec::<String>::new(), "another context by now");
    assert_eq!(yard.done("list --json").json()["projects"][0]["state"], "running");
    yard.done("start");
    assert_eq!(yard.states(&yard.checkout, "web"), ["running"], "both run, on ports of their own");
    yard.check_failure("unregister --yes", &["branchy-{0} runs: ", "gantry stop branchy-{0}", "--force"], 1);
    yard.done("stop-all --timeout 5");
    yard.sandbox.git(&yard.checkout, ["switch", "--quiet", "main"]);
    assert_eq!(yard.states(&yard.checkout, "web"), ["exited"]);
    yard.done("unregister --yes");
    yard.await_nothing_left();
}
