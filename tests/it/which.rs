//! `gantry which`.

use serde_json::json;

use crate::ports::{Foreign, listen};
use crate::shop::{HASH, Shop};

#[test]
fn who_booked_it() {
    let shop = Shop::booked();
    shop.check("which {0}", "booked     postgres of shop/main ([SANDBOX]/shop)\nlistening  nobody\n", "", 0);
    let expected = json!({
        "format_version": 1,
        "port": shop.port(0),
        "allocation": {
            "context": HASH, "label": "shop/main", "path": "[SANDBOX]/shop", "service": "postgres",
            "container_port": 5432, "env_var": "PG_PORT",
        },
        "listening": false,
        "listeners": [],
    });
    assert_eq!(shop.gantry("which {0} --json").json(), expected);
}

#[test]
fn who_listens() {
    let shop = Shop::booked();
    let foreign = Foreign::listen(shop.port(2));
    let listening = format!("listening  busybox (pid {}, tcp)\n", foreign.pid());
    shop.check("which {2}", &format!("booked     by nobody\n{listening}"), "", 0);
    let expected = json!({
        "format_version": 1, "port": shop.port(2), "allocation": null, "listening": true,
        "listeners": [{ "pid": foreign.pid(), "name": "busybox", "protocol": "tcp" }],
    });
    assert_eq!(shop.gantry("which {2} --json").json(), expected);
    shop.check("book other -q -p {2}", "{16}\n", "", 0);
    drop(foreign);
    let foreign = Foreign::listen(shop.port(1));
    let both =
        format!("booked     web of shop/main ([SANDBOX]/shop)\nlistening  busybox (pid {}, tcp)\n", foreign.pid());
    shop.check("which {1}", &both, "", 0);
}

#[test]
fn udp_counts() {
    let shop = Shop::new();
    let _socket = std::net::UdpSocket::bind(("127.0.0.1", shop.port(3))).unwrap();
    let answer = shop.gantry("which {3} --json").json();
    // Not by pid: a process that another test is just starting shares the test's sockets for a moment.
    assert_eq!((&answer["listening"], &answer["listeners"][0]["protocol"]), (&json!(true), &json!("udp")), "{answer}");
}

#[test]
fn a_listener_on_ipv6_counts() {
    let shop = Shop::new();
    let _ipv4 = listen(shop.port(3));
    // Only where the machine has IPv6; IPv4 alone answers the question too.
    let _ipv6 = std::net::TcpListener::bind(("::1", shop.port(2)));
    assert_eq!(shop.gantry("which {3} --json").json()["listening"], true);
    assert_eq!(shop.gantry("which {2}").status, if _ipv6.is_ok() { 0 } else { 3 });
}

#[test]
fn a_free_port_is_no_such_thing() {
    let shop = Shop::new();
    let message = "port {3} is free: nobody booked it, nobody listens on it";
    let hint = "`gantry book SERVICE --port {3}` books it";
    shop.check("which {3}", "", &format!("error: {message}\nhint: {hint}\n"), 3);
    shop.check_error("which {3} --json", "not_found", message, hint, 3);
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    shop.check_usage("which", "error: the following required arguments were not provided:");
    let message =
        "error: invalid value '70000' for '<PORT>': `70000` is not a port: a port is a number from 1 to 65535";
    shop.check_usage("which 70000", message);
}
