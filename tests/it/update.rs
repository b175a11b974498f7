//! `gantry update`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use crate::ports::listen;
use crate::shop::Shop;
use crate::terminal::dialogue;
use crate::yard::Yard;

const DONE: &str = "gantry: shop is up to date\n";
const NOTHING: &str = "gantry: nothing has changed in shop\n";
const WEB: &str = "  web: { image: nginx, ports: ['{1}:80'] }\n";
const POSTGRES: &str = "  postgres: { image: 'postgres:16', ports: ['${PG_PORT:-{0}}:5432'] }\n";

/// A registered project of these services, without a note.
fn registered(services: &str) -> Shop {
    let shop = Shop::new().apart();
    shop.compose(&format!("services:\n{services}"));
    shop.gantry("register").require_success();
    shop
}

impl Shop {
    /// The compose file has these services now: a dry run shows the changes and changes nothing, an update takes them
    /// over, and the next one finds nothing.
    #[track_caller]
    fn check_update(&self, services: &str, changes: &str, bookings: &[&str]) {
        self.compose(&format!("services:\n{services}"));
        self.check_changes(changes, bookings);
    }

    #[track_caller]
    fn check_changes(&self, changes: &str, bookings: &[&str]) {
        let bytes = self.registry_bytes();
        for arguments in ["update -n", "update --dry-run", "update -n -y shop"] {
            self.check(arguments, changes, "gantry: nothing was changed\n", 0);
        }
        assert_eq!(self.registry_bytes(), bytes);
        self.check("update", changes, DONE, 0);
        self.check_bookings(bookings);
        self.check("update", "", NOTHING, 0);
        self.check("update -n", "", NOTHING, 0);
    }
}

#[test]
fn nothing_has_changed() {
    let shop = Shop::registered();
    for arguments in ["update", "update -y", "update -f", "update --force", "update SHOP", "update -n"] {
        shop.check(arguments, "", NOTHING, 0);
    }
    let deep = shop.sandbox.directory("shop/deep");
    shop.check_in(&deep, "update", "", NOTHING, 0);
    shop.check_in(&shop.sandbox.path("home"), "update shop", "", NOTHING, 0);
}

#[test]
fn a_service_comes_and_goes() {
    let shop = registered(WEB);
    shop.check_update(
        &format!("{WEB}{POSTGRES}"),
        "+ service postgres\n+ port postgres:5432/tcp on $PG_PORT\n",
        &["shop/main postgres {0}", "shop/main web {1}"],
    );
    shop.check_update(
        WEB,
        "- service postgres\n- port postgres:5432/tcp on $PG_PORT\n- the port of postgres ({0})\n",
        &["shop/main web {1}"],
    );
}

#[test]
fn a_port_is_kept_while_somebody_listens() {
    let shop = registered(&format!("{WEB}{POSTGRES}"));
    let _listener = listen(shop.port(0));
    shop.compose(&format!("services:\n{WEB}"));
    shop.gantry("update").require_success();
    shop.check_bookings(&["shop/main postgres {0}", "shop/main web {1}"]);
}

#[test]
fn a_service_that_is_renamed_keeps_its_port_where_its_variable_tells() {
    let shop = registered(&format!("{WEB}{POSTGRES}"));
    shop.check_update(
        &format!("{WEB}{}", POSTGRES.replace("  postgres:", "  db:")),
        "+ service db\n- service postgres\n+ port db:5432/tcp on $PG_PORT\n- port postgres:5432/tcp on $PG_PORT\n",
        &["shop/main db {0}", "shop/main web {1}"],
    );
}

#[test]
fn a_port_is_added_removed_and_changed() {
    let shop = registered(WEB);
    shop.check_update(
        "  web: { image: nginx, ports: ['{1}:80', '{2}:443'] }\n",
        "+ port web:443/tcp on {2}\n",
        &["shop/main web {1}", "shop/main web {2}"],
    );
    shop.check_update(
        "  web: { image: nginx, ports: ['${WEB:-{1}}:80', '{2}:443'] }\n",
        "~ port web:80/tcp on {1} is web:80/tcp on $WEB now\n",
        &["shop/main web {1}", "shop/main web {2}"],
    );
    // What is booked stays: the service is still there.
    shop.check_update(
        "  web: { image: nginx, ports: ['${WEB:-{1}}:80'] }\n",
        "- port web:443/tcp on {2}\n",
        &["shop/main web {1}", "shop/main web {2}"],
    );
    shop.check_update(
        "  web: { image: nginx, expose: ['9000'], ports: ['${WEB:-{1}}:80'] }\n",
        "~ exposed ports\n",
        &["shop/main web {1}", "shop/main web {2}"],
    );
}

