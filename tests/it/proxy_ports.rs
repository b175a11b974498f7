//! The ports that the proxy listens on: who has them, who may have them.

use crate::served::Served;

#[test]
fn ports_that_somebody_has() {
    let served = Served::new();
    served.done("register --hostname shop");
    let somebody = served.upstream("127.0.0.1", 80, "somebody");
    for command in ["proxy setup", "proxy start"] {
        let words = ["error: port 80 is taken: python3", "listens on it", "`gantry proxy setup --high-ports`"];
        served.check_failure(command, &words, 4);
    }
    let _high = served.upstream("127.0.0.1", 8880, "too");
    served.gantry("proxy setup --high-ports").check(
        "",
        "gantry: Caddy 2.6 will serve HTTP on 8881 and HTTPS on 8443\ngantry: `gantry proxy start` starts it\n",
        0,
    );
    served.done("proxy start");
    let _web = served.upstream("127.0.0.1", 8080, "main");
    served.gantry("url").check("http://shop.test:8881\n", "", 0);
    let page = served.world.script("curl --silent --resolve '*:8881:127.0.0.1' \"http://shop.test:8881\"");
    assert!(page.stdout.contains("<h1>main</h1>"), "{page:?}");
    // The ports are nobody's by accident.
    let reserves = served.gantry("config --json").json()["reserves"].to_string();
    assert!(reserves.contains("8881") && reserves.contains("8443"), "{reserves}");
    drop(somebody);
    served.done("proxy setup --http-port 80 --https-port 443");
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"), "it moves while it runs");
    served.gantry("url").check("http://shop.test\n", "", 0);
    assert_eq!(served.gantry("config --json").json()["reserves"].to_string(), "[]");
    served.check_failure("proxy setup --http-port 8443 --https-port 8443", &["cannot serve both"], 2);
    served.check_failure("proxy setup --http-port 8080", &["port 8080 is booked: it is that of web of shop/main"], 4);
}

#[test]
fn the_users_reserves_stay_theirs() {
    let served = Served::new();
    let reserves = || served.gantry("config --json").json()["reserves"].to_string();
    served.done("config --reserve 8880 --reserve 9000");
    served.done("proxy setup --high-ports");
    assert_eq!(served.gantry("proxy status --json").json()["http_port"], 8881);
    served.done("proxy setup --http-port 8443 --https-port 9000");
    let (kept, own) = (reserves(), r#"{"start":8443,"end":8443}"#);
    assert!(kept.contains(own) && !kept.contains("8881"), "{kept}");
    served.done("proxy remove");
    assert_eq!(reserves(), r#"[{"start":8880,"end":8880},{"start":9000,"end":9000}]"#);
}

/// On a stock Linux nobody but root may bind ports below 1024, unless the program's file has the privilege.
#[test]
fn a_caddy_that_may_bind_what_its_user_may_not() {
    let served = Served::new();
    served.done("register --hostname shop");
    served.world.script("echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start");
    let caddy = served.world.sandbox.path("bin/caddy");
    served.world.script(&format!(
        "cp $(readlink -f $(command -v caddy)) {0}; setcap cap_net_bind_service=+ep {0}",
        caddy.display()
    ));
    served.world.script("chmod 755 ~/..; chown -R 1000:1000 ~ ~/../shop").require_success();
    let mut command = served.world.command("setpriv", &served.checkout);
    command.args(["--reuid=1000", "--regid=1000", "--clear-groups", "gantry", "proxy", "start"]);
    let output = served.world.run(&mut command).require_success();
    assert!(output.stderr.contains("serves HTTP on 80"), "{output:?}");
    assert_eq!(served.status_of("http://shop.test/"), "502");
}

#[test]
fn ports_that_this_user_may_not_bind() {
    let served = Served::new();
    served.world.script("echo 1024 >/proc/sys/net/ipv4/ip_unprivileged_port_start");
    served.done("register --hostname shop");
    for action in ["setup", "start"] {
        let mut command = served.world.command("setpriv", &served.checkout);
        command.args(["--bounding-set=-net_bind_service", "gantry", "proxy", action]);
        let words = ["error: this user may not bind port 80", "setcap cap_net_bind_service=+ep", "--high-ports"];
        served.world.run(&mut command).check_failure(&words, 1);
        // What was only tried is not set up.
        assert_eq!(served.gantry("proxy status --json").json()["is_set_up"], false, "{action}");
        served.gantry("url").check("http://localhost:8080\n", "", 0);
        let left = served.world.script("find ~/.local/state/gantry").stdout;
        assert!(!served.proxy_file("").exists(), "{action}: {left}");
    }
}

#[test]
fn the_port_of_https_is_only_needed_where_something_is_served_by_it() {
    let served = Served::new();
    served.done("register --hostname shop");
    let _web = served.upstream("127.0.0.1", 8080, "main");
    let _somebody = served.upstream("127.0.0.1", 443, "somebody");
    served.done("proxy setup");
    assert!(served.gantry("doctor").stdout.contains("it does not run"));
    let started = served.done("proxy start");
    assert!(started.stderr.contains(" serves HTTP on 80\n"), "{started:?}");
    // From now on something is, and the proxy does not have the port yet.
    let certified = served.done("cert setup --stores none --yes");
    let words = ["the proxy was not told: port 443 is taken: python3", "is served on; stop it, or", "`--https-port`"];
    assert!(words.iter().all(|word| certified.stderr.contains(word)), "{certified:?}");
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"));
    for command in ["proxy setup", "proxy reload"] {
        served.check_failure(command, &["error: port 443 is taken: python3", "`--https-port`"], 4);
    }
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"));
    served.done("proxy setup --https-port 8443");
    let page = served.curl("--resolve '*:8443:127.0.0.1'", "https://shop.test:8443/").stdout;
    assert!(page.contains("<h1>main</h1>"), "{page}");
}

#[test]
fn ports_that_caddy_refuses_are_not_kept() {
    let served = Served::started();
    let wrapper = served.before_caddy("[ \"$1\" != adapt ] || { echo 'Error: not these' >&2; exit 1; }");
    served.check_failure("proxy setup --high-ports", &["error: Caddy refuses the configuration: not these"], 1);
    assert_eq!(served.gantry("proxy status --json").json()["http_port"], 80);
    assert_eq!(served.gantry("config --json").json()["reserves"].to_string(), "[]");
    served.gantry("url").check("http://shop.test\n", "", 0);
    std::fs::remove_file(wrapper).unwrap();
    served.done("proxy setup --http-port 8880");
    served.gantry("url").check("http://shop.test:8880\n", "", 0);
}
