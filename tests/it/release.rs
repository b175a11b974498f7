//! `gantry release`.

use crate::shop::Shop;
use crate::terminal::converse;

const ALL: [&str; 3] = ["shop/main postgres {0}", "shop/main web {1}", "shop/main redis {12}"];

#[test]
fn a_service_gives_its_port_back() {
    let shop = Shop::booked();
    shop.check("release web", "", "gantry: gave back shop/main: web ({1})\n", 0);
    shop.check_bookings(&[ALL[0], ALL[2]]);
    let (message, hint) = ("no port is booked for `web` in shop/main", "`gantry status` lists what is booked");
    shop.check("release web", "", &format!("error: {message}\nhint: {hint}\n"), 3);
    // Free again, for whoever comes.
    shop.check("book other --port {1} --strict", "{1}\n", "", 0);
}

#[test]
fn a_service_gives_all_of_its_ports_back() {
    let shop = Shop::new();
    shop.compose("services: { mq: { image: 'rabbitmq:3-management', ports: ['{0}:5672', '{1}:15672'] } }\n");
    shop.check("book --auto -q", "mq:5672 {0}\nmq:15672 {1}\n", "", 0);
    shop.check("release mq", "", "gantry: gave back shop/main: mq ({0})\ngantry: gave back shop/main: mq ({1})\n", 0);
    shop.check_bookings(&[]);
}

#[test]
fn one_port_of_several_is_named_as_get_names_it() {
    let shop = Shop::new();
    shop.compose("services: { mq: { image: 'rabbitmq:3-management', ports: ['{0}:5672', '{1}:15672'] } }\n");
    shop.check("book mq:15672", "{0}\n{1}\n", "", 0);
    shop.check("release mq:15672", "", "gantry: gave back shop/main: mq ({1})\n", 0);
    shop.check_bookings(&["shop/main mq {0}"]);
}

#[test]
fn a_shell_that_has_the_variables_is_told() {
    let shop = Shop::booked();
    let script = "eval \"$(gantry export)\"; gantry release web";
    let told = "gantry: gave back shop/main: web ({1})\n\
                gantry: this shell still has the variables; `direnv reload`, or leave the directory and come back\n";
    shop.sandbox.script("bash", &shop.checkout, script).check("", &shop.fill(told), 0);
}

#[test]
fn a_dry_run_changes_nothing() {
    let shop = Shop::booked();
    shop.check("release web -n", "", "gantry: would give back shop/main: web ({1})\n", 0);
    shop.check(
        "release --all --dry-run",
        "",
        "gantry: would give back shop/main: postgres ({0})\n\
         gantry: would give back shop/main: web ({1})\n\
         gantry: would give back shop/main: redis ({12})\n",
        0,
    );
    shop.check_bookings(&ALL);
}

#[test]
fn all_is_this_context_alone() {
    for answer in ["--yes", "-y", "--force", "-f"] {
        let shop = Shop::booked();
        shop.sandbox.git(&shop.checkout, ["switch", "--quiet", "--create", "two"]);
        shop.check("book extra", "{16}\n", "", 0);
        shop.check(&format!("release --all {answer}"), "", "gantry: gave back shop/two: extra ({16})\n", 0);
        shop.check_bookings(&ALL);
        shop.check(
            &format!("release --all {answer}"),
            "",
            "error: no port is booked for anything in shop/two\nhint: `gantry status` lists what is booked\n",
            3,
        );
    }
}

#[test]
fn all_asks_at_a_terminal() {
    let shop = Shop::booked();
    let plan = "gantry: would give back shop/main: postgres ({0})\n\
                gantry: would give back shop/main: web ({1})\n\
                gantry: would give back shop/main: redis ({12})\n\
                Give back 3 ports of shop/main? [y/N] ";
    let done = "gantry: gave back shop/main: postgres ({0})\n\
                gantry: gave back shop/main: web ({1})\n\
                gantry: gave back shop/main: redis ({12})\n";
    for no in ["n", "", "what?"] {
        let (screen, status) = converse(&shop.sandbox, &shop.checkout, "gantry release --all", no);
        assert_eq!(screen, shop.fill(&format!("{plan}{no}\ngantry: nothing was given back\n")));
        assert_eq!(status, 0);
        shop.check_bookings(&ALL);
    }
    let (screen, status) = converse(&shop.sandbox, &shop.checkout, "gantry release --all", "y");
    assert_eq!((screen, status), (shop.fill(&format!("{plan}y\n{done}")), 0));
    shop.check_bookings(&[]);
    shop.gantry("book web").require_success();
    let (screen, status) = converse(&shop.sandbox, &shop.checkout, "gantry release --all --yes", "");
    assert_eq!((screen, status), (shop.fill("gantry: gave back shop/main: web ({1})\n"), 0));
    // A service that is named is no question.
    shop.gantry("book web").require_success();
    let (screen, status) = converse(&shop.sandbox, &shop.checkout, "gantry release web", "");
    assert_eq!((screen, status), (shop.fill("gantry: gave back shop/main: web ({1})\n"), 0));
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    shop.check_usage("release", "error: the following required arguments were not provided:");
    shop.check_usage("release web --all", "error: the argument '[SERVICE]' cannot be used with '--all'");
}
