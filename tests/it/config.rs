//! `gantry config`.

use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::shop::Shop;

const SHOWN: &str = "\
SERVICE        PORTS        ORIGIN
default        10000-19999  default
elasticsearch  9200-9299    default
http           5000-5999    default
kafka          9092-9099    default
meilisearch    7700-7799    default
mongodb        27017-27099  default
mysql          3306-3399    default
postgres       5432-5499    default
rabbitmq       5672-5699    default
redis          6379-6449    default
";
const REGISTRY: &str = "gantry: the registry is [SANDBOX]/home/.local/share/gantry/registry.db\n";

#[test]
fn the_defaults_are_shown_without_a_registry() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    for arguments in [["config"].as_slice(), &["config", "--show"]] {
        sandbox.gantry(&home, arguments).check(SHOWN, REGISTRY, 0);
    }
    assert!(!sandbox.registry().exists());
}

#[test]
fn json_has_every_range_and_reserve() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    let set = ["config", "--set-range", "mailpit:8025-8050", "--reserve", "9000-9010", "--reserve", "8080"];
    sandbox.gantry(&home, set).check("", "gantry: 3 settings changed\n", 0);
    let answer = sandbox.gantry(&home, ["config", "--json"]).json();
    let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(names, ["format_version", "registry", "ranges", "reserves"]);
    assert_eq!(answer["registry"], "[SANDBOX]/home/.local/share/gantry/registry.db");
    assert_eq!(answer["ranges"]["mailpit"], json!({ "start": 8025, "end": 8050, "is_default": false }));
    assert_eq!(answer["ranges"]["postgres"], json!({ "start": 5432, "end": 5499, "is_default": true }));
    assert_eq!(answer["ranges"].as_object().unwrap().len(), 11);
    assert_eq!(answer["reserves"], json!([{ "start": 8080, "end": 8080 }, { "start": 9000, "end": 9010 }]));
}

#[test]
fn a_change_is_shown_on_demand() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    let shown = SHOWN.replace("postgres       5432-5499    default", "postgres       6000-6099    set")
        + "-              8080         reserved\n";
    let note = format!("gantry: 2 settings changed\n{REGISTRY}");
    let set = ["config", "--set-range", "postgres:6000-6099", "--reserve", "8080", "--show"];
    sandbox.gantry(&home, set).check(&shown, &note, 0);
}

#[test]
fn what_was_set_can_be_taken_back() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    let one = "gantry: 1 setting changed\n";
    for (set, unset) in [
        (["--set-range", "postgres:6000-6099"], ["--unset-range", "postgres"]),
        (["--set-range", "postgresql:6000-6099"], ["--unset-range", "postgresql"]),
        (["--set-range", "mailpit:8025-8050"], ["--unset-range", "mailpit"]),
        (["--reserve", "8080"], ["--unreserve", "8080"]),
        (["--reserve", "9000-9010"], ["--unreserve", "9000-9010"]),
    ] {
        sandbox.gantry(&home, ["config"].iter().chain(&set)).check("", one, 0);
        assert_ne!(sandbox.gantry(&home, ["config"]).stdout, SHOWN, "{set:?}");
        sandbox.gantry(&home, ["config"].iter().chain(&unset)).check("", one, 0);
        sandbox.gantry(&home, ["config"]).check(SHOWN, REGISTRY, 0);
    }
    let hint = "hint: `gantry config` lists what is set; nothing was changed\n";
    sandbox.gantry(&home, ["config", "--unset-range", "postgres"]).check(
        "",
        &format!("error: no range was set for `postgres`\n{hint}"),
        3,
    );
    // All of it or nothing.
    sandbox.gantry(&home, ["config", "--set-range", "redis:1-2", "--unreserve", "8080"]).check(
        "",
        &format!("error: 8080 is not reserved\n{hint}"),
        3,
    );
    sandbox.gantry(&home, ["config"]).check(SHOWN, REGISTRY, 0);
}

#[test]
fn another_word_for_a_kind_sets_the_kind() {
    let shop = Shop::new();
    shop.set_range("postgresql:{2}-{3}");
    shop.compose("services: { db: { image: 'postgres:16', ports: ['5432'] } }\n");
    shop.check("get db", "{2}\n", "", 0);
}

#[test]
fn ranges_decide_where_ports_come_from() {
    let shop = Shop::new();
    shop.set_range("web:{3}-{3}");
    shop.compose("services: { web: { image: nginx, ports: ['80'] }, api: { image: nginx, ports: ['80'] } }\n");
    shop.check("book --auto", "web {3}\napi {8}\n", "", 0);
    // What is booked stays.
    shop.set_range("web:{2}-{2}");
    shop.check("get web", "{3}\n", "", 0);
}

#[test]
fn reserves_are_passed_over() {
    let shop = Shop::new();
    shop.check("config --reserve {12}-{14}", "", "gantry: 1 setting changed\n", 0);
    shop.check("get redis", "{15}\n", "", 0);
    shop.check("config --unreserve {12}-{14}", "", "gantry: 1 setting changed\n", 0);
    shop.check("release redis", "", "gantry: gave back shop/main: redis ({15})\n", 0);
    shop.check("get redis", "{12}\n", "", 0);
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    let hint = "write it as SERVICE:START-END, for example postgres:6000-6099";
    for (range, message) in [
        ("postgres", "`postgres` names no service and range"),
        (":1-2", "`:1-2` names no service and range"),
        ("postgres:", "--set-range postgres: `` is not a port: a port is a number from 1 to 65535"),
        ("postgres:9-1", "--set-range postgres: `9-1` is not a range: it ends before it starts"),
        ("postgres:0-9", "--set-range postgres: `0` is not a port: a port is a number from 1 to 65535"),
        ("postgres:1-70000", "--set-range postgres: `70000` is not a port: a port is a number from 1 to 65535"),
    ] {
        shop.check(&format!("config --set-range {range}"), "", &format!("error: {message}\nhint: {hint}\n"), 2);
        shop.check_error(&format!("config --json --set-range {range}"), "usage", message, hint, 2);
    }
    let message =
        "invalid value '0' for '--reserve <PORT[-PORT]>': `0` is not a port: a port is a number from 1 to 65535";
    shop.check_usage("config --reserve 0", &format!("error: {message}"));
    let reserves: Value = shop.gantry("config --json").json()["reserves"].clone();
    assert_eq!(reserves, json!([]));
}
