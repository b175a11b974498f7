//! `gantry discover`.

use serde_json::json;

use crate::shop::Shop;

#[test]
fn a_table_of_what_is_published() {
    let shop = Shop::new();
    shop.check(
        "discover",
        "SERVICE   CONTAINER PORT  HOST ADDRESS  VARIABLE    PREFERRED  KIND      SOURCE\n\
         postgres  5432/tcp        -             PG_PORT     {0}      postgres  compose.yaml:4\n\
         web       80/tcp          -             WEB_PORT    {1}      http      compose.yaml:7\n\
         redis     6379/tcp        -             REDIS_PORT  -          redis     compose.yaml:10\n",
        "",
        0,
    );
    shop.check_bookings(&[]);
}

#[test]
fn json_has_one_entry_a_container_port() {
    let shop = Shop::new();
    shop.compose(
        "services:\n  dns:\n    image: coredns\n    ports:\n      - '127.0.0.1:{0}:53'\n      - '{0}:53/udp'\n      \
         - '${METRICS:-{1}}:9153'\n",
    );
    let entry = |container_port: u16, protocol: &str, host_ip: Option<&str>, variable: &str, port: u16, line: u32| {
        json!({
            "service": "dns", "container_port": container_port, "protocol": protocol, "host_ip": host_ip,
            "variable": variable, "preferred_port": shop.port(port), "kind": "default",
            "source": { "file": "[SANDBOX]/shop/compose.yaml", "line": line },
        })
    };
    let expected = json!({
        "format_version": 1,
        "services": [
            entry(53, "tcp", Some("127.0.0.1"), "DNS_53_PORT", 0, 5),
            entry(53, "udp", None, "DNS_53_PORT", 0, 6),
            entry(9153, "tcp", None, "METRICS", 1, 7),
        ],
    });
    assert_eq!(shop.gantry("discover --json").json(), expected);
    shop.check_bookings(&[]);
}

#[test]
fn nothing_is_published() {
    let shop = Shop::new();
    shop.compose("services: {}\n");
    shop.check("discover", "", "gantry: no compose file in [SANDBOX]/shop publishes a port\n", 0);
    assert_eq!(shop.gantry("discover --json").json(), json!({ "format_version": 1, "services": [] }));
}

#[test]
fn a_broken_file_is_named_with_its_line() {
    let shop = Shop::new();
    shop.compose("services:\n  web:\n    ports: [\n");
    let refused = shop.gantry("discover");
    assert_eq!((refused.stdout.as_str(), refused.status), ("", 1), "{refused:?}");
    assert!(refused.stderr.starts_with("error: [SANDBOX]/shop/compose.yaml:"), "{refused:?}");
    assert!(refused.stderr.ends_with("hint: `docker compose -f [SANDBOX]/shop/compose.yaml config` checks it\n"));
    let refused = shop.gantry("discover --json");
    assert_eq!((refused.stdout.as_str(), refused.status), ("", 1), "{refused:?}");
    let error: serde_json::Value = serde_json::from_str(&refused.stderr).unwrap();
    assert_eq!((&error["format_version"], &error["error"]["kind"]), (&json!(1), &json!("compose")), "{error}");
}
