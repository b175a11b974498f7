//! `gantry list` and `gantry ports`.

use std::fs;

use serde_json::{Value, json};

use crate::shop::Shop;
use crate::yard::Yard;

const NONE: &str = "gantry: no project is registered; `gantry register` registers the one of this directory\n";
const NO_ENGINE: &str =
    "no container engine: docker is not installed; podman is not installed; so nobody knows what runs\n";
const PORTS: &str = "\
PROJECT  SERVICE   PORT   CONTAINER  VARIABLE    NOTE
shop     postgres  {0}  5432/tcp   PG_PORT
shop     web       {1}  80/tcp     WEB_PORT    http
shop     redis     {12}  6379/tcp   REDIS_PORT
";

#[test]
fn nothing_is_registered() {
    let mut shop = Shop::booked();
    let bytes = shop.registry_bytes();
    shop.without_engine();
    for arguments in ["list", "ports --all"] {
        shop.check(arguments, "", NONE, 0);
        assert_eq!(shop.gantry(&format!("{arguments} --json")).json(), json!({ "format_version": 1, "projects": [] }));
    }
    assert_eq!(shop.registry_bytes(), bytes);
}

#[test]
fn without_an_engine_projects_are_listed_all_the_same() {
    let mut shop = Shop::registered();
    let app = shop.sandbox.directory("app");
    shop.gantry_in(&app, "register").require_success();
    shop.gantry_in(&shop.sandbox.directory("moved"), "register").require_success();
    fs::remove_dir(shop.sandbox.path("moved")).unwrap();
    shop.without_engine();
    let table = "\
PROJECT  HTTP   STATE    KIND     PATH
app      {8}  unknown  native   [SANDBOX]/app
moved    -      gone     native   [SANDBOX]/moved
shop     {1}  unknown  compose  [SANDBOX]/shop
";
    shop.check("list", table, &format!("warning: {NO_ENGINE}"), 0);
    // Where one stands makes no difference.
    shop.check_in(&shop.sandbox.path("home"), "list", table, &format!("warning: {NO_ENGINE}"), 0);
    let answer = shop.gantry("list --json").json();
    let field = |name: &str| -> Vec<Value> {
        answer["projects"].as_array().unwrap().iter().map(|row| row[name].clone()).collect()
    };
    assert_eq!(field("state"), ["unknown", "unknown", "unknown"]);
    assert_eq!(field("is_gone"), [false, true, false]);
    assert_eq!(field("http_port"), [json!(shop.port(8)), Value::Null, json!(shop.port(1))]);
}

#[test]
fn list_in_json_field_by_field() {
    let mut shop = Shop::new().apart();
    shop.compose("services: { web: { image: nginx, expose: [9000], ports: ['{1}:80'] } }\n");
    shop.gantry("register").require_success();
    shop.level_times();
    shop.without_engine();
    let published = shop.fill("{1}");
    let expected = json!({
        "format_version": 1,
        "projects": [{
            "hostname": "shop",
            "path": "[SANDBOX]/shop",
            "directory": "[SANDBOX]/shop",
            "kind": "compose",
            "is_compose": true,
            "http_port": shop.port(1),
            "http_service": "web",
            "services": ["web"],
            "ports": [{ "service": "web", "container_port": 80, "protocol": "tcp", "published": published }],
            "exposed_ports": [{ "service": "web", "port": "9000", "protocol": "tcp" }],
            "registered_at": "1970-01-01T00:00:00Z",
            "updated_at": "1970-01-01T00:00:00Z",
            "started_at": null,
            "status_changed_at": null,
            "is_gone": false,
            "state": "unknown",
        }],
    });
    assert_eq!(shop.gantry("list --json").json(), expected);
}

