//! `gantry book`.

use std::collections::BTreeSet;
use std::process::Stdio;

use crate::ports::Foreign;
use crate::sandbox::Sandbox;
use crate::shop::{HASH, Shop};

#[test]
fn any_name_gets_the_first_free_port_of_its_range() {
    let shop = Shop::new();
    shop.check("book mailpit", "{16}\n", "", 0);
    shop.check("book mailpit -q", "{16}\n", "", 0);
    shop.check("book other", "{17}\n", "", 0);
    shop.check("book postgres", "{0}\n", "", 0);
    shop.check("book web --port {2}", "{2}\n", "", 0);
    shop.check("book cache -p {3} --strict", "{3}\n", "", 0);
    shop.check_bookings(&[
        "shop/main postgres {0}",
        "shop/main web {2}",
        "shop/main cache {3}",
        "shop/main mailpit {16}",
        "shop/main other {17}",
    ]);
}

#[test]
fn auto_books_what_the_compose_file_publishes() {
    let shop = Shop::new();
    shop.check("book --auto", "postgres {0}\nweb {1}\nredis {12}\n", "", 0);
    let row = |service: &str, port: u16, container_port: u16, env_var: &str| {
        serde_json::json!({
            "service": service, "port": shop.port(port), "container_port": container_port, "env_var": env_var,
        })
    };
    let expected = serde_json::json!({
        "format_version": 1,
        "context": HASH,
        "allocations": [
            row("postgres", 0, 5432, "PG_PORT"), row("web", 1, 80, "WEB_PORT"), row("redis", 12, 6379, "REDIS_PORT"),
        ],
    });
    assert_eq!(shop.gantry("book --auto --json").json(), expected);
}

#[test]
fn a_name_without_a_compose_file_has_no_container_port() {
    let shop = Shop::new();
    let expected = serde_json::json!({
        "format_version": 1,
        "context": HASH,
        "allocations": [
            { "service": "mailpit", "port": shop.port(16), "container_port": null, "env_var": "MAILPIT_PORT" },
        ],
    });
    assert_eq!(shop.gantry("book mailpit --json").json(), expected);
}

#[test]
fn a_preferred_port_of_another_context_is_told_with_its_holder() {
    let shop = Shop::booked();
    shop.sandbox.git(&shop.checkout, ["switch", "--quiet", "--create", "two"]);
    let holder = "postgres of shop/main ([SANDBOX]/shop)";
    let strict = format!("port {{0}} is taken by {holder}");
    let hint = "`gantry which {0}` tells more; without --strict the next free port is taken";
    shop.check("book postgres --strict", "", &format!("error: {strict}\nhint: {hint}\n"), 4);
    shop.check_error("book postgres --strict --json", "port_conflict", &strict, hint, 4);
    shop.check_error("book extra -p {0} --strict --json", "port_conflict", &strict, hint, 4);
    shop.check(
        "book postgres",
        "{4}\n",
        &format!("gantry: postgres: port {{0}} is taken by {holder}; took {{4}}\n"),
        0,
    );
    shop.check("book extra -q -p {0}", "{16}\n", "", 0);
}

#[test]
fn a_preferred_port_of_a_foreign_process_is_told_with_its_name_and_pid() {
    let shop = Shop::new();
    let foreign = Foreign::listen(shop.port(0));
    let holder = format!("busybox (pid {})", foreign.pid());
    let strict = format!("port {{0}} is taken by {holder}");
    let hint = "`gantry which {0}` tells more; without --strict the next free port is taken";
    shop.check("book postgres --strict", "", &format!("error: {strict}\nhint: {hint}\n"), 4);
    shop.check_bookings(&[]);
    shop.check(
        "book postgres",
        "{4}\n",
        &format!("gantry: postgres: port {{0}} is taken by {holder}; took {{4}}\n"),
        0,
    );
    shop.check_bookings(&["shop/main postgres {4}"]);
}

#[test]
fn a_listener_in_a_range_is_passed_over_without_a_word() {
    let shop = Shop::new();
    let _foreign = (Foreign::listen(shop.port(12)), Foreign::listen(shop.port(13)));
    shop.check("book redis", "{14}\n", "", 0);
}

#[test]
fn an_allocation_stays_whatever_port_is_named() {
    let shop = Shop::booked();
    shop.check(
        "book postgres --port {3}",
        "{0}\n",
        "gantry: postgres keeps port {0}, {3} was not taken: to move it, run `gantry release` on it first\n",
        0,
    );
    shop.check("book postgres -q --port {3}", "{0}\n", "", 0);
    shop.check("book postgres --port {0} --strict", "{0}\n", "", 0);
    let (message, hint) =
        ("postgres has port {0} already, not {3}", "`gantry release postgres` first, then book it anew");
    shop.check("book postgres --port {3} --strict", "", &format!("error: {message}\nhint: {hint}\n"), 4);
    shop.check_error("book postgres -p {3} --strict --json", "port_conflict", message, hint, 4);
}