#[test]
fn a_compose_file_appears_and_goes() {
    let shop = Shop::new().apart();
    fs::remove_file(shop.checkout.join("compose.yaml")).unwrap();
    shop.check("register", "shop {8}\n", "gantry: registered [SANDBOX]/shop (native) as shop\n", 0);
    // The HTTP port stays, though the file would rather have another.
    shop.check_update(
        WEB,
        &shop
            .fill("+ a compose file\n+ service web\n+ port web:80/tcp on {1}\n~ the HTTP port goes from http to web\n"),
        &["shop/main web {8}"],
    );
    let exported = shop.gantry("export --auto --format json").json();
    assert_eq!(exported["WEB_PORT"], shop.port(8).to_string());
    assert!(exported["COMPOSE_FILE"].is_string(), "{exported}");
    fs::remove_file(shop.checkout.join("compose.yaml")).unwrap();
    shop.check_changes(
        "- the compose file\n- service web\n- port web:80/tcp on {1}\n~ the HTTP port goes from web to http\n",
        &["shop/main http {8}"],
    );
    shop.sandbox.write("shop/Dockerfile", "");
    shop.check_changes("~ kind: native is dockerfile now\n", &["shop/main http {8}"]);
}

#[test]
fn another_web_server_takes_the_http_port_over() {
    let shop = registered(WEB);
    shop.check_update(
        "  frontend: { image: node, ports: ['{2}:3000'] }\n",
        "+ service frontend\n- service web\n+ port frontend:3000/tcp on {2}\n- port web:80/tcp on {1}\n\
             ~ the HTTP port goes from web to frontend\n",
        &["shop/main frontend {1}"],
    );
    assert_eq!(shop.gantry("update --json").json()["http_port"], shop.port(1));
}

#[test]
fn gantry_yml_may_say_which_service_it_is() {
    let shop = registered(&format!("{WEB}  api: {{ image: x, ports: ['{{2}}:8080'] }}\n"));
    shop.check_bookings(&["shop/main web {1}", "shop/main api {2}"]);
    shop.configure("http: api\n");
    shop.check(
        "update",
        "~ the HTTP port goes from web to api\n",
        "gantry: web: port {1} is taken by api of shop/main ([SANDBOX]/shop); took {8}\ngantry: shop is up to date\n",
        0,
    );
    shop.check_bookings(&["shop/main api {1}", "shop/main web {8}"]);
    shop.check("update", "", NOTHING, 0);
    shop.configure("http: nope\n");
    let bytes = shop.registry_bytes();
    let error = "error: `nope` is to be the web server, but the compose file publishes nothing for it\n\
                 hint: it publishes web, api; `http:` in gantry.yml names one of them\n";
    shop.check("update", "", error, 1);
    assert_eq!(shop.registry_bytes(), bytes);
    // It says nothing any more.
    shop.configure("");
    let back = shop.gantry("update").require_success();
    assert_eq!(back.stdout, "~ the HTTP port goes from api to web\n");
    shop.check("update", "", NOTHING, 0);
}

