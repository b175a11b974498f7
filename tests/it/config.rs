//! `gantry config`.

use std::fs;

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

const PROJECT: &str = "\
SETTING         VALUE
hostname        shop
path            [SANDBOX]/shop
directory       [SANDBOX]/shop
kind            compose
http_port       {1}
http_service    web
services        postgres, redis, web
ports           postgres:5432 on $PG_PORT, web:80 on {1}, redis:6379
exposed_ports   -
registered      1970-01-01T00:00:00Z
updated         1970-01-01T00:00:00Z
started         -
status_changed  -
";
const ONE: &str = "gantry: 1 setting changed\n";

/// A registered project, every time at the epoch.
fn registered() -> Shop {
    let shop = Shop::registered();
    shop.level_times();
    shop
}

#[test]
fn in_a_project_the_project_comes_first() {
    let shop = registered();
    let home = shop.sandbox.path("home");
    let ranges = shop.gantry_in(&home, "config").require_success().stdout;
    assert!(ranges.starts_with("SERVICE        PORTS        ORIGIN\n"), "{ranges}");
    let deep = shop.sandbox.directory("shop/deep");
    for directory in [&shop.checkout, &deep] {
        shop.check_in(directory, "config", &format!("{PROJECT}\n{ranges}"), REGISTRY, 0);
    }
    for name in ["shop", "SHOP"] {
        shop.check_in(&home, &format!("config {name}"), PROJECT, "", 0);
    }
    // A project that is broken, or gone, is shown all the same.
    shop.compose("services: [\n");
    shop.check("config shop", PROJECT, "", 0);
    shop.sandbox.write("shop/gantry.yml", "identity: [\n");
    shop.check("config shop", &PROJECT.replace("http_port       {1}", "http_port       -"), "", 0);
    fs::rename(&shop.checkout, shop.sandbox.path("moved")).unwrap();
    let gone = PROJECT.replace("http_port       {1}", "http_port       -").replacen("/shop\n", "/shop (gone)\n", 1);
    shop.check_in(&home, "config shop", &gone, "", 0);
}

#[test]
fn json_has_the_project_behind_the_ranges() {
    let shop = registered();
    let keys = |answer: &Value| answer.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let home = shop.sandbox.path("home");
    let elsewhere = shop.gantry_in(&home, "config --json").json();
    assert_eq!(keys(&elsewhere), ["format_version", "registry", "ranges", "reserves"]);
    for answer in [shop.gantry("config --json").json(), shop.gantry_in(&home, "config shop --json").json()] {
        assert_eq!(keys(&answer), ["format_version", "registry", "ranges", "reserves", "project"]);
        let project = &answer["project"];
        assert_eq!(
            keys(project),
            [
                "hostname",
                "path",
                "directory",
                "kind",
                "is_compose",
                "http_port",
                "http_service",
                "services",
                "ports",
                "exposed_ports",
                "registered_at",
                "updated_at",
                "started_at",
                "status_changed_at",
                "is_gone",
                "state",
            ]
        );
        assert_eq!((&project["http_port"], &project["state"]), (&json!(shop.port(1)), &Value::Null));
    }
}

#[test]
fn a_projects_settings_are_changed_together() {
    let shop = registered();
    shop.sandbox.directory("shop/backend");
    shop.check("config --set http_port={3}", "", ONE, 0);
    shop.check_bookings(&["shop/main postgres {0}", "shop/main web {3}", "shop/main redis {12}"]);
    // The override publishes it.
    let exported = shop.gantry("export --auto --format json").json();
    assert_eq!(exported["WEB_PORT"], shop.port(3).to_string());
    assert!(exported["COMPOSE_FILE"].as_str().unwrap().contains("/overrides/"), "{exported}");
    let home = shop.sandbox.path("home");
    let set = "config Shop --set directory=backend --set http_port={2} --show";
    let output = shop.gantry_in(&home, set);
    assert_eq!((output.status, output.stderr.as_str()), (0, "gantry: 2 settings changed\n"), "{output:?}");
    let expected = ["directory       [SANDBOX]/shop/backend\n", &shop.fill("http_port       {2}\n")];
    assert!(expected.iter().all(|line| output.stdout.contains(line)), "{output:?}");
    let project = shop.gantry("config --json --set directory=. --set http_service=postgres").json()["project"].clone();
    assert_eq!(
        [&project["directory"], &project["http_service"], &project["http_port"]],
        [&json!("[SANDBOX]/shop"), &json!("postgres"), &json!(shop.port(0))]
    );
}

