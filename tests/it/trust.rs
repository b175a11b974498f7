//! `gantry trust`.

use serde_json::json;

use crate::shop::Shop;

const HOOKS: &str = "hooks:\n  pre_start: [make assets, \"echo \\e[31m\"]\n  post_stop: [make clean]\n";
const SHOWN: &str = "pre_start: make assets\npre_start: echo \\u{1b}[31m\npost_stop: make clean\n";
const TRUSTED: &str = "gantry: trusted [SANDBOX]/shop/gantry.yml as it is now\n";

fn with_hooks() -> Shop {
    let shop = Shop::new();
    shop.sandbox.write("shop/gantry.yml", HOOKS);
    shop
}

#[test]
fn what_may_run_is_shown() {
    let shop = with_hooks();
    shop.check("trust", SHOWN, TRUSTED, 0);
    // Once more makes no difference.
    shop.check("trust", SHOWN, TRUSTED, 0);
    shop.gantry("register").require_success();
    shop.check_in(&shop.sandbox.path("home"), "trust SHOP", SHOWN, TRUSTED, 0);
}

#[test]
fn trust_can_be_taken_back() {
    let shop = with_hooks();
    shop.check("trust --revoke", "", "gantry: its hooks were not trusted\n", 0);
    shop.gantry("trust").require_success();
    shop.check("trust --revoke", "", "gantry: its hooks do not run any more\n", 0);
    shop.check("trust --revoke", "", "gantry: its hooks were not trusted\n", 0);
}

#[test]
fn json_field_by_field() {
    let shop = with_hooks();
    let file = "[SANDBOX]/shop/gantry.yml";
    let hooks = json!([
        { "hook": "pre_start", "commands": ["make assets", "echo \u{1b}[31m"] },
        { "hook": "post_stop", "commands": ["make clean"] },
    ]);
    assert_eq!(shop.gantry("trust --json").json(), json!({ "format_version": 1, "file": file, "hooks": hooks }));
    assert_eq!(shop.gantry("trust --revoke --json").json(), json!({ "format_version": 1, "file": file, "hooks": [] }));
}

#[test]
fn where_there_are_no_hooks() {
    let shop = Shop::new();
    let message = "[SANDBOX]/shop has no hooks";
    let hint = "`hooks:` in gantry.yml names them: pre_start, post_start, pre_stop, post_stop";
    shop.check("trust", "", &format!("error: {message}\nhint: {hint}\n"), 3);
    shop.check_error("trust --json", "not_found", message, hint, 3);
    shop.sandbox.write("shop/gantry.yml", "hooks: { pre_start: 7 }\n");
    assert_eq!(shop.gantry("trust").status, 1);
}

#[test]
fn an_unregistered_project_is_trusted_no_more() {
    let shop = with_hooks();
    shop.gantry("register").require_success();
    shop.gantry("trust").require_success();
    shop.gantry("unregister --keep-ports").require_success();
    shop.check("trust --revoke", "", "gantry: its hooks were not trusted\n", 0);
}
