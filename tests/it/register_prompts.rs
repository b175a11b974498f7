//! What `gantry register` asks at a terminal.

use std::path::PathBuf;

use serde_json::Value;

use crate::shop::Shop;
use crate::terminal::dialogue;

const REGISTERED: &str = "gantry: registered [SANDBOX]/shop (compose) as shop\n";

/// The hostnames, in the order of `list`.
fn hostnames(shop: &Shop) -> Vec<Value> {
    let answer = shop.gantry("list --json").json();
    answer["projects"].as_array().unwrap().iter().map(|row| row["hostname"].clone()).collect()
}

/// A directory without git; `Shop`'s ranges give its HTTP port 8 of the block.
fn native(shop: &Shop, name: &str) -> PathBuf {
    shop.sandbox.directory(name)
}

const SHOWN: &str = "gantry: [SANDBOX]/shop: compose; services: postgres, redis, web\n";

#[test]
fn a_terminal_is_shown_what_was_found_and_may_change_it() {
    for columns in [80, 20] {
        let shop = Shop::new();
        native(&shop, "taken");
        shop.gantry_in(&shop.sandbox.path("taken"), "register --port {5}").require_success();
        let port = shop.port(3).to_string();
        let instead = |old: &str, new: &str| "\x7f".repeat(old.len()) + new + "\r";
        let steps = [
            ("Hostname:", instead("shop", "a.b")),
            ("the domain comes by itself\n", instead("a.b", "taken")),
            ("is taken by [SANDBOX]/taken\n", instead("taken", "mine")),
            ("HTTP port of web:", instead("12345", &port)),
            ("as mine? [y/N] ", "y\n".to_owned()),
        ];
        let steps: Vec<(&str, &str)> = steps.iter().map(|(awaited, keys)| (*awaited, keys.as_str())).collect();
        let (screen, status) = dialogue(&shop.sandbox, &shop.checkout, columns, "gantry register", &steps);
        assert_eq!(status, 0, "{screen}");
        assert!(screen.starts_with(SHOWN), "{screen}");
        let end = shop.fill("mine {3}\ngantry: registered [SANDBOX]/shop (compose) as mine\n");
        assert!(screen.ends_with(&end), "{screen}");
        assert_eq!(hostnames(&shop), ["mine", "taken"]);
    }
}

#[test]
fn what_a_terminal_shows_may_be_taken_as_it_is() {
    let shop = Shop::new();
    let steps = [("Hostname:", "\r"), ("HTTP port of web:", "\r"), ("as shop? [y/N] ", "y\n")];
    let (screen, status) = dialogue(&shop.sandbox, &shop.checkout, 80, "gantry register", &steps);
    assert_eq!((screen.ends_with(&shop.fill(&format!("shop {{1}}\n{REGISTERED}"))), status), (true, 0), "{screen}");
    let app = native(&shop, "app");
    let steps = [("Hostname:", "\r"), ("HTTP port (empty: the first free one):", "\r"), ("as app? [y/N] ", "y\n")];
    let (screen, status) = dialogue(&shop.sandbox, &app, 80, "gantry register", &steps);
    let end = shop.fill("app {8}\ngantry: registered [SANDBOX]/app (native) as app\n");
    assert_eq!((screen.ends_with(&end), status), (true, 0), "{screen}");
}

#[test]
fn who_gives_up_has_registered_nothing() {
    let given_up = "gantry: nothing was registered\n";
    let name = ("Hostname:", "\r");
    let port = ("HTTP port of web:", "\r");
    for (last, end, expected) in [
        (vec![("Hostname:", "\x03")], "", 130),
        (vec![("Hostname:", "\x04")], given_up, 0),
        (vec![("Hostname:", "\x1b")], given_up, 0),
        (vec![name, ("HTTP port of web:", "\x03")], "", 130),
        (vec![name, ("HTTP port of web:", "\x04")], given_up, 0),
        (vec![name, port, ("[y/N] ", "\x03")], "", 130),
        (vec![name, port, ("[y/N] ", "\x04")], given_up, 0),
        (vec![name, port, ("[y/N] ", "n\n")], given_up, 0),
        (vec![name, port, ("[y/N] ", "\n")], given_up, 0),
    ] {
        let shop = Shop::new();
        let before = shop.registry_bytes();
        let (screen, status) = dialogue(&shop.sandbox, &shop.checkout, 80, "gantry register", &last);
        assert_eq!((status, screen.ends_with(end)), (expected, true), "{last:?}\n{screen}");
        assert_eq!(shop.registry_bytes(), before, "{last:?}");
    }
}

#[test]
fn yes_and_json_ask_nothing() {
    for arguments in ["--yes", "-y", "--json"] {
        let shop = Shop::new();
        let (screen, status) =
            dialogue(&shop.sandbox, &shop.checkout, 80, &format!("gantry register {arguments}"), &[]);
        assert_eq!((screen.contains("Hostname:"), status), (false, 0), "{screen}");
        assert_eq!(hostnames(&shop), ["shop"]);
    }
}

#[test]
fn a_service_cannot_steer_the_terminal() {
    let shop = Shop::new();
    shop.compose("services: { \"we\\e]0;title\\ab\": { image: nginx, ports: ['{1}:80'] } }\n");
    let steps = [("Hostname:", "\r"), ("HTTP port of ", "\r"), ("[y/N] ", "y\n")];
    let (screen, status) = dialogue(&shop.sandbox, &shop.checkout, 80, "gantry register", &steps);
    assert_eq!((screen.contains('\x1b'), screen.contains('\x07'), status), (false, false, 0), "{screen:?}");
    assert!(screen.contains("HTTP port of we\\u{1b}]0;title\\u{7}b:"), "{screen}");
}
