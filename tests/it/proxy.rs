//! `gantry proxy`, with the real Caddy.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::sandbox::{Sandbox, await_some, await_true};
use crate::served::Served;

#[test]
fn what_a_server_is_told() {
    let served = Served::started();
    let _web = served.upstream("127.0.0.1", 8080, "main web");
    let page = served.page("http://shop.test/some/page?x=%2F");
    assert!(page.contains("<h1>main web</h1>"), "{page}");
    let headers = page.split("<pre>").nth(1).and_then(|rest| rest.split("</pre>").next()).unwrap();
    let headers: serde_json::Value = serde_json::from_str(headers).unwrap();
    assert_eq!(headers["host"], "shop.test");
    assert_eq!(headers["x-forwarded-host"], "shop.test");
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    // Who asks from outside says nothing of where it came from.
    let forged = served.curl("--header 'X-Forwarded-For: 10.0.0.1'", "http://shop.test/").stdout;
    assert!(!forged.contains("10.0.0.1"), "{forged}");
    assert!(served.page("http://WEB.Shop.Test/").contains("main web"));
}

#[test]
fn each_context_has_its_own_page_and_unknown_names_none() {
    let served = Served::started();
    let _web = served.upstream("127.0.0.1", 8080, "main web");
    let branch = served.branch("shop-x", "feature/x");
    let port = served.gantry_in(&branch, "get web -q").stdout.trim().parse().unwrap();
    let _other = served.upstream("127.0.0.1", port, "feature web");
    assert!(served.page("http://shop.test/").contains("main web"));
    assert!(served.page("http://feature-x.shop.test/").contains("feature web"));
    assert!(served.page("http://web.feature-x.shop.test/").contains("feature web"));
    for unknown in ["nope.shop.test", "api.nope.shop.test", "shop.test.shop.test"] {
        let url = format!("http://{unknown}/");
        assert_eq!(served.status_of(&url), "404", "{unknown}");
        let page = served.page(&url);
        assert!(page.starts_with("No such name under shop.test\n"), "{page}");
        assert!(
            page.contains("  http://feature-x.shop.test  web of shop/feature/x in ") && !page.contains(" web</h1>")
        );
    }
    let page = served.page("http://other.test/");
    assert!(page.starts_with("No project goes by this name\n") && page.contains("  http://shop.test  "), "{page}");
    assert_eq!(served.status_of("http://127.0.0.1/"), "404");
}

#[test]
fn a_server_that_is_down_says_how_to_start_it() {
    let served = Served::started();
    served.branch("shop-x", "x");
    assert_eq!(served.status_of("http://shop.test/"), "502");
    let page = served.page("http://shop.test/");
    assert!(page.starts_with("shop.test: nothing answers on port 8080\n"), "{page}");
    assert!(page.ends_with("This starts it:\n  gantry start shop\n"), "{page}");
    let page = served.page("http://x.shop.test/");
    assert!(page.contains("  cd [SANDBOX]/shop-x && gantry start\n"), "{page}");
    let html = served.curl("--header 'Accept: text/html'", "http://shop.test/").stdout;
    assert!(html.contains("<h1>shop.test: nothing answers on port 8080</h1>"), "{html}");
    assert!(html.contains("http-equiv=\"refresh\"") && html.contains("<pre>gantry start shop</pre>"), "{html}");
    // As soon as it listens, on either address.
    let _web = served.upstream("::1", 8080, "now");
    await_true("the page is there", || served.page("http://shop.test/").contains("<h1>now</h1>"));
}

#[test]
fn a_server_that_never_answers() {
    let served = Served::new();
    served.world.sandbox.write("shop/gantry.yml", "http_timeout: 1\n");
    served.done("register --hostname shop");
    served.done("proxy start");
    let _web = served.upstream("127.0.0.1", 8080, "main");
    assert_eq!(served.status_of("http://shop.test/hang"), "504");
    let page = served.page("http://shop.test/hang");
    assert!(page.starts_with("shop.test: no answer within 1 seconds\n"), "{page}");
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"), "it is not given up");
}

#[test]
fn a_server_that_hangs_up_harms_no_other_request() {
    let served = Served::started();
    let _web = served.upstream("127.0.0.1", 8080, "main");
    let page = served.page("http://shop.test/reset");
    assert!(page.starts_with("shop.test: no answer of a web server on port 8080\n"), "{page}");
    let script = "(for i in $(seq 60); do curl --silent --resolve '*:80:127.0.0.1' http://shop.test/reset >/dev/null; done) & \
                  for i in $(seq 60); do curl --silent --output /dev/null --write-out '%{http_code}\\n' \
                  --resolve '*:80:127.0.0.1' http://shop.test/; done | sort | uniq -c | tr -s ' '; wait";
    served.world.script(script).check(" 60 200\n", "", 0);
}