#[test]
fn a_full_range_is_named() {
    let shop = Shop::new();
    shop.set_range("default:{16}-{17}");
    shop.set_range("redis:{12}-{12}");
    for (service, port) in [("a", "{16}\n"), ("b", "{17}\n")] {
        shop.check(&format!("book {service}"), port, "", 0);
    }
    let message = "no port is free in the range `default` ({16}-{17})";
    let hint = "give ports back with `gantry prune` or `gantry release`, or widen the range with \
                `gantry config --set-range default:START-END`";
    shop.check("book c", "", &format!("error: {message}\nhint: {hint}\n"), 4);
    shop.check_error("book c --json", "range_full", message, hint, 4);
    shop.check("book redis", "{12}\n", "", 0);
    shop.sandbox.git(&shop.checkout, ["switch", "--quiet", "--create", "two"]);
    let message = "no port is free in the range `redis` ({12}) or `default` ({16}-{17})";
    let hint = hint.replace("default", "redis");
    shop.check_error("book redis --json", "range_full", message, &hint, 4);
}

#[test]
fn auto_books_the_others_where_one_range_is_full() {
    let shop = Shop::new();
    shop.set_range("default:{16}-{16}");
    shop.set_range("redis:{16}-{16}");
    shop.check("book a -q", "{16}\n", "", 0);
    shop.check(
        "book --auto",
        "a {16}\npostgres {0}\nweb {1}\n",
        "error: redis gets no port: no port is free in the range `redis` ({16}) or `default` ({16})\n\
         hint: give ports back with `gantry prune` or `gantry release`, or widen the range with \
         `gantry config --set-range redis:START-END`\n",
        4,
    );
}

#[test]
fn json_tells_what_was_booked_and_what_was_not() {
    let shop = Shop::new();
    shop.compose("services: { redis: { image: redis, ports: ['6379'] } }\n");
    shop.set_range("default:{16}-{16}");
    shop.set_range("redis:{16}-{16}");
    shop.check("book a -q", "{16}\n", "", 0);
    let output = shop.gantry("book --auto --json");
    let booked: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let row = serde_json::json!([
        { "service": "a", "port": shop.port(16), "container_port": null, "env_var": "A_PORT" },
    ]);
    assert_eq!((&booked["allocations"], output.status), (&row, 4), "{output:?}");
    let error: serde_json::Value = serde_json::from_str(&output.stderr).unwrap();
    assert_eq!(error["error"]["kind"], "range_full", "{output:?}");
}

#[test]
fn bad_and_reserved_ports_are_not_chosen_but_may_be_named() {
    let shop = Shop::new();
    shop.set_range("printer:10079-10081");
    shop.sandbox.gantry(&shop.checkout, ["config", "--reserve", "10079"]).require_success();
    shop.check("book printer", "10081\n", "", 0);
    // The block's range of `default` comes next, not 10080.
    shop.check("release printer", "", "gantry: gave back shop/main: printer (10081)\n", 0);
    shop.set_range("printer:10079-10080");
    shop.check("book printer", "{16}\n", "", 0);
    shop.check("book named --port 10080", "10080\n", "", 0);
    shop.check("book reserved --port 10079", "10079\n", "", 0);
}

#[test]
fn the_kernels_ports_are_chosen_only_on_purpose() {
    let sandbox = Sandbox::new();
    let checkout = sandbox.directory("shop");
    // A network namespace has ephemeral and reserved ports of its own, and nobody listens in it.
    let mut command = sandbox.command("unshare", &checkout);
    if !nix::unistd::geteuid().is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let script =
        "cd /proc/sys/net/ipv4 && echo 5400 5600 >ip_local_port_range && echo 10000-10004 >ip_local_reserved_ports
        cd \"$1\"
        gantry get postgres; gantry book other
        gantry config --set-range purpose:5500-5501; gantry book purpose; gantry book named --port 5502";
    command.args(["--net", "sh", "-c", script, "sh"]).arg(&checkout);
    sandbox.run(&mut command).check("10005\n10006\n5500\n5502\n", "gantry: 1 setting changed\n", 0);
}

#[test]
fn sixty_four_at_once_get_sixty_four_ports() {
    let sandbox = Sandbox::new();
    let children: Vec<_> = (0..64)
        .map(|number| {
            let directory = sandbox.directory(format!("project-{number}"));
            let mut command = sandbox.command("gantry", &directory);
            command.args(["book", "web"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    let mut ports = BTreeSet::new();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        ports.insert(String::from_utf8(output.stdout).unwrap());
    }
    assert_eq!(ports.len(), 64);
}

#[test]
fn a_port_below_1024_is_free_where_nobody_listens() {
    let shop = Shop::new();
    shop.check("book rare --port 3", "3\n", "", 0);
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    for (port, shown) in [("0", "0"), ("70000", "70000"), ("-1", "-1"), ("http", "http")] {
        shop.check_usage(
            &format!("book web --port={port}"),
            &format!(
                "error: invalid value '{shown}' for '--port <PORT>': `{shown}` is not a port: a port is a number \
                 from 1 to 65535"
            ),
        );
    }
    shop.check_usage("book", "error: the following required arguments were not provided:");
    shop.check_usage("book web --auto", "error: the argument '[SERVICE]' cannot be used with '--auto'");
    shop.check_usage("book --auto --strict", "error: the argument '--auto' cannot be used with '--strict'");
    shop.check_usage("book --auto -p 1", "error: the argument '--auto' cannot be used with '--port <PORT>'");
    shop.check_error(
        "book web --port 70000 --json",
        "usage",
        "invalid value '70000' for '--port <PORT>': `70000` is not a port: a port is a number from 1 to 65535",
        "`gantry help` lists the commands and their options",
        2,
    );
    shop.check_bookings(&[]);
}
