//! `gantry export`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::shop::{COMPOSE, HASH, Shop};

/// What a booked shop exports, by name.
const VARIABLES: [(&str, &str); 6] = [
    // Redis' port is bare in the file, so an override publishes the one that is booked.
    ("COMPOSE_FILE", "[SANDBOX]/shop/compose.yaml:[SANDBOX]/home/.local/state/gantry/overrides/656493bc33bb.yaml"),
    ("COMPOSE_PROJECT_NAME", "shop-main"),
    ("GANTRY_CONTEXT", HASH),
    ("PG_PORT", "{0}"),
    ("REDIS_PORT", "{12}"),
    ("WEB_PORT", "{1}"),
];

/// One line a variable, written by `line`.
fn lines(line: impl Fn(&str, &str) -> String) -> String {
    VARIABLES.iter().map(|(name, value)| line(name, value) + "\n").collect()
}

fn shell_lines() -> String {
    lines(|name, value| format!("export {name}={value}"))
}

#[test]
fn auto_books_and_tells() {
    let shop = Shop::new();
    shop.check("export --auto", &shell_lines(), "", 0);
    shop.check("export --auto", &shell_lines(), "", 0);
    shop.check("export", &shell_lines(), "", 0);
    shop.check_bookings(&["shop/main postgres {0}", "shop/main web {1}", "shop/main redis {12}"]);
}

#[test]
fn without_auto_nothing_is_booked() {
    let shop = Shop::new();
    let hint = "gantry: nothing is booked here; `gantry export --auto` books what the compose file publishes\n";
    shop.check("export", "", hint, 0);
    shop.check_bookings(&[]);
    shop.check("book web -q", "{1}\n", "", 0);
    shop.check(
        "export",
        &format!("export COMPOSE_PROJECT_NAME=shop-main\nexport GANTRY_CONTEXT={HASH}\nexport WEB_PORT={{1}}\n"),
        "",
        0,
    );
}

#[test]
fn a_renamed_variable_is_followed_at_once() {
    let shop = Shop::booked();
    shop.compose(&COMPOSE.replace("PG_PORT", "DB_PORT"));
    let renamed: Vec<String> = shell_lines().lines().map(|line| line.replace("PG_PORT", "DB_PORT")).collect();
    for arguments in ["export", "export --auto", "export"] {
        let output = shop.gantry(arguments).require_success();
        let mut told: Vec<&str> = output.stdout.lines().collect();
        let mut expected: Vec<String> = renamed.iter().map(|line| shop.fill(line)).collect();
        told.sort_unstable();
        expected.sort_unstable();
        assert_eq!(told, expected, "{arguments}");
    }
}

#[test]
fn every_format() {
    let shop = Shop::booked();
    shop.check("export --format shell", &shell_lines(), "", 0);
    shop.check("export --format fish", &lines(|name, value| format!("set -gx {name} {value};")), "", 0);
    shop.check("export --format nu", &lines(|name, value| format!("$env.{name} = \"{value}\"")), "", 0);
    shop.check("export --format pwsh", &lines(|name, value| format!("$env:{name} = '{value}'")), "", 0);
    shop.check("export --format env", &lines(|name, value| format!("{name}={value}")), "", 0);
    let bare = lines(|name, value| format!("  \"{name}\": \"{value}\","));
    let bare = bare.trim_end_matches([',', '\n']);
    shop.check("export --format json", &format!("{{\n{bare}\n}}\n"), "", 0);
    shop.check("export --auto --format json", &format!("{{\n{bare}\n}}\n"), "", 0);
}

#[test]
fn the_shells_take_it() {
    let shop = Shop::booked();
    let expected = shop.fill("{0} {12} shop-main\n");
    for shell in ["bash", "dash", "zsh"] {
        let script = "set -eu; eval \"$(gantry export)\"; echo $PG_PORT $REDIS_PORT $COMPOSE_PROJECT_NAME";
        shop.sandbox.script(shell, &shop.checkout, script).check(&expected, "", 0);
    }
    let script = "gantry export --format fish | source; echo $PG_PORT $REDIS_PORT $COMPOSE_PROJECT_NAME";
    shop.sandbox.script("fish", &shop.checkout, script).check(&expected, "", 0);
    let script = "gantry export --format env >ports; . ./ports; echo $PG_PORT $REDIS_PORT $COMPOSE_PROJECT_NAME";
    shop.sandbox.script("dash", &shop.checkout, script).check(&expected, "", 0);
}

#[test]
fn a_subdirectory_says_the_same() {
    let shop = Shop::booked();
    let deep = shop.sandbox.directory(shop.checkout.join("deep/down"));
    shop.check_in(&deep, "export --auto", &shell_lines(), "", 0);
}

#[test]
fn several_ports_of_a_service_carry_their_container_port() {
    let shop = Shop::new();
    shop.compose("services: { mq: { image: 'rabbitmq:3', ports: ['{0}:5672', '{1}:15672', '{2}:1883/udp'] } }\n");
    shop.check(
        "export --auto",
        "export COMPOSE_PROJECT_NAME=shop-main\nexport GANTRY_CONTEXT=656493bc33bb\nexport MQ_15672_PORT={1}\n\
         export MQ_1883_PORT={2}\nexport MQ_5672_PORT={0}\n",
        "",
        0,
    );
}