#[test]
fn events_and_websockets_pass() {
    let served = Served::started();
    let _web = served.upstream("127.0.0.1", 8080, "main");
    let events = served.curl("--max-time 1 --no-buffer", "http://shop.test/events");
    assert!(events.stdout.starts_with("data: 0\n\ndata: 1\n\n") && !events.stdout.contains("data: 20"), "{events:?}");
    let script = r#"
import base64, socket
s = socket.create_connection(("127.0.0.1", 80), 5)
s.sendall(b"GET /ws HTTP/1.1\r\nHost: shop.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.b64encode(b"0123456789abcdef") + b"\r\n\r\n")
head = b""
while b"\r\n\r\n" not in head:
    head += s.recv(1)
print(head.split(b"\r\n")[0].decode())
for word in (b"hello", b"again"):
    s.sendall(bytes([0x81, 0x80 | len(word)]) + b"\0\0\0\0" + word)
    print(s.recv(99)[2:].decode())
"#;
    served.world.sandbox.write("home/ws.py", script);
    served.world.script("python3 ~/ws.py").check("HTTP/1.1 101 Switching Protocols\nhello\nagain\n", "", 0);
}

#[test]
fn it_is_told_by_itself() {
    let served = Served::new();
    served.done("proxy start");
    assert!(served.page("http://shop.test/").starts_with("No project goes by this name\nNo project is registered."));
    let registered = served.done("register --hostname shop");
    assert!(registered.stderr.ends_with("as shop\ngantry: http://shop.test\n"), "{registered:?}");
    assert!(served.page("http://shop.test/").starts_with("shop.test: nothing answers on port 8080\n"));
    // A port that changes.
    served.compose(&crate::served::COMPOSE.replace("8080:80", "8088:80"));
    served.done("release web");
    assert!(served.page("http://shop.test/").starts_with("shop.test: nothing answers on port 8000\n"));
    served.done("update");
    assert!(served.page("http://web.shop.test/").starts_with("web.shop.test: nothing answers on port 8088\n"));
    // A branch that is switched, also to one that has its ports already; told by whoever comes next.
    let main = served.upstream("127.0.0.1", 8088, "of main");
    served.world.sandbox.git(&served.checkout, ["checkout", "--quiet", "-b", "next"]);
    served.done("export --auto");
    let port = served.gantry("get web -q").stdout.trim().parse().unwrap();
    let next = served.upstream("127.0.0.1", port, "of next");
    assert!(served.page("http://web.shop.test/").contains("<h1>of next</h1>"));
    served.world.sandbox.git(&served.checkout, ["checkout", "--quiet", "main"]);
    served.done("get web -q");
    assert!(served.page("http://web.shop.test/").contains("<h1>of main</h1>"));
    assert!(served.page("http://web.next.shop.test/").contains("<h1>of next</h1>"));
    served.world.sandbox.git(&served.checkout, ["checkout", "--quiet", "next"]);
    served.done("run -- true");
    assert!(served.page("http://web.shop.test/").contains("<h1>of next</h1>"));
    served.world.sandbox.git(&served.checkout, ["checkout", "--quiet", "main"]);
    drop((main, next));
    served.done("unregister --yes");
    assert!(served.page("http://shop.test/").starts_with("No project goes by this name\nNo project is registered."));
    let pages =
        fs::read_dir(served.proxy_file("pages")).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    assert!(pages.len() == 1 && !pages[0].join("shop.test").exists(), "{pages:?}");
}

#[test]
fn what_is_connected_stays_connected_over_a_reload() {
    let served = Served::started();
    let _web = served.upstream("127.0.0.1", 8080, "main");
    // Longer than Caddy waits for what an old configuration has begun.
    served.world.script(
        "curl --silent --resolve '*:80:127.0.0.1' --output ~/got --write-out '%{http_code} %{size_download}' \
         http://shop.test/download >~/told 2>&1 </dev/null &",
    );
    let got = served.world.sandbox.path("home/got");
    await_true("the download has begun", || fs::metadata(&got).is_ok_and(|file| file.len() > 0));
    served.done("book another");
    served.done("proxy reload");
    let told = served.world.sandbox.path("home/told");
    let told = await_some("the download is done", || fs::read_to_string(&told).ok().filter(|told| !told.is_empty()));
    assert_eq!(told, format!("200 {}", 64 << 20));
}

#[test]
fn a_configuration_that_caddy_refuses_leaves_the_old_one_serving() {
    let served = Served::started();
    let _web = served.upstream("127.0.0.1", 8080, "main");
    // Somebody takes the port between gantry's look and Caddy's.
    let _taken = served.upstream("127.0.0.1", 8888, "somebody");
    let registry = rusqlite_of(&served.world.sandbox);
    registry.execute("INSERT INTO settings (name, value) VALUES ('http_port', '8888')", ()).unwrap();
    served.check_failure("proxy reload", &["error: Caddy refuses the configuration: ", "address already in use"], 1);
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"));
    let down = served.page("http://api.shop.test/");
    assert!(down.contains("port 8000"), "its pages belong to it: {down}");
    // The command that made the change has done its own work.
    let output = served.gantry("book extra");
    assert!(
        output.status == 0 && output.stderr.contains("warning: the proxy was not told: Caddy refuses"),
        "{output:?}"
    );
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"));
    registry.execute("DELETE FROM settings", ()).unwrap();
    served.done("proxy reload");
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"));
}

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
    let mut command = served.world.command("setpriv", &served.checkout);
    command.args(["--bounding-set=-net_bind_service", "gantry", "proxy", "start"]);
    let output = served.world.run(&mut command);
    assert_eq!(output.status, 1, "{output:?}");
    for words in ["error: this user may not bind port 80", "setcap cap_net_bind_service=+ep", "--high-ports"] {
        assert!(output.stderr.contains(words), "{output:?}");
    }
}