#[test]
fn all_settings_or_none() {
    let shop = registered();
    shop.sandbox.directory("shop/backend");
    shop.sandbox.directory("outside");
    let bytes = shop.registry_bytes();
    let keys = "directory, http_port, http_service, path";
    for (set, message, hint, status) in [
        (
            "http_port={12}",
            "port {12} is taken by redis of shop/main ([SANDBOX]/shop)".to_owned(),
            "`gantry which {12}` tells more; name a free one".to_owned(),
            4,
        ),
        (
            "http_port=70000",
            "http_port: `70000` is not a port: a port is a number from 1 to 65535".to_owned(),
            "for example `--set http_port=5050`".to_owned(),
            2,
        ),
        (
            "http_service=api",
            "`api` is to be the web server, but the compose file publishes nothing for it".to_owned(),
            "it publishes postgres, web, redis; `http:` in gantry.yml names one of them".to_owned(),
            1,
        ),
        (
            "http_service=",
            "http_service: no service is named".to_owned(),
            "for example `--set http_service=web`".to_owned(),
            2,
        ),
        (
            "directory=../outside",
            "`../outside` is no directory in [SANDBOX]/shop".to_owned(),
            "the working directory is one of the project's own, named from its root".to_owned(),
            2,
        ),
        ("path=nope", "there is no directory nope".to_owned(), "make it first, or check the path".to_owned(), 3),
        (
            "hostname=other",
            "the hostname shop cannot be changed: names, certificates and bookmarks hang on it".to_owned(),
            "`gantry unregister --keep-ports shop`, then `gantry register --hostname NEW`".to_owned(),
            2,
        ),
        (
            "colour=red",
            "a project has no setting `colour`".to_owned(),
            format!("the settings are {keys}; ranges are set with --set-range"),
            2,
        ),
        (
            "red",
            "`red` names no setting and value".to_owned(),
            format!("write it as KEY=VALUE, for example http_port=5050; the settings are {keys}"),
            2,
        ),
    ] {
        let error = format!("error: {message}\nhint: {hint}\n");
        let good = if set.starts_with("directory") { "http_port={2}" } else { "directory=backend" };
        shop.check(&format!("config --set {good} --set {set}"), "", &error, status);
        shop.check(&format!("config --set {set} --set {good}"), "", &error, status);
    }
    assert_eq!(shop.registry_bytes(), bytes);
    shop.check_usage(
        "config shop --reserve 8080",
        "error: the argument '[HOSTNAME]' cannot be used with '--reserve <PORT[-PORT]>'",
    );
}

#[test]
fn a_setting_needs_a_project() {
    let shop = registered();
    let home = shop.sandbox.path("home");
    let message = "[SANDBOX]/home is not registered as a project";
    let hint = "`gantry register` gives it a hostname; `gantry list` lists the others";
    shop.check_in(&home, "config --set http_port={2}", "", &format!("error: {message}\nhint: {hint}\n"), 3);
}

#[test]
fn a_project_that_was_moved_is_told_where_it_is() {
    let shop = registered();
    let app = shop.sandbox.directory("app/backend");
    let home = shop.sandbox.path("home");
    shop.gantry_in(&shop.sandbox.path("app"), "register --port {3}").require_success();
    shop.check_in(&shop.sandbox.path("app"), "config --set directory=backend", "", ONE, 0);
    for (from, to) in [("shop", "shop-two"), ("app", "app-two")] {
        fs::rename(shop.sandbox.path(from), shop.sandbox.path(to)).unwrap();
    }
    assert!(!app.exists());
    let gone = "error: the directory of app, [SANDBOX]/app, is gone\n\
                hint: where it was moved, `gantry config app --set path=NEW`; else `gantry unregister app`\n";
    shop.check_in(&home, "config app --set http_port={2}", "", gone, 3);
    // Its ports come along, without git too.
    for (name, place, port) in [("shop", "../shop-two/", 1), ("app", "../app-two", 3)] {
        shop.check_in(&home, &format!("config {name} --set path={place}"), "", ONE, 0);
        let project = shop.gantry_in(&home, &format!("config {name} --json")).json()["project"].clone();
        assert_eq!(project["path"], format!("[SANDBOX]/{name}-two"));
        assert_eq!((&project["http_port"], &project["is_gone"]), (&json!(shop.port(port)), &json!(false)), "{name}");
    }
    let project = shop.gantry_in(&home, "config app --json").json()["project"].clone();
    assert_eq!(project["directory"], "[SANDBOX]/app-two/backend");
    let taken = "error: [SANDBOX]/app-two is registered already, as app\n\
                 hint: `gantry update app` looks at its files again; `gantry unregister --keep-ports app` first, to \
                 register it under another hostname\n";
    shop.check_in(&home, "config shop --set path=../app-two", "", taken, 1);
    // Where it is already is no mistake.
    shop.check_in(&home, "config shop --set path=../shop-two", "", ONE, 0);
}

#[test]
fn the_service_of_an_http_port_without_a_compose_file_is_renamed() {
    let shop = Shop::new();
    let app = shop.sandbox.directory("app");
    shop.gantry_in(&app, "register").require_success();
    shop.check_in(&app, "config --set http_service=site", "", ONE, 0);
    let exported = shop.gantry_in(&app, "export --format json").json();
    assert_eq!((&exported["SITE_PORT"], &exported["HTTP_PORT"]), (&json!(shop.port(8).to_string()), &Value::Null));
    shop.sandbox.write("app/gantry.yml", "http: http\n");
    let error = "error: gantry.yml says `http: http`\nhint: change it there, then `gantry update`\n";
    shop.check_in(&app, "config --set http_service=server", "", error, 2);
}

#[test]
fn a_setting_leaves_the_others_as_they_were() {
    let shop = Shop::registered();
    let project = || shop.gantry("config --json").json()["project"].clone();
    let before = project();
    shop.gantry("config --set http_port={3}").require_success();
    let after = project();
    assert_eq!((&after["path"], &after["directory"]), (&before["path"], &before["directory"]));
    assert_eq!(after["http_port"], shop.port(3));
}
