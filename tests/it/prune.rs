//! `gantry prune`.

use std::fs;

use serde_json::json;

use crate::ports::Foreign;
use crate::shop::{REMOTE, Shop};
use crate::terminal::converse;

const MAIN: [&str; 3] = ["shop/main postgres {0}", "shop/main web {1}", "shop/main redis {12}"];
const ROWS: &str = "shop/main: postgres ({0})\nshop/main: web ({1})\nshop/main: redis ({12})\n";
const GONE: &str = "gantry: shop/main: [SANDBOX]/shop is gone\n";
const GAVE: &str = "gantry: gave back 3 ports of 1 context; `gantry prune --undo` puts it back\n";
const NOTHING: &str = "gantry: nothing to give back\n";

/// A booked shop whose directory is gone; commands run in the sandbox's home.
fn gone() -> Shop {
    let shop = Shop::booked();
    fs::remove_dir_all(&shop.checkout).unwrap();
    away(shop)
}

fn away(mut shop: Shop) -> Shop {
    shop.checkout = shop.sandbox.path("home");
    shop
}

#[test]
fn what_is_in_use_stays() {
    let shop = Shop::booked();
    for arguments in ["prune", "prune -n", "gc", "prune --force", "prune --stale 1", "prune -y"] {
        shop.check(arguments, "", NOTHING, 0);
    }
    assert_eq!(
        shop.gantry("prune --json").json(),
        json!({ "format_version": 1, "dry_run": false, "pruned": [], "kept": [] })
    );
    shop.check_bookings(&MAIN);
}

#[test]
fn a_path_that_is_gone() {
    for command in ["prune", "gc", "prune --yes", "prune -f"] {
        let shop = gone();
        shop.check(command, ROWS, &format!("{GONE}{GAVE}"), 0);
        shop.check_bookings(&[]);
        shop.check(command, "", NOTHING, 0);
    }
}

#[test]
fn a_dry_run_lists_each_and_says_how_to_do_it() {
    let shop = gone();
    for (arguments, real) in [
        ("prune -n", "gantry prune"),
        ("gc --dry-run --stale 30", "gantry prune --stale 30"),
        ("prune -n --stale 30 --force", "gantry prune --stale 30 --force"),
    ] {
        let how = format!("gantry: a dry run: nothing was changed; `{real}` does it\n");
        shop.check(arguments, ROWS, &format!("{GONE}{how}"), 0);
    }
    shop.check_bookings(&MAIN);
}

#[test]
fn json_lists_what_was_pruned_and_why() {
    let shop = gone();
    let row = |service: &str, port: u16| {
        json!({
            "label": "shop/main", "service": service, "port": shop.port(port), "reason": "[SANDBOX]/shop is gone",
        })
    };
    let rows = [row("postgres", 0), row("web", 1), row("redis", 12)];
    let answer = |dry_run: bool| json!({ "format_version": 1, "dry_run": dry_run, "pruned": rows, "kept": [] });
    assert_eq!(shop.gantry("prune -n --json").json(), answer(true));
    assert_eq!(shop.gantry("prune --json").json(), answer(false));
    shop.check_bookings(&[]);
    let back = rows.map(|mut row| {
        row["reason"] = json!("put back");
        row
    });
    let undone = json!({ "format_version": 1, "restored": back, "lost": [] });
    assert_eq!(shop.gantry("prune --undo --json").json(), undone);
}

#[test]
fn a_branch_that_was_deleted() {
    let shop = Shop::booked();
    shop.sandbox.git(&shop.checkout, ["switch", "--quiet", "--create", "two"]);
    shop.check("book extra", "{16}\n", "", 0);
    shop.check("prune", "", NOTHING, 0);
    shop.sandbox.git(&shop.checkout, ["switch", "--quiet", "main"]);
    shop.sandbox.git(&shop.checkout, ["branch", "--quiet", "--delete", "two"]);
    shop.check(
        "prune",
        "shop/two: extra ({16})\n",
        "gantry: shop/two: the branch two is gone\n\
         gantry: gave back 1 port of 1 context; `gantry prune --undo` puts it back\n",
        0,
    );
    shop.check_bookings(&MAIN);
}

#[test]
fn a_worktree_that_was_removed() {
    let shop = Shop::booked();
    let worktree = shop.sandbox.worktree(&shop.checkout, "shop-two", "two");
    shop.check_in(&worktree, "book extra", "{16}\n", "", 0);
    shop.check("prune", "", NOTHING, 0);
    shop.sandbox.git(&shop.checkout, ["worktree", "remove", "../shop-two"]);
    shop.check(
        "prune -q",
        "",
        "error: unexpected argument '-q' found\n\nUsage: gantry prune [OPTIONS]\n\nFor more information, try '--help'.\n",
        2,
    );
    shop.check(
        "prune",
        "shop/two: extra ({16})\n",
        "gantry: shop/two: [SANDBOX]/shop-two is gone\n\
         gantry: gave back 1 port of 1 context; `gantry prune --undo` puts it back\n",
        0,
    );
    shop.check_bookings(&MAIN);
}