#[test]
fn a_caddy_that_dies() {
    let served = Served::started();
    let pid = served.gantry("proxy status --json").json()["pid"].as_u64().unwrap();
    served.world.script(&format!("kill -9 {pid}"));
    await_true("it is gone", || served.gantry("proxy status --json").json()["is_running"] == false);
    let status = served.gantry("proxy status");
    assert!(status.stdout.contains("does not run") && status.stderr.contains("`gantry proxy start` starts it"));
    served.check_failure("proxy reload", &["error: the proxy does not run", "`gantry proxy start`"], 5);
    served.gantry("url").check(
        "http://shop.test\n",
        "warning: the proxy does not run, so this does not answer; `gantry proxy start` starts it\n",
        0,
    );
    served.done("book one");
    served.done("proxy start");
    assert_eq!(served.status_of("http://shop.test/"), "502");
    served.gantry("proxy stop").check("", "gantry: the proxy is stopped\n", 0);
    served.gantry("proxy stop").check("", "gantry: the proxy does not run\n", 0);
    assert_eq!(served.world.script("pgrep caddy").status, 1);
}

#[test]
fn an_admin_socket_that_is_taken() {
    let served = Served::new();
    served.done("proxy setup");
    let socket = served.proxy_file("admin.sock");
    let somebody = UnixListener::bind(&socket).unwrap();
    served.check_failure("proxy start", &["admin.sock is where Caddy's admin socket belongs", "hint: move "], 4);
    drop(somebody);
    // Nobody answers there any more.
    served.done("proxy start");
    // What a tidy user took away.
    fs::remove_file(served.proxy_file("caddy.pid")).unwrap();
    assert_eq!(served.gantry("proxy status --json").json()["is_running"], true);
    served.done("proxy reload");
    served.done("proxy stop");
    served.done("proxy start");
    fs::remove_file(&socket).unwrap();
    let words = ["error: the proxy runs (process ", "does not answer", "hint: `gantry proxy stop`, then"];
    served.check_failure("proxy start", &words, 5);
    served.done("proxy stop");
    fs::create_dir(&socket).unwrap();
    served.check_failure("proxy start", &["admin.sock is where Caddy's admin socket belongs"], 4);
    assert!(socket.is_dir());
}

#[test]
fn without_caddy() {
    let mut served = Served::new();
    let program = Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap().display().to_string();
    served.world.sandbox.set("PATH", format!("{program}:/usr/bin:/bin"));
    for command in ["proxy setup", "proxy start", "caddy-setup", "caddy-start"] {
        served.check_failure(command, &["error: caddy is not installed", "hint: install the package caddy"], 5);
    }
    served.done("register --hostname shop");
    served.gantry("url").check("http://localhost:8080\n", "", 0);
    let status = served.gantry("caddy-status");
    assert!(status.status == 0 && status.stdout.contains("not installed"), "{status:?}");
}