#[test]
fn hostname_http_port_and_time_of_registration_stay() {
    let shop = registered(WEB);
    shop.level_times();
    let project = || shop.gantry("config --json").json()["project"].clone();
    let before = project();
    shop.compose("services:\n  frontend: { image: node, ports: ['{2}:3000'] }\n");
    shop.gantry("update").require_success();
    let after = project();
    for field in ["hostname", "path", "http_port", "registered_at"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_ne!(after["updated_at"], before["updated_at"]);
}

#[test]
fn json_field_by_field() {
    let shop = registered(&format!("{WEB}{POSTGRES}"));
    shop.compose("services:\n  web: { image: nginx, ports: ['{2}:80'] }\n");
    let change = |change: &str, text: &str| json!({ "change": change, "text": shop.fill(text) });
    let answer = |dry_run| {
        json!({
            "format_version": 1,
            "dry_run": dry_run,
            "hostname": "shop",
            "is_running": false,
            "changes": [
                change("service_removed", "- service postgres"),
                change("port_changed", "~ port web:80/tcp on {1} is web:80/tcp on {2} now"),
                change("port_removed", "- port postgres:5432/tcp on $PG_PORT"),
                change("given_back", "- the port of postgres ({0})"),
            ],
            "conflicts": [],
            "http_port": shop.port(1),
        })
    };
    assert_eq!(shop.gantry("update -n --json").json(), answer(true));
    assert_eq!(shop.gantry("update --json").json(), answer(false));
    assert_eq!(shop.gantry("update --json").json()["changes"], json!([]));
}

#[test]
fn a_warm_answer_is_made_anew() {
    let shop = registered(WEB);
    let exports = || shop.gantry("export --auto --format json").json();
    assert_eq!(
        (exports()["WEB_PORT"].clone(), exports()["FRONTEND_PORT"].clone()),
        (json!(shop.port(1).to_string()), json!(null))
    );
    shop.compose("services:\n  frontend: { image: node, ports: ['{2}:3000'] }\n");
    // Without the update it is just another service; with it, the web server.
    assert_eq!((exports(), exports()).1["FRONTEND_PORT"], shop.port(2).to_string());
    shop.gantry("update").require_success();
    assert_eq!(exports()["FRONTEND_PORT"], shop.port(1).to_string());
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let shop = Shop::registered();
    shop.compose("services: [\n");
    let bytes = shop.registry_bytes();
    let output = shop.gantry("update");
    assert_eq!((output.status, output.stdout.as_str()), (1, ""), "{output:?}");
    let hint = "hint: `docker compose -f [SANDBOX]/shop/compose.yaml config` checks it\n";
    assert!(output.stderr.ends_with(hint), "{output:?}");
    assert_eq!(shop.registry_bytes(), bytes);
}

#[test]
fn a_path_that_is_gone() {
    let shop = Shop::registered();
    let home = shop.sandbox.path("home");
    fs::rename(&shop.checkout, shop.sandbox.path("moved")).unwrap();
    let bytes = shop.registry_bytes();
    let message = "the directory of shop, [SANDBOX]/shop, is gone";
    let hint = "where it was moved, `gantry config shop --set path=NEW`; else `gantry unregister shop`";
    for arguments in ["update shop", "update shop -n", "update shop -y"] {
        shop.check_in(&home, arguments, "", &format!("error: {message}\nhint: {hint}\n"), 3);
    }
    // A file in its place is no directory either.
    fs::write(&shop.checkout, "").unwrap();
    shop.check_in(&home, "update shop", "", &format!("error: {message}\nhint: {hint}\n"), 3);
    assert_eq!(shop.registry_bytes(), bytes);
    fs::remove_file(&shop.checkout).unwrap();
    // Where it lies now it is not registered; its ports came along all the same.
    let moved = shop.sandbox.path("moved");
    let unregistered = "error: [SANDBOX]/moved is not registered as a project\n\
                        hint: `gantry register` gives it a hostname; `gantry list` lists the others\n";
    shop.check_in(&moved, "update", "", unregistered, 3);
    shop.check_in(&moved, "config shop --set path=.", "", "gantry: 1 setting changed\n", 0);
    shop.check_in(&moved, "update", "", NOTHING, 0);
    shop.check_in(&moved, "get web", "{1}\n", "", 0);
}

#[test]
fn a_terminal_is_asked() {
    for (keys, expected, end) in [
        ("y\n", 0, DONE),
        ("n\n", 0, "gantry: nothing was changed\n"),
        ("\x04", 0, "gantry: nothing was changed\n"),
        ("\x03", 130, ""),
    ] {
        let shop = registered(WEB);
        shop.compose(&format!("services:\n{WEB}{POSTGRES}"));
        let bytes = shop.registry_bytes();
        let steps = [("Take this over for shop? [y/N] ", keys)];
        let (screen, status) = dialogue(&shop.sandbox, &shop.checkout, 20, "gantry update", &steps);
        assert_eq!((status, screen.ends_with(end)), (expected, true), "{screen}");
        assert!(screen.starts_with("+ service postgres\n+ port postgres:5432/tcp on $PG_PORT\n"), "{screen}");
        assert_eq!(shop.registry_bytes() == bytes, keys != "y\n", "{screen}");
    }
    // Where nothing has changed there is nothing to ask.
    let shop = Shop::registered();
    let (screen, status) = dialogue(&shop.sandbox, &shop.checkout, 80, "gantry update", &[]);
    assert_eq!((screen.as_str(), status), (NOTHING, 0));
}

#[test]
fn a_silent_engine_does_not_tell_what_runs() {
    let mut shop = registered(WEB);
    let fake = shop.sandbox.write("bin/docker", "#!/bin/sh\necho 'Cannot connect to the daemon' >&2\nexit 1\n");
    fs::set_permissions(&fake, fs::Permissions::from_mode(0o755)).unwrap();
    let gantry = Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap();
    shop.sandbox.set("PATH", format!("{}:{}", fake.parent().unwrap().display(), gantry.display()));
    shop.compose(&format!("services:\n{WEB}{POSTGRES}"));
    let output = shop.gantry("update -n --json").require_success();
    assert_eq!(output.json()["is_running"], json!(null), "{output:?}");
    assert!(output.stderr.contains("docker does not answer: Cannot connect to the daemon"), "{output:?}");
    assert!(output.stderr.ends_with("; so nobody knows whether shop runs\n"), "{output:?}");
    shop.gantry("update").require_success();
}

#[test]
fn what_runs_is_told_and_what_stands_in_the_way() {
    let yard = Yard::new();
    yard.gantry("register").require_success();
    yard.gantry("start").require_success();
    assert_eq!(yard.gantry("update --json").json()["is_running"], true);
    yard.compose(&(crate::yard::COMPOSE.to_owned() + "  db:\n    image: gantry-test/httpd\n    ports: ['{1}:5432']\n"));
    let _listener = listen(yard.port(1));
    let before = yard.gantry("update --dry-run").require_success();
    assert!(before.stderr.starts_with(&yard.fill("warning: {name} runs\n")), "{before:?}");
    let output = yard.gantry("update").require_success();
    let port = yard.port(1);
    assert_eq!(output.stdout, format!("+ service db\n+ port db:5432/tcp on {port}\n"));
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert!(lines[0].starts_with(&format!("gantry: db: port {port} is taken by")), "{output:?}");
    let end = "gantry: {name} is up to date|warning: {name} runs as it was; `gantry restart {name}` starts it anew";
    assert_eq!(lines[1..].join("|"), yard.fill(end), "{output:?}");
}

#[test]
fn a_service_keeps_its_port_where_the_file_names_another() {
    let shop = registered(WEB);
    shop.compose("services:\n  web: { image: nginx, ports: ['{3}:80'] }\n");
    let output = shop.gantry("update --yes").require_success();
    assert_eq!(output.stdout, shop.fill("~ port web:80/tcp on {1} is web:80/tcp on {3} now\n"));
    let note = "gantry: web keeps {1}; `gantry release web`, and the next start takes {3} if it is free\n";
    assert!(output.stderr.contains(&shop.fill(note)), "{output:?}");
    shop.gantry("release web").require_success();
    shop.gantry("export --auto").require_success();
    shop.check_bookings(&["shop/main web {3}"]);
}

#[test]
fn a_port_that_is_in_use_is_kept_and_said_so() {
    let shop =
        registered("  web: { image: nginx, ports: ['{1}:80'] }\n  db: { image: postgres, ports: ['{2}:5432'] }\n");
    shop.compose("services:\n  web: { image: nginx, ports: ['{1}:80'] }\n");
    let listener = listen(shop.port(2));
    let output = shop.gantry("update --yes").require_success();
    assert_eq!(output.stdout, shop.fill("- service db\n- port db:5432/tcp on {2}\n"));
    let note = "gantry: db keeps {2} while it is in use; update again after a restart\n";
    assert!(output.stderr.contains(&shop.fill(note)), "{output:?}");
    drop(listener);
    let output = shop.gantry("update --yes").require_success();
    assert_eq!(output.stdout, shop.fill("- the port of db ({2})\n"));
    shop.check_bookings(&["shop/main web {1}"]);
}
