//! `gantry hook`: its scripts at the prompts of the shells they are for.

use std::fs;

use crate::shop::{HASH, Shop};
use crate::terminal::Terminal;

const SHELLS: [(&str, &str); 3] = [
    ("bash", "eval \"$(gantry hook bash)\"\n"),
    ("zsh", "eval \"$(gantry hook zsh)\"\n"),
    ("fish", "gantry hook fish | source\n"),
];

const NAMES: [&str; 5] = ["PG_PORT", "WEB_PORT", "REDIS_PORT", "COMPOSE_PROJECT_NAME", "GANTRY_CONTEXT"];

#[test]
fn the_scripts_as_they_stand() {
    let shop = Shop::new();
    for (target, file) in [("bash", "hook.bash"), ("zsh", "hook.zsh"), ("fish", "hook.fish"), ("direnv", "direnv.sh")] {
        let path = format!("{}/shell/{file}", env!("CARGO_MANIFEST_DIR"));
        shop.check(&format!("hook {target}"), &fs::read_to_string(path).unwrap(), "", 0);
    }
}

#[test]
fn entering_exports_and_leaving_unsets() {
    for (shell, startup) in SHELLS {
        let shop = Shop::new();
        let deep = shop.sandbox.directory(shop.checkout.join("deep/down"));
        let home = shop.sandbox.path("home");
        let mut terminal = Terminal::open(&shop.sandbox, shell, startup, &home);
        let before = terminal.variables();
        for directory in [&shop.checkout, &deep] {
            terminal.enter(&format!("cd {}", directory.display()));
            let variables = terminal.variables();
            let found = NAMES.map(|name| variables.get(name).map_or("", String::as_str));
            let expected = ["{0}", "{1}", "{12}", "shop-main", HASH].map(|text| shop.fill(text));
            assert_eq!(found, expected, "{shell} in {}", directory.display());
        }
        terminal.enter(&format!("cd {}", home.display()));
        assert_eq!(terminal.variables(), before, "{shell}");
    }
}

#[test]
fn what_was_set_before_comes_back() {
    for (shell, startup) in SHELLS {
        let mut shop = Shop::new();
        shop.sandbox.set("PG_PORT", "mine; $(touch pwned) it's");
        let home = shop.sandbox.path("home");
        let mut terminal = Terminal::open(&shop.sandbox, shell, startup, &home);
        let before = terminal.variables();
        terminal.enter(&format!("cd {}", shop.checkout.display()));
        assert!(terminal.variables().contains_key("WEB_PORT"), "{shell}");
        terminal.enter(&format!("cd {}", home.display()));
        assert_eq!(terminal.variables(), before, "{shell}");
        assert!(!home.join("pwned").exists(), "{shell}");
    }
}

#[test]
fn a_branch_and_an_edit_are_followed() {
    for (shell, startup) in SHELLS {
        let shop = Shop::new();
        let mut terminal = Terminal::open(&shop.sandbox, shell, startup, &shop.checkout);
        assert_eq!(terminal.variables()["PG_PORT"], shop.fill("{0}"), "{shell}");
        terminal.enter("git switch --quiet --create two");
        assert_eq!(terminal.variables()["PG_PORT"], shop.fill("{4}"), "{shell}");
        assert_eq!(terminal.variables()["COMPOSE_PROJECT_NAME"], "shop-two", "{shell}");
        shop.compose("services: { mail: { image: mailpit, ports: ['${MAIL_PORT:-{2}}:25'] } }\n");
        // The prompt that stands there already may be older than the edit.
        terminal.enter("true");
        let edited = terminal.variables();
        assert_eq!(edited.get("MAIL_PORT"), Some(&shop.fill("{2}")), "{shell}");
        assert_eq!(edited.get("PG_PORT"), None, "{shell}");
    }
}

#[test]
fn nothing_is_printed_and_the_status_stays() {
    for (shell, startup) in SHELLS {
        let shop = Shop::new();
        // A second clone, where `export` would tell who has the ports; and a broken file.
        let clone = shop.sandbox.repository("again", crate::shop::REMOTE);
        shop.sandbox.write(clone.join("compose.yaml"), shop.fill(crate::shop::COMPOSE));
        let broken = shop.sandbox.directory("broken");
        shop.sandbox.write(broken.join("compose.yaml"), "services: [\n");
        shop.gantry("book --auto").require_success();
        let home = shop.sandbox.path("home");
        let mut terminal = Terminal::open(&shop.sandbox, shell, startup, &home);
        for directory in [&shop.checkout, &clone, &broken, &home] {
            terminal.enter(&format!("cd {}", directory.display()));
        }
        let screen = terminal.screen();
        for said in ["gantry: ", "warning: ", "error: ", "hint: "] {
            assert!(!screen.contains(said), "{shell}: {said}\n{screen}");
        }
        let status = if shell == "fish" { "$status" } else { "$?" };
        // The hook runs between these two lines.
        terminal.type_line("sh -c 'exit 7'");
        assert_eq!(terminal.ask(&format!("echo {status}")), "7\n", "{shell}");
    }
}

#[test]
fn a_directory_that_asks_for_nothing_becomes_no_context() {
    for (shell, startup) in SHELLS {
        let shop = Shop::new();
        let plain = shop.sandbox.directory("plain");
        let bare = shop.sandbox.repository("bare", "git@example.com:test/bare.git");
        let mut terminal = Terminal::open(&shop.sandbox, shell, startup, &plain);
        assert_eq!(terminal.variables().get("GANTRY_CONTEXT"), None, "{shell}");
        terminal.enter(&format!("cd {}", bare.display()));
        assert_eq!(terminal.variables().get("GANTRY_CONTEXT"), None, "{shell}");
        shop.check_bookings(&[]);
    }
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    shop.check_usage("hook", "error: the following required arguments were not provided:");
    shop.check_usage("hook tcsh", "error: invalid value 'tcsh' for '<TARGET>'");
}