#[test]
fn a_caddy_that_is_stopped_holds_no_prompt_up() {
    let served = Served::started();
    let pid = served.gantry("proxy status --json").json()["pid"].as_u64().unwrap();
    served.world.script(&format!("kill -STOP {pid}"));
    served.world.sandbox.git(&served.checkout, ["checkout", "--quiet", "-b", "next"]);
    let began = std::time::Instant::now();
    let output = served.gantry("export --auto");
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(output.status == 0 && output.stderr.contains("warning: the proxy was not told: "), "{output:?}");
    served.world.script(&format!("kill -CONT {pid}"));
    served.done("proxy reload");
    assert!(served.page("http://shop.test/").contains("shop/next"));
}

/// Whoever comes while another one loads is served by that one.
#[test]
fn many_at_once_are_all_served() {
    let served = Served::started();
    let branches: Vec<_> = (0..6).map(|number| format!("b{number}")).collect();
    for branch in &branches {
        served.world.sandbox.worktree(&served.checkout, branch, branch);
        let compose = served.world.sandbox.path(branch).join("compose.yaml");
        fs::copy(served.checkout.join("compose.yaml"), compose).unwrap();
    }
    std::thread::scope(|scope| {
        for branch in &branches {
            let path = served.world.sandbox.path(branch);
            let served = &served;
            scope.spawn(move || served.gantry_in(&path, "export --auto").require_success());
        }
    });
    await_true("all are served", || {
        branches.iter().all(|branch| served.status_of(&format!("http://{branch}.shop.test/")) == "502")
    });
}

#[test]
fn several_at_once_start_one() {
    let served = Served::new();
    served.done("register --hostname shop");
    let started: Vec<_> = std::thread::scope(|scope| {
        let start = || served.gantry("proxy start");
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(started.iter().all(|output| output.status == 0), "{started:?}");
    assert_eq!(started.iter().filter(|output| output.stderr.contains("serves HTTP")).count(), 1, "{started:?}");
    assert_eq!(served.world.script("pgrep --count caddy").stdout, "1\n");
}

#[test]
fn names_of_strangers_stay_out_of_the_configuration() {
    let served = Served::new();
    served.compose(
        "services:\n  \"w}\\n\\timport /etc/passwd\\n{\": { image: a, ports: ['8080:80'] }\n  \"\\\"`$(id)<b>\": { image: a, ports: ['8001:80'] }\n",
    );
    served.done("register --hostname shop");
    served.branch("b{\n}", "x/{$HOME}`\"<script>");
    served.done("proxy start");
    let caddyfile = fs::read_to_string(served.proxy_file("Caddyfile")).unwrap();
    for foreign in ["/etc", "$(id)", "<b>", "script>", "HOME"] {
        assert!(!caddyfile.contains(foreign), "{foreign}: {caddyfile}");
    }
    let html = served.curl("--header 'Accept: text/html'", "http://nope.shop.test/").stdout;
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script>") && !html.contains("<b>"), "{html}");
    let mode = fs::metadata(served.proxy_file("Caddyfile")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_place_that_a_caddyfile_cannot_name() {
    let mut served = Served::new();
    let place = served.world.sandbox.path("home/{$HOME}\"");
    served.world.sandbox.set("XDG_STATE_HOME", &place);
    served.check_failure("proxy start", &["a Caddyfile cannot hold this path", "hint: set XDG_STATE_HOME"], 1);
    let long = served.world.sandbox.path("home").join("x".repeat(90));
    served.world.sandbox.set("XDG_STATE_HOME", &long);
    served.check_failure("proxy start", &["the path is too long for a socket"], 1);
}

#[test]
fn nothing_is_left_of_it() {
    let served = Served::new();
    served.done("register --hostname shop");
    let before = served.world.snapshot();
    served.done("proxy setup --high-ports");
    served.done("proxy start");
    served.gantry("proxy remove").check("", "gantry: the proxy is stopped, and its ports and files are forgotten\n", 0);
    let home = served.world.sandbox.path("home").display().to_string();
    let left = crate::world::differences(&before, &served.world.snapshot());
    // Locks stay, since somebody may wait for one.
    let left: Vec<&String> = left.iter().filter(|line| !line.contains("/.local/state")).collect();
    assert_eq!(left, [&format!("* {home}/.local/share/gantry/registry.db")]);
    let state = served.world.sandbox.path("home/.local/state/gantry");
    let names: Vec<_> = fs::read_dir(state).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["locks"]);
    assert_eq!(served.gantry("config --json").json()["reserves"].to_string(), "[]");
}

fn rusqlite_of(sandbox: &Sandbox) -> rusqlite::Connection {
    rusqlite::Connection::open(sandbox.registry()).unwrap()
}