#[test]
fn what_runs_is_asked_of_the_engine() {
    let yard = Yard::new();
    let state = || yard.gantry("list --json").json()["projects"][0]["state"].clone();
    yard.gantry("register").require_success();
    assert_eq!(state(), "down");
    yard.gantry("start").require_success();
    assert_eq!(state(), "running");
    let moved = yard.sandbox.path("moved");
    fs::rename(&yard.checkout, &moved).unwrap();
    let listed = yard.gantry_in(&yard.sandbox.path("home"), "list").require_success().stdout;
    assert!(listed.contains("gone, running"), "{listed}");
    fs::rename(&moved, &yard.checkout).unwrap();
    yard.gantry("stop").require_success();
    assert_eq!(state(), "stopped");
}

#[test]
fn a_compose_file_that_is_gone_leaves_nothing_to_start() {
    let yard = Yard::new();
    yard.gantry("register").require_success();
    fs::remove_file(yard.checkout.join("compose.yaml")).unwrap();
    let output = yard.gantry("start");
    let error = yard.fill("error: the compose file of {name} is gone, so there is nothing to run\n");
    assert_eq!((output.status, output.stderr.starts_with(&error)), (3, true), "{output:?}");
}

#[test]
fn ports_of_a_project() {
    let shop = Shop::registered();
    shop.sandbox.directory("shop/deep");
    for (directory, arguments) in [
        ("shop", "ports"),
        ("shop/deep", "ports"),
        ("home", "ports shop"),
        ("home", "ports SHOP"),
        ("home", "ports -a"),
    ] {
        shop.check_in(&shop.sandbox.path(directory), arguments, PORTS, "", 0);
    }
    // A directory that is not registered goes by its label.
    shop.gantry("unregister --keep-ports").require_success();
    let plain =
        PORTS.replace("shop     ", "shop/main  ").replace("PROJECT  ", "PROJECT    ").replace("    http\n", "\n");
    shop.check("ports", &plain, "", 0);
}

#[test]
fn ports_in_json_field_by_field() {
    let shop = Shop::new();
    shop.compose(
        "services:\n  dns: { image: x, ports: ['{2}:53/udp', '{2}:53', '{3}:80'] }\n  \
         web: { image: nginx, expose: ['9000-9001'], ports: ['{1}:80'] }\n",
    );
    shop.gantry("register --hostname names").require_success();
    let line = |service: &str, port: Option<u16>, container: &str, protocol: &str, variable: Option<&str>| {
        json!({
            "service": service,
            "port": port.map(|number| shop.port(number)),
            "container_port": container,
            "protocol": protocol,
            "env_var": variable,
            "is_http": service == "web" && port.is_some(),
            "is_exposed": port.is_none(),
        })
    };
    let expected = json!({
        "format_version": 1,
        "projects": [{
            "hostname": "names",
            "label": "shop/main",
            "path": "[SANDBOX]/shop",
            "ports": [
                line("dns", Some(2), "53", "udp", Some("DNS_53_PORT")),
                line("dns", Some(3), "80", "tcp", Some("DNS_80_PORT")),
                line("web", Some(1), "80", "tcp", Some("WEB_PORT")),
                line("dns", Some(2), "53", "tcp", Some("DNS_53_PORT")),
                line("web", None, "9000-9001", "tcp", None),
            ],
        }],
    });
    assert_eq!(shop.gantry("ports --json").json(), expected);
}

#[test]
fn what_is_not_booked_and_what_the_file_does_not_mention() {
    let shop = Shop::registered();
    let bytes = shop.registry_bytes();
    shop.compose(
        "services:\n  web: { image: nginx, ports: ['{1}:80', '90'] }\n  \
         api: { image: x, expose: ['7'], ports: ['${API:-{2}}:8080'] }\n",
    );
    let table = "\
PROJECT  SERVICE   PORT   CONTAINER  VARIABLE     NOTE
shop     postgres  {0}  5432/tcp   -            not in the compose file
shop     web       {1}  80/tcp     WEB_80_PORT  http
shop     redis     {12}  6379/tcp   -            not in the compose file
shop     web       -      90/tcp     -            not booked
shop     api       -      8080/tcp   -            not booked
shop     api       -      7/tcp      -            exposed
";
    shop.check("ports", table, "", 0);
    assert_eq!(shop.registry_bytes(), bytes, "looking books nothing");
}

