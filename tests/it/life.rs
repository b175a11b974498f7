//! A project's whole life on the real engine, as the README tells it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use crate::engine::fetch;
use crate::sandbox::await_true;
use crate::yard::{COMPOSE, Yard};

#[test]
fn from_register_to_unregister() {
    let yard = Yard::new();
    let second = yard.second();
    yard.gantry("register --hostname one-{0} --yes").require_success();
    yard.gantry_in(&second, "register --hostname two-{0} --yes").require_success();
    yard.done("start");
    yard.done("start two-{0}");
    for number in [0, 5] {
        assert!(fetch(yard.port(number)).unwrap().contains("gantry test page"), "port {number} of the block");
    }

    for hostname in ["one-{0}", "two-{0}"] {
        let health = yard.done(&format!("health {hostname} --json")).json();
        let verdicts: Vec<_> = health["services"].as_array().unwrap().iter().map(|it| it["verdict"].clone()).collect();
        assert_eq!(verdicts, [json!("good"), json!("good")], "{health}");
    }
    yard.gantry("logs --level info --grep work").check("worker | INFO at work\n", "", 0);
    yard.gantry("logs --level error").check("", "", 0);
    a_watch_brings_back_what_is_killed(&yard);

    yard.compose(&(COMPOSE.to_owned() + "  cache:\n    image: gantry-test/httpd\n    ports: [\"6379\"]\n"));
    let update = yard.done("update --yes");
    assert_eq!(update.stdout, "+ service cache\n+ port cache:6379/tcp on any port\n");
    assert!(update.stderr.contains(&yard.fill("one-{0} runs as it was; `gantry restart one-{0}`")), "{update:?}");
    yard.done("restart --timeout 5");
    assert_eq!(yard.states(&yard.checkout, "cache"), ["running"]);
    let listed = yard.done("list --json").json();
    assert_eq!(listed["projects"][0]["http_port"], yard.port(0), "the update kept it: {listed}");

    yard.done("scale worker=2");
    assert_eq!(yard.states(&yard.checkout, "worker"), ["running", "running"]);
    // The server of `cache` is the first process of its container, and takes no SIGTERM.
    yard.done("stop --timeout 1");
    yard.done("stop two-{0} --timeout 5");
    yard.done("unregister one-{0} --yes");
    yard.done("unregister two-{0} --yes");
    yard.await_nothing_left();
    let status = yard.done("status --all --json").json();
    assert_eq!(status, json!({ "format_version": 1, "allocations": [], "projects": [], "contexts": [] }));
    let overrides = yard.sandbox.path("home/.local/state/gantry/overrides");
    assert_eq!(fs::read_dir(overrides).map_or(0, Iterator::count), 0, "no override is left");
}

fn a_watch_brings_back_what_is_killed(yard: &Yard) {
    // A test in the background of a script is started with SIGINT ignored, and so would this be.
    let mut command = yard.sandbox.command("env", &yard.checkout);
    command
        .args(["--default-signal=INT", "gantry", "watch", "--interval", "1"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut watch = command.spawn().unwrap();
    let mut lines = BufReader::new(watch.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().contains("watching"));
    yard.docker("kill {name}-main-web-1");
    let said: Vec<String> = lines.by_ref().take(3).collect();
    assert!(said[0].contains("web was killed (137)") && said[2].contains("web runs again"), "{said:?}");
    await_true("web answers", || fetch(yard.port(0)).is_ok());
    kill(Pid::from_raw(watch.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    assert_eq!(watch.wait().unwrap().code(), Some(0));
}