#[test]
fn another_project_at_the_same_path() {
    let shop = gone();
    shop.sandbox.repository("shop", "git@example.com:test/other.git");
    shop.check("prune", ROWS, &format!("gantry: shop/main: [SANDBOX]/shop is another project by now\n{GAVE}"), 0);
}

#[test]
fn an_unborn_branch_is_no_deleted_one() {
    let shop = Shop::new();
    let fresh = shop.sandbox.directory("fresh");
    shop.sandbox.git(&fresh, ["init", "--quiet"]);
    shop.sandbox.git(&fresh, ["remote", "add", "origin", "git@example.com:test/fresh.git"]);
    shop.check_in(&fresh, "book extra", "{16}\n", "", 0);
    shop.check("prune", "", NOTHING, 0);
}

#[test]
fn days_without_use() {
    let shop = Shop::booked();
    shop.grow_older(10);
    shop.check("prune --stale 11", "", NOTHING, 0);
    shop.check("prune", "", NOTHING, 0);
    shop.check("prune --stale 10", ROWS, &format!("gantry: shop/main: not used for 10 days\n{GAVE}"), 0);
    shop.check_bookings(&[]);
}

#[test]
fn a_use_counts_from_the_day_it_happens() {
    for using in ["export --auto", "export", "get postgres", "book web", "run -- true"] {
        let shop = Shop::booked();
        shop.grow_older(10);
        shop.gantry(using).require_success();
        assert_eq!(shop.gantry("prune --stale 5").stderr, NOTHING, "{using}");
    }
}

#[test]
fn a_port_that_is_listened_on_stays_unless_forced() {
    let shop = gone();
    let _listener = Foreign::listen(shop.port(1));
    let kept = "gantry: kept shop/main: web ({1}): somebody listens on it; --force gives it back\n";
    let rest = "shop/main: postgres ({0})\nshop/main: redis ({12})\n";
    let gave = "gantry: gave back 2 ports of 1 context; `gantry prune --undo` puts it back\n";
    shop.check("prune", rest, &format!("{GONE}{kept}{gave}"), 0);
    shop.check_bookings(&[MAIN[1]]);
    shop.check("prune", "", &format!("{kept}{NOTHING}"), 0);
    let expected = json!({
        "format_version": 1, "dry_run": false, "pruned": [],
        "kept": [{
            "label": "shop/main", "service": "web", "port": shop.port(1), "reason": "somebody listens on it",
        }],
    });
    assert_eq!(shop.gantry("prune --json").json(), expected);
    let gave = "gantry: gave back 1 port of 1 context; `gantry prune --undo` puts it back\n";
    shop.check("prune --force", "shop/main: web ({1})\n", &format!("{GONE}{gave}"), 0);
    shop.check_bookings(&[]);
}

#[test]
fn undo_puts_back_once() {
    let shop = gone();
    shop.check("prune", ROWS, &format!("{GONE}{GAVE}"), 0);
    shop.check("prune --undo", ROWS, "", 0);
    shop.check_bookings(&MAIN);
    let (message, hint) =
        ("nothing was pruned, or it was put back already", "only the last prune can be undone, and once");
    shop.check("prune --undo", "", &format!("error: {message}\nhint: {hint}\n"), 3);
    shop.check_error("gc --undo --json", "not_found", message, hint, 3);
}

#[test]
fn a_prune_that_finds_nothing_leaves_the_undo_of_the_last() {
    let shop = gone();
    shop.check("prune", ROWS, &format!("{GONE}{GAVE}"), 0);
    shop.check("prune", "", NOTHING, 0);
    shop.check("prune -n", "", NOTHING, 0);
    shop.check("prune --undo", ROWS, "", 0);
}

#[test]
fn undo_without_a_prune() {
    let sandbox = crate::sandbox::Sandbox::new();
    let home = sandbox.path("home");
    assert_eq!(sandbox.gantry(&home, ["prune", "--undo"]).status, 3);
    sandbox.gantry(&home, ["prune"]).check("", NOTHING, 0);
    assert!(!sandbox.registry().exists());
}

#[test]
fn undo_leaves_out_what_was_taken_meanwhile() {
    let shop = gone();
    shop.check("prune", ROWS, &format!("{GONE}{GAVE}"), 0);
    let other = shop.sandbox.repository("other", "git@example.com:test/other.git");
    shop.check_in(&other, "book mine -p {1}", "{1}\n", "", 0);
    shop.check(
        "prune --undo",
        "shop/main: postgres ({0})\nshop/main: redis ({12})\n",
        "warning: not put back, taken meanwhile: shop/main: web ({1})\n",
        0,
    );
    shop.check_bookings(&["other/main mine {1}", MAIN[0], MAIN[2]]);
}