#[test]
fn a_broken_compose_file_leaves_what_is_booked() {
    let shop = Shop::registered();
    shop.compose("services: [\n");
    let output = shop.gantry("ports");
    assert_eq!((output.stdout.as_str(), output.status), (shop.fill(PORTS).as_str(), 0), "{output:?}");
    assert!(output.stderr.starts_with("warning: [SANDBOX]/shop/compose.yaml:"), "{output:?}");
    assert!(output.stderr.ends_with("; so only what is booked is listed\n"), "{output:?}");
}

#[test]
fn a_project_that_is_gone_does_not_hide_the_others() {
    let shop = Shop::registered();
    shop.gantry_in(&shop.sandbox.directory("app"), "register").require_success();
    fs::remove_dir(shop.sandbox.path("app")).unwrap();
    let gone = "the directory of app, [SANDBOX]/app, is gone";
    shop.check("ports --all", PORTS, &format!("warning: {gone}\n"), 0);
    let hint = "where it was moved, `gantry config app --set path=NEW`; else `gantry unregister app`";
    shop.check("ports app", "", &format!("error: {gone}\nhint: {hint}\n"), 3);
    shop.check_error("ports app --json", "gone", gone, hint, 3);
}

#[test]
fn a_prune_keeps_the_project_and_forgets_its_ports() {
    let mut shop = Shop::registered();
    let away = shop.sandbox.path("away");
    fs::rename(&shop.checkout, &away).unwrap();
    let home = shop.sandbox.path("home");
    shop.gantry_in(&home, "prune --yes").require_success();
    assert_eq!(shop.gantry_in(&home, "status -a --json").json()["allocations"], json!([]));
    fs::rename(&away, &shop.checkout).unwrap();
    shop.without_engine();
    let table = |port: &str| {
        format!(
            "PROJECT  HTTP{}  STATE    KIND     PATH\nshop     {port}  unknown  compose  [SANDBOX]/shop\n",
            if port == "-   " { "" } else { " " }
        )
    };
    shop.check("list", &table("-   "), &format!("warning: {NO_ENGINE}"), 0);
    // The disk is mounted again: the next export books for the project as the first did.
    shop.gantry("export --auto").require_success();
    shop.check("list", &table("{1}"), &format!("warning: {NO_ENGINE}"), 0);
}

#[test]
fn release_gives_the_http_port_back_until_it_is_wanted_again() {
    let shop = Shop::new();
    let app = shop.sandbox.directory("app");
    shop.gantry_in(&app, "register").require_success();
    shop.check_in(&app, "release http", "", "gantry: gave back app: http ({8})\n", 0);
    let none = "gantry: no ports; `gantry export --auto` books what the compose file publishes\n";
    shop.check_in(&app, "ports", "", none, 0);
    shop.gantry_in(&app, "export --auto").require_success();
    let table =
        "PROJECT  SERVICE  PORT   CONTAINER  VARIABLE   NOTE\napp      http     {8}  -          HTTP_PORT  http\n";
    shop.check_in(&app, "ports", table, "", 0);
}

#[test]
fn hostnames_that_nobody_has() {
    let shop = Shop::registered();
    for (name, hint) in [
        ("shpo", "did you mean `shop`? `gantry list` lists them all"),
        ("SHPO", "did you mean `shop`? `gantry list` lists them all"),
        ("shop.test", "did you mean `shop`? `gantry list` lists them all"),
        ("zebra", "`gantry list` lists the projects; `gantry register` adds one"),
        ("🛒", "`gantry list` lists the projects; `gantry register` adds one"),
    ] {
        for command in ["ports", "update", "unregister", "config", "trust"] {
            let error = format!("error: no project is called `{name}`\nhint: {hint}\n");
            shop.check(&format!("{command} {name}"), "", &error, 3);
        }
    }
    shop.check_error(
        "ports --json shpo",
        "not_found",
        "no project is called `shpo`",
        "did you mean `shop`? `gantry list` lists them all",
        3,
    );
    shop.check_usage("ports --all shop", "error: the argument '--all' cannot be used with '[HOSTNAME]'");
}

