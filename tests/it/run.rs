//! `gantry run`.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::sandbox::{await_some, await_true};
use crate::shop::{HASH, Shop};

#[test]
fn the_command_has_the_variables() {
    let shop = Shop::new();
    let script = "gantry run -- sh -c 'echo $PG_PORT $WEB_PORT $REDIS_PORT $COMPOSE_PROJECT_NAME $GANTRY_CONTEXT'";
    let expected = shop.fill(&format!("{{0}} {{1}} {{12}} shop-main {HASH}\n"));
    shop.sandbox.script("dash", &shop.checkout, script).check(&expected, "", 0);
    let deep = shop.sandbox.directory(shop.checkout.join("deep/down"));
    shop.sandbox.script("dash", &deep, script).check(&expected, "", 0);
    shop.check_bookings(&["shop/main postgres {0}", "shop/main web {1}", "shop/main redis {12}"]);
}

#[test]
fn its_arguments_and_streams_are_its_own() {
    let shop = Shop::booked();
    shop.sandbox.gantry(&shop.checkout, ["run", "--", "printf", "%s,", "--json", "-q", "a b", ""]).check(
        "--json,-q,a b,,",
        "",
        0,
    );
    shop.check("run printf %s --help", "--help", "", 0);
    let script = "echo typed | gantry run -- cat; gantry run -- sh -c 'echo told >&2'";
    shop.sandbox.script("dash", &shop.checkout, script).check("typed\n", "told\n", 0);
}

#[test]
fn its_exit_status_is_the_commands() {
    let shop = Shop::booked();
    for status in [0, 1, 2, 7, 126, 127, 255] {
        shop.sandbox.gantry(&shop.checkout, ["run", "--", "sh", "-c", &format!("exit {status}")]).check("", "", status);
    }
}

#[test]
fn a_command_that_cannot_run() {
    let shop = Shop::booked();
    let missing = "No such file or directory (os error 2)";
    for command in ["no-such-command", "./no-such-file"] {
        let message = format!("error: {command} cannot be run: {missing}\n");
        shop.check(&format!("run -- {command}"), "", &message, 127);
    }
    let denied = "error: ./compose.yaml cannot be run: Permission denied (os error 13)\n";
    shop.check("run -- ./compose.yaml", "", denied, 126);
}

#[test]
fn a_signal_reaches_the_command() {
    for (signal, name) in [(Signal::SIGTERM, "TERM"), (Signal::SIGINT, "INT"), (Signal::SIGHUP, "HUP")] {
        let shop = Shop::booked();
        let ready = shop.sandbox.path("ready");
        let script =
            format!("trap 'echo got {name}; exit 42' {name}; : >../ready; while :; do read -r line <../fifo; done");
        shop.sandbox.run(shop.sandbox.command("mkfifo", &shop.checkout).arg("../fifo")).require_success();
        let mut command = shop.sandbox.command("gantry", &shop.checkout);
        command.args(["run", "--", "sh", "-c", &script]).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        await_true("the command is ready", || ready.exists());
        kill(Pid::from_raw(child.id().try_into().unwrap()), signal).unwrap();
        await_some(&format!("the end by {name}"), || child.try_wait().unwrap());
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), format!("got {name}\n"));
        assert_eq!(output.status.code(), Some(42));
    }
}

#[test]
fn a_command_that_dies_of_a_signal() {
    let shop = Shop::booked();
    let mut command = shop.sandbox.command("gantry", &shop.checkout);
    let status = command.args(["run", "--", "sh", "-c", "kill -TERM $$"]).status().unwrap();
    assert_eq!((status.code(), status.signal()), (None, Some(Signal::SIGTERM as i32)));
}

#[test]
fn nothing_runs_where_a_port_is_missing() {
    let shop = Shop::new();
    shop.compose("services: [\n");
    let refused = shop.gantry("run -- touch ran");
    assert_eq!((refused.stdout.as_str(), refused.status), ("", 1), "{refused:?}");
    assert!(refused.stderr.starts_with("error: [SANDBOX]/shop/compose.yaml:"), "{refused:?}");
    assert!(!shop.checkout.join("ran").exists());
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    shop.check_usage("run", "error: the following required arguments were not provided:");
    shop.check_usage("run --nope -- true", "error: unexpected argument '--nope' found");
}
