//! `gantry get`.

use crate::ports::Foreign;
use crate::shop::{HASH, Shop};

#[test]
fn the_bare_number_on_standard_output() {
    let shop = Shop::new();
    shop.check("get postgres", "{0}\n", "", 0);
    shop.check("get postgres -q", "{0}\n", "", 0);
    shop.check("get --quiet web", "{1}\n", "", 0);
    shop.check("get redis", "{12}\n", "", 0);
    shop.check_bookings(&["shop/main postgres {0}", "shop/main web {1}", "shop/main redis {12}"]);
}

#[test]
fn json_names_service_port_and_context() {
    let shop = Shop::new();
    let expected = serde_json::json!({
        "format_version": 1, "service": "postgres", "port": shop.port(0), "context": HASH,
    });
    assert_eq!(shop.gantry("get postgres --json").json(), expected);
}

#[test]
fn subdirectories_and_other_shells_say_the_same() {
    let shop = Shop::new();
    let deep = shop.sandbox.directory(shop.checkout.join("deep/down"));
    shop.check_in(&deep, "get postgres", "{0}\n", "", 0);
    shop.check("get postgres", "{0}\n", "", 0);
    for shell in ["bash", "dash", "zsh", "fish"] {
        shop.sandbox.script(shell, &deep, "gantry get postgres -q").check(&shop.fill("{0}\n"), "", 0);
    }
    shop.check_bookings(&["shop/main postgres {0}"]);
}

#[test]
fn the_number_stays_while_the_service_runs() {
    let shop = Shop::booked();
    let _service = Foreign::listen(shop.port(0));
    shop.check("get postgres", "{0}\n", "", 0);
    shop.check("export", &exported(), "", 0);
}

fn exported() -> String {
    format!(
        "export COMPOSE_FILE=[SANDBOX]/shop/compose.yaml:[SANDBOX]/home/.local/state/gantry/overrides/{HASH}.yaml\n\
         export COMPOSE_PROJECT_NAME=shop-main\nexport GANTRY_CONTEXT={HASH}\nexport PG_PORT={{0}}\n\
         export REDIS_PORT={{12}}\nexport WEB_PORT={{1}}\n"
    )
}

#[test]
fn a_typo_books_nothing_and_hears_the_nearest_names() {
    let shop = Shop::new();
    let message = "no service is called `postgrse`";
    let hint = "did you mean `postgres`? `gantry book` books any name";
    shop.check("get postgrse", "", &format!("error: {message}\nhint: {hint}\n"), 3);
    shop.check("get postgrse -q", "", &format!("error: {message}\nhint: {hint}\n"), 3);
    shop.check_error("get postgrse --json", "not_found", message, hint, 3);
    shop.check(
        "get nothing-like-it",
        "",
        "error: no service is called `nothing-like-it`\n\
         hint: `gantry discover` lists the services, `gantry book nothing-like-it` books any name\n",
        3,
    );
    shop.check_bookings(&[]);
}

#[test]
fn no_book_only_looks() {
    let shop = Shop::new();
    let (message, hint) = ("no port is booked for `postgres`", "`gantry book postgres` books it");
    shop.check("get postgres --no-book", "", &format!("error: {message}\nhint: {hint}\n"), 3);
    shop.check_error("get postgres --no-book --json", "not_found", message, hint, 3);
    shop.check_bookings(&[]);
    shop.check("get postgres", "{0}\n", "", 0);
    shop.check("get postgres --no-book", "{0}\n", "", 0);
}

#[test]
fn looking_makes_no_registry() {
    let sandbox = crate::sandbox::Sandbox::new();
    let checkout = sandbox.repository("shop", crate::shop::REMOTE);
    assert_eq!(sandbox.gantry(&checkout, ["get", "postgres", "--no-book"]).status, 3);
    assert_eq!(sandbox.gantry(&checkout, ["get", "postgrse"]).status, 3);
    assert!(!sandbox.registry().exists());
}

#[test]
fn a_kind_stands_for_its_only_service() {
    let shop = Shop::new();
    shop.compose("services: { db: { image: 'postgres:16', ports: ['{0}:5432'] } }\n");
    shop.check("get postgres", "{0}\n", "gantry: no service is called postgres; db is one\n", 0);
    shop.check("get postgresql -q", "{0}\n", "", 0);
    shop.check_bookings(&["shop/main db {0}"]);
}

#[test]
fn a_kind_that_the_compose_file_lacks_is_booked_by_its_range() {
    let shop = Shop::new();
    shop.compose("services: {}\n");
    shop.check("get postgres", "{4}\n", "", 0);
    shop.set_range("mailpit:{2}-{3}");
    shop.check("get mailpit", "{2}\n", "", 0);
    shop.check_bookings(&["shop/main mailpit {2}", "shop/main postgres {4}"]);
}

#[test]
fn two_services_of_a_kind_have_to_be_named() {
    let shop = Shop::new();
    shop.compose(
        "services:\n  one: { image: 'postgres:16', ports: ['{0}:5432'] }\n  \
         two: { image: 'postgres:16', ports: ['{1}:5432'] }\n",
    );
    let refused = shop.gantry("get postgres");
    assert_eq!((refused.stdout.as_str(), refused.status), ("", 3), "{refused:?}");
    shop.check_bookings(&[]);
    shop.check("get two", "{1}\n", "", 0);
}