#[test]
fn a_port_that_the_file_cannot_follow_is_told() {
    let shop = Shop::booked();
    let clone = shop.sandbox.repository("again", crate::shop::REMOTE);
    shop.sandbox.write(clone.join("compose.yaml"), shop.fill(crate::shop::COMPOSE));
    let first = shop.gantry_in(&clone, "export --auto").require_success();
    for told in ["postgres: port {0} is taken by postgres of shop/main", "web: port {1} is taken by web of shop/main"] {
        assert!(first.stderr.contains(&shop.fill(told)), "{first:?}");
    }
    for exported in ["export PG_PORT={4}\n", "export WEB_PORT={8}\n", "export REDIS_PORT={13}\n"] {
        assert!(first.stdout.contains(&shop.fill(exported)), "{first:?}");
    }
}

#[test]
fn a_full_range_still_tells_the_others() {
    let shop = Shop::new();
    shop.set_range("redis:{12}-{12}");
    shop.set_range("default:{12}-{12}");
    shop.check("book a -q", "{12}\n", "", 0);
    shop.check(
        "export --auto",
        &format!(
            "export A_PORT={{12}}\nexport COMPOSE_PROJECT_NAME=shop-main\nexport GANTRY_CONTEXT={HASH}\n\
             export PG_PORT={{0}}\nexport WEB_PORT={{1}}\n"
        ),
        "error: redis gets no port: no port is free in the range `redis` ({12}) or `default` ({12})\n\
         hint: give ports back with `gantry prune` or `gantry release`, or widen the range with \
         `gantry config --set-range redis:START-END`\n",
        4,
    );
}

#[test]
fn a_broken_compose_file_leaves_what_is_booked() {
    let shop = Shop::booked();
    shop.check("export --auto", &shell_lines(), "", 0);
    shop.compose("services:\n  web: [unfinished\n");
    let output = shop.gantry("export --auto");
    assert_eq!((output.stdout, output.status), (shop.fill(&shell_lines()), 1));
    let (error, hint) = output.stderr.split_once('\n').unwrap();
    assert!(error.starts_with("error: [SANDBOX]/shop/compose.yaml:"), "{error}");
    assert_eq!(hint, "hint: `docker compose -f [SANDBOX]/shop/compose.yaml config` checks it\n");
}

#[test]
fn the_project_may_name_itself() {
    let shop = Shop::booked();
    shop.sandbox.write("shop/gantry.yml", "project_name: old-volumes\n");
    shop.check("export", &shell_lines().replace("shop-main", "old-volumes"), "", 0);
    shop.sandbox.write("shop/gantry.yml", "project: typo\n");
    let output = shop.gantry("export");
    assert!(output.stdout.contains(&shop.fill("export PG_PORT={0}\n")) && output.status == 1, "{output:?}");
    assert!(output.stderr.starts_with("error: [SANDBOX]/shop/gantry.yml:1: "), "{}", output.stderr);
}

#[test]
fn names_that_a_shell_would_act_on_are_told_apart_and_quoted() {
    let shop = Shop::new();
    shop.compose(
        "services:\n  a-b: { image: x, ports: ['{0}:1'] }\n  a.b: { image: x, ports: ['{1}:1'] }\n  \
         p: { image: x, ports: ['${PATH:-{2}}:1'] }\n",
    );
    shop.sandbox.git(&shop.checkout, ["switch", "--quiet", "--create", "$(touch${IFS}pwned)"]);
    let output = shop.gantry("export --auto").require_success();
    let names: Vec<&str> = output.stdout.lines().map(|line| line.split_once('=').unwrap().0).collect();
    assert_eq!(names.len(), 6, "{output:?}");
    assert!(names.contains(&"export COMPOSE_FILE") && !names.contains(&"export PATH"), "{output:?}");
    let script = "eval \"$(gantry export)\"; ls -A";
    shop.sandbox.script("bash", &shop.checkout, script).check(".git\ncompose.yaml\n", "", 0);
}

#[test]
fn a_registry_that_cannot_be_read_is_an_error_and_stays_as_it_is() {
    let shop = Shop::new();
    let registry = shop.sandbox.registry();
    fs::write(&registry, "not a database, and long enough to be one, so that it is read as a header of sorts").unwrap();
    fs::set_permissions(&registry, Permissions::from_mode(0o600)).unwrap();
    let refused = shop.gantry("export --auto");
    assert_eq!((refused.stdout.as_str(), refused.status), ("", 1), "{refused:?}");
    assert!(refused.stderr.contains("[SANDBOX]/home/.local/share/gantry/registry.db"), "{refused:?}");
    assert!(fs::read_to_string(&registry).unwrap().starts_with("not a database"));
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    shop.check_usage("export --format nope", "error: invalid value 'nope' for '--format <FORMAT>'");
    shop.check_usage("export postgres", "error: unexpected argument 'postgres' found");
}
