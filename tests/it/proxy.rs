//! `gantry proxy`, with the real Caddy.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::sandbox::{await_some, await_true};
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

/// A site of somebody's whose name leads to this machine may read what is answered.
#[test]
fn what_is_registered_is_not_told_to_anybodys_name() {
    let served = Served::started();
    let page = |host: &str| served.page_of(host, "http://127.0.0.1/");
    let own = ["other.test", "A.B.Internal", "x.home.arpa.", "localhost", "localhost:80", "127.0.0.1", "[::1]:80"];
    for host in own {
        assert!(page(host).contains("  http://shop.test  [SANDBOX]/shop\n"), "{host}: {}", page(host));
    }
    for host in ["example.com", "test.example.com", "mytest", "bad.cafe", "1.2.3.4.example", "shop.test.example.com"] {
        let expected = "No project goes by this name\nThis lists those that there are:\n  gantry routes\n";
        assert_eq!(page(host), expected, "{host}");
    }
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
    // What a browser has kept of the server is older or newer than the page, and of no use either way.
    let moments = ["2001", "2037"].map(|year| format!("Thu, 01 Jan {year} 00:00:00 GMT"));
    for name in ["If-Modified-Since", "If-Unmodified-Since"] {
        for moment in &moments {
            let page = served.curl(&format!("--header '{name}: {moment}'"), "http://shop.test/").stdout;
            assert!(page.starts_with("shop.test: nothing answers on port 8080\n"), "{name}: {moment}: {page:?}");
        }
    }
    for condition in ["If-None-Match: *", "If-Match: \"x\"", "Range: bytes=0-3"] {
        for url in ["http://shop.test/", "http://nope.shop.test/", "http://nope.test/"] {
            let page = served.curl(&format!("--header '{condition}'"), url).stdout;
            assert!(page.lines().count() > 1, "{condition}: {url}: {page:?}");
        }
    }
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
fn nothing_is_left_of_it() {
    let served = Served::new();
    served.done("register --hostname shop");
    let before = served.world.snapshot();
    served.done("proxy setup --high-ports");
    served.done("proxy start");
    served.gantry("proxy remove").check("", "gantry: the proxy is stopped, and its ports and files are forgotten\n", 0);
    served.gantry("proxy remove").check("", "gantry: the proxy is not set up\n", 0);
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
