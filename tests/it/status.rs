//! `gantry status`.

use serde_json::json;

use crate::ports::{Foreign, listen};
use crate::shop::{HASH, Shop};
use crate::terminal::converse;

#[test]
fn nothing_is_booked() {
    let shop = Shop::new();
    let note = "gantry: nothing is booked; `gantry export --auto` books what the compose file publishes\n";
    shop.check("status", "", note, 0);
    shop.check("status -a", "", note, 0);
    assert_eq!(
        shop.gantry("status --json").json(),
        json!({ "format_version": 1, "allocations": [], "projects": [], "contexts": [] })
    );
}

#[test]
fn a_table_of_this_context() {
    let shop = Shop::booked();
    let table = "CONTEXT       LABEL      SERVICE   PORT   STATE\n\
                 656493bc33bb  shop/main  postgres  {0}  free\n\
                 656493bc33bb  shop/main  web       {1}  free\n\
                 656493bc33bb  shop/main  redis     {12}  free\n";
    shop.check("status", table, "", 0);
    shop.check("status --live", table, "", 0);
    shop.check("status --all", table, "", 0);
    let elsewhere = shop.sandbox.repository("other", "git@example.com:test/other.git");
    shop.check_in(&elsewhere, "status -a", table, "", 0);
    let note = "gantry: nothing is booked; `gantry export --auto` books what the compose file publishes\n";
    shop.check_in(&elsewhere, "status", "", note, 0);
}

#[test]
fn all_lists_every_context() {
    let shop = Shop::booked();
    let other = shop.sandbox.repository("other", "git@example.com:test/other.git");
    shop.check_in(&other, "book mailpit", "{16}\n", "", 0);
    let hash = shop.gantry_in(&other, "context --json").json()["hash"].as_str().unwrap().to_owned();
    shop.check(
        "status -a",
        &format!(
            "CONTEXT       LABEL       SERVICE   PORT   STATE\n\
             {hash}  other/main  mailpit   {{16}}  free\n\
             656493bc33bb  shop/main   postgres  {{0}}  free\n\
             656493bc33bb  shop/main   web       {{1}}  free\n\
             656493bc33bb  shop/main   redis     {{12}}  free\n"
        ),
        "",
        0,
    );
}

#[test]
fn several_ports_of_a_service_are_shown_as_get_takes_them() {
    let shop = Shop::new();
    shop.compose("services: { mq: { image: 'rabbitmq:3', ports: ['{0}:5672', '{1}:15672'] } }\n");
    shop.gantry("book --auto").require_success();
    shop.check(
        "status",
        "CONTEXT       LABEL      SERVICE   PORT   STATE\n\
         656493bc33bb  shop/main  mq:5672   {0}  free\n\
         656493bc33bb  shop/main  mq:15672  {1}  free\n",
        "",
        0,
    );
}

#[test]
fn json_has_every_field() {
    let shop = Shop::booked();
    let row = |service: &str, port: u16, container_port: u16, env_var: &str| {
        json!({
            "context": HASH, "label": "shop/main", "path": "[SANDBOX]/shop", "service": service,
            "port": shop.port(port), "container_port": container_port, "protocol": "tcp", "env_var": env_var,
            "state": "free", "holder": null,
        })
    };
    let rows =
        [row("postgres", 0, 5432, "PG_PORT"), row("web", 1, 80, "WEB_PORT"), row("redis", 12, 6379, "REDIS_PORT")];
    assert_eq!(
        shop.gantry("status --json").json(),
        json!({ "format_version": 1, "allocations": rows, "projects": [], "contexts": [] })
    );
}

/// Service, state, and the holder's name and pid.
type State = (String, String, Option<(String, u64)>);

fn states(shop: &Shop, arguments: &str) -> Vec<State> {
    let status = shop.gantry(arguments).json();
    let rows = status["allocations"].as_array().unwrap().iter();
    rows.map(|row| {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let holder = row["holder"].as_object();
        let holder = holder.map(|holder| (text(&holder["name"]), holder["pid"].as_u64().unwrap()));
        (text(&row["service"]), text(&row["state"]), holder)
    })
    .collect()
}

#[test]
fn a_foreign_process_is_named() {
    let shop = Shop::booked();
    let foreign = Foreign::listen(shop.port(0));
    let free = |service: &str| (service.to_owned(), "free".to_owned(), None);
    let holder = Some(("busybox".to_owned(), u64::from(foreign.pid())));
    let expected = [("postgres".to_owned(), "foreign".to_owned(), holder), free("web"), free("redis")];
    assert_eq!(states(&shop, "status --json"), expected);
    shop.check(
        "status",
        &format!(
            "CONTEXT       LABEL      SERVICE   PORT   STATE\n\
             656493bc33bb  shop/main  postgres  {{0}}  foreign: busybox (pid {})\n\
             656493bc33bb  shop/main  web       {{1}}  free\n\
             656493bc33bb  shop/main  redis     {{12}}  free\n",
            foreign.pid()
        ),
        "",
        0,
    );
    drop(foreign);
    assert_eq!(states(&shop, "status --json"), ["postgres", "web", "redis"].map(free));
}