#[test]
fn a_service_with_several_ports_is_asked_by_container_port() {
    let shop = Shop::new();
    shop.compose("services: { mq: { image: 'rabbitmq:3-management', ports: ['{1}:15672', '{0}:5672'] } }\n");
    shop.check("get mq", "{0}\n", "", 0);
    shop.check("get mq:15672", "{1}\n", "", 0);
    shop.check("get mq:5672", "{0}\n", "", 0);
    let message = "no service is called `mq:1234`";
    let hint = "did you mean `mq`? `gantry book` books any name";
    shop.check_error("get mq:1234 --json", "not_found", message, hint, 3);
    assert_eq!(shop.bookings().len(), 2);
}

#[test]
fn a_wrong_container_port_books_nothing() {
    let shop = Shop::new();
    assert_eq!(shop.gantry("get postgres:1234").status, 3);
    shop.check_bookings(&[]);
    shop.check("get postgres:5432", "{0}\n", "", 0);
}

#[test]
fn a_variable_used_twice_is_one_port() {
    let shop = Shop::new();
    shop.compose(
        "services:\n  web: { image: nginx, ports: ['${WEB:-{0}}:80'] }\n  \
         proxy: { image: caddy, ports: ['${WEB:-{0}}:81'] }\n",
    );
    shop.check("get web", "{0}\n", "", 0);
    shop.check("get proxy", "{0}\n", "", 0);
    shop.check("get proxy:81", "{0}\n", "", 0);
    shop.check(
        "export --auto --format env",
        &format!("COMPOSE_PROJECT_NAME=shop-main\nGANTRY_CONTEXT={HASH}\nWEB={{0}}\n"),
        "",
        0,
    );
    shop.check_bookings(&["shop/main web {0}"]);
}

#[test]
fn a_number_published_over_tcp_and_udp_is_one_port() {
    let shop = Shop::new();
    shop.compose("services: { dns: { image: coredns, ports: ['{0}:53', '{0}:53/udp'] } }\n");
    shop.check("get dns", "{0}\n", "", 0);
    shop.check("book --auto", "dns {0}\n", "", 0);
    shop.check_bookings(&["shop/main dns {0}"]);
}

#[test]
fn the_port_outlives_a_new_name_and_a_new_container_port() {
    let shop = Shop::new();
    let compose = |service: &str, port: u16| {
        shop.compose(&format!(
            "services: {{ {service}: {{ image: 'postgres:16', ports: ['${{PG_PORT:-{{0}}}}:{port}'] }} }}\n"
        ));
    };
    compose("postgres", 5432);
    shop.check("get postgres", "{0}\n", "", 0);
    compose("database", 5432);
    shop.check("book --auto", "database {0}\n", "", 0);
    compose("database", 5433);
    shop.check("get database", "{0}\n", "", 0);
    shop.check("book --auto", "database {0}\n", "", 0);
    shop.check_bookings(&["shop/main database {0}"]);
}

#[test]
fn the_port_outlives_a_new_variable_and_container_port_at_once() {
    let shop = Shop::new();
    shop.check("get web", "{1}\n", "", 0);
    shop.compose("services: { web: { image: nginx, ports: ['${HTTP:-{2}}:8080'] } }\n");
    shop.check("book --auto", "web {1}\n", "", 0);
    shop.check("get web", "{1}\n", "", 0);
}

#[test]
fn branches_worktrees_and_clones_have_ports_of_their_own() {
    let shop = Shop::new();
    shop.check("get postgres", "{0}\n", "", 0);
    let worktree = shop.sandbox.worktree(&shop.checkout, "shop-two", "two");
    shop.sandbox.write(worktree.join("compose.yaml"), shop.fill(crate::shop::COMPOSE));
    let taken = |port: &str, got: &str| {
        format!("gantry: postgres: port {port} is taken by postgres of shop/main ([SANDBOX]/shop); took {got}\n")
    };
    shop.check_in(&worktree, "get postgres", "{4}\n", &taken("{0}", "{4}"), 0);
    let clone = shop.sandbox.repository("again", crate::shop::REMOTE);
    shop.sandbox.write(clone.join("compose.yaml"), shop.fill(crate::shop::COMPOSE));
    shop.check_in(&clone, "get postgres", "{5}\n", &taken("{0}", "{5}"), 0);
    shop.sandbox.git(&shop.checkout, ["switch", "--quiet", "--create", "three"]);
    shop.check("get postgres", "{6}\n", &taken("{0}", "{6}"), 0);
    // What was said once is not said again, and going back finds the first number.
    shop.check("get postgres", "{6}\n", "", 0);
    shop.sandbox.git(&shop.checkout, ["switch", "--quiet", "main"]);
    shop.check("get postgres", "{0}\n", "", 0);
    shop.check_in(&worktree, "get postgres", "{4}\n", "", 0);
    shop.check_in(&clone, "get postgres", "{5}\n", "", 0);
}

#[test]
fn a_clone_that_moved_keeps_its_ports() {
    let shop = Shop::booked();
    let moved = shop.sandbox.path("elsewhere");
    std::fs::rename(&shop.checkout, &moved).unwrap();
    shop.check_in(&moved, "get postgres --no-book -q", "{0}\n", "", 0);
    shop.check_in(&moved, "get web -q", "{1}\n", "", 0);
    shop.check_in(&moved, "get redis -q", "{12}\n", "", 0);
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    shop.check_usage("get", "error: the following required arguments were not provided:");
    shop.check_usage("get postgres web", "error: unexpected argument 'web' found");
    shop.check_error(
        "get --json",
        "usage",
        "the following required arguments were not provided: <SERVICE>",
        "`gantry help` lists the commands and their options",
        2,
    );
}
