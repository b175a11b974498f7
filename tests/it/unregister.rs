//! `gantry unregister`.

use std::fs;

use serde_json::json;

use crate::shop::Shop;
use crate::terminal::dialogue;
use crate::yard::Yard;

const GONE: &str = "gantry: shop is no project any more\n";
const GAVE_BACK: &str = "\
gantry: gave back shop/main: postgres ({0})
gantry: gave back shop/main: web ({1})
gantry: gave back shop/main: redis ({12})
";
const BOOKED: [&str; 3] = ["shop/main postgres {0}", "shop/main web {1}", "shop/main redis {12}"];
const NO_ENGINE: &str = "warning: no container engine: docker is not installed; podman is not installed; containers of \
                         the project, if there are any, stay\n";

#[test]
fn its_ports_go_along() {
    for arguments in ["unregister", "unregister SHOP", "unregister --yes", "unregister -f shop"] {
        let shop = Shop::registered();
        shop.gantry("export --auto").require_success();
        shop.check(arguments, "", &format!("{GAVE_BACK}{GONE}"), 0);
        shop.check_bookings(&[]);
        let none = "error: [SANDBOX]/shop is not registered as a project\n\
                    hint: `gantry register` gives it a hostname; `gantry list` lists the others\n";
        shop.check("unregister", "", none, 3);
        shop.check("register", "shop {1}\n", "gantry: registered [SANDBOX]/shop (compose) as shop\n", 0);
    }
}

#[test]
fn they_may_be_kept() {
    let shop = Shop::registered();
    shop.check("unregister --keep-ports", "", GONE, 0);
    shop.check_bookings(&BOOKED);
    shop.check("register --hostname other", "other {1}\n", "gantry: registered [SANDBOX]/shop (compose) as other\n", 0);
}

#[test]
fn a_dry_run_changes_nothing() {
    let shop = Shop::registered();
    let bytes = shop.registry_bytes();
    let would = GAVE_BACK.replace("gave back", "would give back");
    for arguments in ["unregister -n", "unregister --dry-run --yes", "unregister -n --force shop"] {
        shop.check(arguments, "", &would, 0);
    }
    shop.check("unregister -n --keep-ports", "", "gantry: would forget shop alone\n", 0);
    assert_eq!(shop.registry_bytes(), bytes);
}

#[test]
fn json_field_by_field() {
    let shop = Shop::registered();
    let port = |service: &str, number| json!({ "label": "shop/main", "service": service, "port": shop.port(number) });
    let answer = |dry_run| {
        json!({
            "format_version": 1,
            "dry_run": dry_run,
            "hostname": "shop",
            "ports": [port("postgres", 0), port("web", 1), port("redis", 12)],
            "containers": [],
            "volumes": [],
        })
    };
    assert_eq!(shop.gantry("unregister -n --json").json(), answer(true));
    assert_eq!(shop.gantry("unregister --json").json(), answer(false));
    shop.check_error(
        "unregister --json shop",
        "not_found",
        "no project is called `shop`",
        "`gantry list` lists the projects; `gantry register` adds one",
        3,
    );
}

#[test]
fn every_branch_of_the_directory_is_forgotten() {
    let shop = Shop::registered();
    shop.sandbox.git(&shop.checkout, ["switch", "--quiet", "--create", "two"]);
    shop.gantry("export --auto").require_success();
    let tree = shop.sandbox.worktree(&shop.checkout, "tree", "three");
    shop.gantry_in(&tree, "book worker").require_success();
    shop.gantry("unregister").require_success();
    shop.check_bookings(&["shop/three worker {16}"]);
}

#[test]
fn without_an_engine_and_without_its_directory() {
    let mut shop = Shop::registered();
    shop.without_engine();
    let home = shop.sandbox.path("home");
    fs::rename(&shop.checkout, shop.sandbox.path("moved")).unwrap();
    shop.check_in(&home, "unregister shop", "", &format!("{NO_ENGINE}{GAVE_BACK}{GONE}"), 0);
    assert_eq!(shop.gantry_in(&home, "list --json").json()["projects"], json!([]));
}

#[test]
fn what_was_moved_and_is_in_use_keeps_its_ports() {
    let shop = Shop::registered();
    let moved = shop.sandbox.path("moved");
    fs::rename(&shop.checkout, &moved).unwrap();
    shop.gantry_in(&moved, "export --auto").require_success();
    shop.check_in(&moved, "unregister shop", "", GONE, 0);
    shop.check_in(&moved, "get web", "{1}\n", "", 0);
}

#[test]
fn a_terminal_is_asked() {
    let would = GAVE_BACK.replace("gave back", "would give back");
    for (keys, expected, end) in [
        ("y\n", 0, GONE),
        ("n\n", 0, "gantry: nothing was changed\n"),
        ("\n", 0, "gantry: nothing was changed\n"),
        ("\x04", 0, "gantry: nothing was changed\n"),
        ("\x03", 130, ""),
    ] {
        for arguments in ["", " --json"] {
            let shop = Shop::registered();
            let bytes = shop.registry_bytes();
            let steps = [("Forget shop? [y/N] ", keys)];
            let command = format!("gantry unregister{arguments}");
            let (screen, status) = dialogue(&shop.sandbox, &shop.checkout, 20, &command, &steps);
            let end = if keys == "y\n" && arguments == " --json" { "}\n" } else { end };
            assert_eq!((status, screen.ends_with(end)), (expected, true), "{screen}");
            assert!(screen.starts_with(&shop.fill(&would)), "{screen}");
            assert_eq!(shop.registry_bytes() == bytes, keys != "y\n", "{screen}");
        }
    }
    let shop = Shop::registered();
    let (screen, status) = dialogue(&shop.sandbox, &shop.checkout, 80, "gantry unregister -y", &[]);
    assert_eq!((screen, status), (shop.fill(&format!("{GAVE_BACK}{GONE}")), 0));
}

#[test]
fn what_runs_is_left_alone_unless_forced() {
    let yard = Yard::new();
    yard.gantry("register").require_success();
    yard.gantry("start").require_success();
    let output = yard.gantry("unregister");
    assert_eq!((output.status, output.stdout.as_str()), (1, ""), "{output:?}");
    assert!(output.stderr.starts_with(&yard.fill("error: {name} runs: ")), "{output:?}");
    let hint = yard.fill("hint: `gantry stop {name}` first; --force stops it and goes on\n");
    assert!(output.stderr.ends_with(&hint), "{output:?}");
    assert_eq!(yard.gantry("list --json").json()["projects"][0]["state"], "running");
    let output = yard.gantry("unregister --force").require_success();
    assert!(output.stderr.contains("removed the container "), "{output:?}");
    yard.gantry("register").require_success();
    assert_eq!(yard.gantry("list --json").json()["projects"][0]["state"], "down");
}