#[test]
fn a_process_of_the_checkout_is_its_own() {
    let shop = Shop::booked();
    let mut command = shop.sandbox.command("busybox", &shop.checkout);
    command.args(["httpd", "-f", "-p", &format!("127.0.0.1:{}", shop.port(1)), "-h", "."]);
    let own = Started(command.spawn().unwrap());
    crate::sandbox::await_true("busybox listens", || !crate::ports::is_free(shop.port(1)));
    let row = |holder: Option<(String, u64)>| ("web".to_owned(), "listening".to_owned(), holder);
    assert_eq!(states(&shop, "status --json")[1], row(None));
    let holder = ("busybox".to_owned(), u64::from(own.0.id()));
    assert_eq!(states(&shop, "status --live --json")[1], row(Some(holder)));
    let shown = shop.gantry("status --live").stdout;
    let expected = shop.fill(&format!("web       {{1}}  listening: busybox (pid {})\n", own.0.id()));
    assert!(shown.contains(&expected), "{shown}");
}

/// A process that ends with the test.
struct Started(std::process::Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn tcp_on_the_port_of_a_udp_service_is_not_the_service() {
    let shop = Shop::new();
    shop.compose("services: { dns: { image: coredns, ports: ['{0}:53/udp'] } }\n");
    shop.check("get dns", "{0}\n", "", 0);
    let _listener = listen(shop.port(0));
    let status = shop.gantry("status --json").json();
    let row = &status["allocations"][0];
    assert_eq!((&row["protocol"], &row["state"]), (&json!("udp"), &json!("free")), "{status}");
}

#[test]
fn colour_only_where_it_is_wanted() {
    let shop = Shop::new();
    shop.check("book web -q", "{1}\n", "", 0);
    let dim = |text: &str| format!("\u{1b}[2m{text}\u{1b}[0m");
    let plain = "CONTEXT       LABEL      SERVICE  PORT   STATE\n656493bc33bb  shop/main  web      {1}  free\n";
    let coloured = format!(
        "{}       {}      {}  {}   {}\n656493bc33bb  shop/main  web      {{1}}  {}\n",
        dim("CONTEXT"),
        dim("LABEL"),
        dim("SERVICE"),
        dim("PORT"),
        dim("STATE"),
        dim("free")
    );
    shop.check("status --color always", &coloured, "", 0);
    shop.check("--color=never status", plain, "", 0);
    shop.check("status", plain, "", 0);
    let at_terminal = |command: &str| converse(&shop.sandbox, &shop.checkout, command, "");
    // The sandbox's own terminal is a dumb one.
    assert_eq!(at_terminal("gantry status"), (shop.fill(plain), 0));
    assert_eq!(at_terminal("TERM=xterm gantry status"), (shop.fill(&coloured), 0));
    assert_eq!(at_terminal("NO_COLOR=1 TERM=xterm gantry status"), (shop.fill(plain), 0));
    assert_eq!(at_terminal("TERM=xterm gantry status --color never"), (shop.fill(plain), 0));
    assert_eq!(at_terminal("NO_COLOR=1 gantry status --color always"), (shop.fill(&coloured), 0));
}

#[test]
fn failures_are_coloured_as_well() {
    let shop = Shop::new();
    let red = "\u{1b}[31merror\u{1b}[0m: port {3} is free: nobody booked it, nobody listens on it\n";
    let hint = "\u{1b}[2mhint\u{1b}[0m: `gantry book SERVICE --port {3}` books it\n";
    shop.check("which {3} --color always", "", &format!("{red}{hint}"), 3);
    let at_terminal = |command: &str| converse(&shop.sandbox, &shop.checkout, &shop.fill(command), "").0;
    assert_eq!(at_terminal("TERM=xterm gantry which {3}"), shop.fill(&format!("{red}{hint}")));
    // The parser's own words too, and the help.
    for arguments in ["nope", "status --nope", "get", "status --help", "help status"] {
        assert!(at_terminal(&format!("TERM=xterm gantry {arguments}")).contains('\u{1b}'), "{arguments}");
        for plain in
            ["NO_COLOR=1 TERM=xterm gantry", "TERM=xterm gantry --color never", "TERM=xterm gantry --color=never"]
        {
            let screen = at_terminal(&format!("{plain} {arguments}"));
            assert!(!screen.contains('\u{1b}') && screen.len() > 20, "{plain} {arguments}\n{screen}");
        }
    }
    assert!(shop.gantry("--color always nope").stderr.contains('\u{1b}'));
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    shop.check_usage("status --nope", "error: unexpected argument '--nope' found");
    shop.check_usage("status --color sometimes", "error: invalid value 'sometimes' for '--color <WHEN>'");
    shop.check_error(
        "status --nope --json",
        "usage",
        "unexpected argument '--nope' found",
        "`gantry help` lists the commands and their options",
        2,
    );
}