#[test]
fn undo_where_the_project_came_back_and_booked_anew() {
    let shop = Shop::booked();
    let elsewhere = shop.sandbox.path("elsewhere");
    fs::rename(&shop.checkout, &elsewhere).unwrap();
    let home = shop.sandbox.path("home");
    shop.check_in(&home, "prune", ROWS, &format!("{GONE}{GAVE}"), 0);
    fs::rename(&elsewhere, &shop.checkout).unwrap();
    shop.check("book web --port {2}", "{2}\n", "", 0);
    shop.check(
        "prune --undo",
        "shop/main: postgres ({0})\nshop/main: redis ({12})\n",
        "warning: not put back, taken meanwhile: shop/main: web ({1})\n",
        0,
    );
    shop.check_bookings(&[MAIN[0], "shop/main web {2}", MAIN[2]]);
}

#[test]
fn undo_where_the_project_lives_on_elsewhere() {
    let shop = Shop::booked();
    let renamed = shop.sandbox.path("renamed");
    fs::rename(&shop.checkout, &renamed).unwrap();
    shop.check_in(&shop.sandbox.path("home"), "prune", ROWS, &format!("{GONE}{GAVE}"), 0);
    shop.check_in(&renamed, "get postgres", "{0}\n", "", 0);
    let lost = |row: &str| format!("warning: not put back, taken meanwhile: shop/main: {row}\n");
    let warnings = ["postgres ({0})", "web ({1})", "redis ({12})"].map(lost).concat();
    shop.check_in(&renamed, "prune --undo", "", &warnings, 0);
    shop.check_in(&renamed, "get web", "{1}\n", "", 0);
}

#[test]
fn a_renamed_repository_takes_its_ports_along_before_it_is_pruned() {
    let shop = Shop::booked();
    let renamed = shop.sandbox.path("renamed");
    fs::rename(&shop.checkout, &renamed).unwrap();
    shop.check_in(&renamed, "get postgres", "{0}\n", "", 0);
    shop.gantry_in(&renamed, "export --auto").require_success();
    let shop = away(shop);
    shop.check("prune", "", NOTHING, 0);
    assert_eq!(shop.bookings().len(), 3);
}

#[test]
fn a_clone_that_takes_over_is_not_pruned_for_the_old_path() {
    let shop = gone();
    let again = shop.sandbox.repository("again", REMOTE);
    shop.check_in(&again, "get postgres", "{0}\n", "", 0);
    shop.check("prune", "", NOTHING, 0);
}

#[test]
fn it_asks_at_a_terminal_unless_told() {
    let shop = gone();
    let home = shop.checkout.clone();
    let at_terminal = |command: &str, answer: &str| converse(&shop.sandbox, &home, command, answer);
    let reason = "[SANDBOX]/shop is gone";
    let question = format!(
        "gantry: shop/main: postgres ({{0}}); {reason}\ngantry: shop/main: web ({{1}}); {reason}\n\
         gantry: shop/main: redis ({{12}}); {reason}\nGive back 3 ports of 1 context? [y/N] "
    );
    let refused = shop.fill(&format!("{question}n\ngantry: nothing was given back\n"));
    assert_eq!(at_terminal("gantry prune", "n"), (refused, 0));
    shop.check_bookings(&MAIN);
    // A dry run has nothing to ask, and neither has a prune that finds nothing.
    let how = "gantry: a dry run: nothing was changed; `gantry prune` does it\n";
    assert_eq!(at_terminal("gantry prune -n", ""), (shop.fill(&format!("{ROWS}{GONE}{how}")), 0));
    let agreed = shop.fill(&format!("{question}yes\n{ROWS}{GONE}{GAVE}"));
    assert_eq!(at_terminal("gantry prune", "yes"), (agreed, 0));
    assert_eq!(at_terminal("gantry prune", ""), (NOTHING.to_owned(), 0));
    for command in ["gantry prune --yes", "gantry prune --force", "gantry gc -fy"] {
        shop.check("prune --undo", ROWS, "", 0);
        assert_eq!(at_terminal(command, ""), (shop.fill(&format!("{ROWS}{GONE}{GAVE}")), 0), "{command}");
    }
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    shop.check_usage(
        "prune --stale soon",
        "error: invalid value 'soon' for '--stale <DAYS>': invalid digit found in string",
    );
    shop.check_usage("prune --undo -n", "error: the argument '--undo' cannot be used with '--dry-run'");
    shop.check_usage("prune web", "error: unexpected argument 'web' found");
}