#[test]
fn a_project_inside_another_is_the_one_that_is_meant() {
    let shop = Shop::registered();
    shop.sandbox.write("shop/api/compose.yaml", "services: { api: { image: nginx, ports: ['80'] } }\n");
    let deep = shop.sandbox.directory("shop/api/deep");
    let unregistered = "error: [SANDBOX]/shop/api is not registered as a project\n\
                        hint: `gantry register` gives it a hostname; `gantry list` lists the others\n";
    shop.check_in(&deep, "update", "", unregistered, 3);
    shop.check_in(&deep, "register", "api {8}\n", "gantry: registered [SANDBOX]/shop/api (compose) as api\n", 0);
    shop.check_in(&deep, "update", "", "gantry: nothing has changed in api\n", 0);
    shop.check("update", "", "gantry: nothing has changed in shop\n", 0);
    // What made it a project of its own is gone: it is never taken for the one around it.
    fs::remove_file(shop.sandbox.path("shop/api/compose.yaml")).unwrap();
    let message = "the directory of api, [SANDBOX]/shop/api, is a part of the project [SANDBOX]/shop by now";
    let hint =
        "`touch [SANDBOX]/shop/api/gantry.yml` makes it a project of its own again; else `gantry unregister api`";
    let error = format!("error: {message}\nhint: {hint}\n");
    let home = shop.sandbox.path("home");
    for (directory, arguments) in [
        (&deep, "update"),
        (&deep, "ports"),
        (&deep, "ps"),
        (&home, "update api"),
        (&home, "start api"),
        (&home, "config api --set http_port={3}"),
    ] {
        shop.check_in(directory, arguments, "", &error, 3);
    }
    shop.check("ports --all", PORTS, &format!("warning: {message}\n"), 0);
    shop.sandbox.write("shop/api/gantry.yml", "");
    let changes =
        "- the compose file\n- service api\n- port api:80/tcp on any port\n~ the HTTP port goes from api to http\n";
    shop.check_in(&deep, "update", changes, "gantry: api is up to date\n", 0);
    fs::remove_file(shop.sandbox.path("shop/api/gantry.yml")).unwrap();
    shop.gantry_in(&deep, "unregister --keep-ports").require_success();
    shop.check("ports --all", PORTS, "", 0);
}

#[test]
fn names_from_compose_files_cannot_steer_the_terminal() {
    let shop = Shop::new().apart();
    shop.compose("services: { \"a\\e[31m\\u202Eb\": { image: nginx, expose: ['1'], ports: ['{1}:80', '{2}:81'] } }\n");
    for arguments in [
        "register",
        "list",
        "ports",
        "config",
        "config --json",
        "list --json",
        "ports --json",
        "update -n",
        "unregister -n",
    ] {
        let output = shop.gantry(arguments).require_success();
        let shown = output.stdout + &output.stderr;
        assert!(!shown.contains(['\u{1b}', '\u{202e}']) || arguments.contains("--json"), "{arguments}: {shown:?}");
        assert!(!shown.contains('\u{1b}'), "{arguments}: {shown:?}");
    }
    shop.compose("services: { b: { image: nginx, ports: ['{1}:80'] } }\n");
    let output = shop.gantry("update").require_success();
    assert!(!(output.stdout + &output.stderr).contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn a_project_is_found_from_below_it() {
    let shop = Shop::new();
    let native = shop.sandbox.directory("native");
    shop.gantry_in(&native, "register --hostname native").require_success();
    let below = shop.sandbox.directory("native/src/deep");
    let ports = shop.gantry_in(&below, "ports --json").json();
    assert_eq!(ports["projects"][0]["hostname"], "native", "{ports}");
    assert_eq!(ports["projects"][0]["path"], "[SANDBOX]/native");
    // What has a compose file of its own is another one.
    shop.sandbox.write(below.join("compose.yaml"), "services: { db: { image: postgres } }\n");
    let ports = shop.gantry_in(&below, "ports --json").json();
    assert_eq!(ports["projects"][0]["hostname"], serde_json::Value::Null, "{ports}");
}
