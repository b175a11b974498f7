//! The proxy over HTTPS: certificates of a CA that only curl is told of.

use std::fs;

use crate::sandbox::await_true;
use crate::served::Served;

/// Certificates without anybody's trust, before the proxy starts.
fn secure() -> Served {
    let served = Served::new();
    served.done("register --hostname shop");
    served.done("cert setup --stores none --yes");
    served.done("proxy start");
    served
}

impl Served {
    /// What curl prints, which trusts mkcert's CA and no other.
    #[track_caller]
    fn trusting(&self, options: &str, url: &str) -> String {
        let all = "--silent --show-error --cacert ~/.local/share/mkcert/rootCA.pem --resolve '*:443:127.0.0.1' \
                   --resolve '*:80:127.0.0.1' --resolve '*:8443:127.0.0.1' --resolve '*:8880:127.0.0.1'";
        self.world.script(&format!("curl {all} {options} '{url}'")).require_success().stdout
    }

    /// The serial number of the certificate that is shown.
    fn serial(&self) -> String {
        let shown = self.gantry("cert verify shop --json").json();
        assert_eq!(shown["verifies"], true, "{shown}");
        shown["certificate"]["serial"].as_str().unwrap().to_owned()
    }
}

#[test]
fn names_of_each_depth_are_certified_and_http_leads_to_them() {
    let served = secure();
    let _web = served.upstream("127.0.0.1", 8080, "main");
    assert!(served.trusting("", "https://shop.test/").contains("\"x-forwarded-proto\": \"https\""));
    assert!(served.trusting("--http1.1", "https://web.shop.test/").contains("<h1>main</h1>"));
    assert!(served.trusting("", "https://nothing.shop.test/").starts_with("No such name under shop.test\n"));
    let moved =
        served.trusting("--output /dev/null --write-out '%{http_code} %{redirect_url}'", "http://shop.test/a?b=c");
    assert_eq!(moved, "307 https://shop.test/a?b=c");
    // A new branch, with names below its own, is certified when its ports are booked.
    served.branch("shop-x", "feature/x");
    assert!(
        served.trusting("", "https://feature-x.shop.test/").contains("feature-x.shop.test: nothing answers on port")
    );
    assert!(served.trusting("", "https://api.feature-x.shop.test/").contains("nothing answers on port"));
    served.gantry("url").check("https://shop.test\n", "", 0);
    served.gantry("url api").check("https://api.shop.test\n", "", 0);
}

#[test]
fn websockets_pass_over_tls() {
    let served = secure();
    let _web = served.upstream("127.0.0.1", 8080, "main");
    let script = r#"
import base64, os, socket, ssl
context = ssl.create_default_context(cafile=os.path.expanduser("~/.local/share/mkcert/rootCA.pem"))
s = context.wrap_socket(socket.create_connection(("127.0.0.1", 443), 5), server_hostname="shop.test")
s.sendall(b"GET /ws HTTP/1.1\r\nHost: shop.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.b64encode(b"0123456789abcdef") + b"\r\n\r\n")
head = b""
while b"\r\n\r\n" not in head:
    head += s.recv(1)
s.sendall(bytes([0x81, 0x85]) + b"\0\0\0\0hello")
print(head.split(b"\r\n")[0].decode(), s.recv(99)[2:].decode())
"#;
    served.world.sandbox.write("home/wss.py", script);
    served.world.script("python3 ~/wss.py").check("HTTP/1.1 101 Switching Protocols hello\n", "", 0);
}

#[test]
fn high_ports_stand_in_the_addresses() {
    let served = secure();
    let _web = served.upstream("127.0.0.1", 8080, "main");
    served.done("proxy setup --high-ports");
    served.gantry("url").check("https://shop.test:8443\n", "", 0);
    assert!(served.trusting("", "https://shop.test:8443/").contains("<h1>main</h1>"));
    let moved = served.trusting("--output /dev/null --write-out '%{redirect_url}'", "http://shop.test:8880/a");
    assert_eq!(moved, "https://shop.test:8443/a");
    assert!(served.trusting("", "https://no.shop.test:8443/").contains("  https://api.shop.test:8443  "));
    served.gantry("cert verify shop").require_success();
}

#[test]
fn a_renewed_certificate_is_served_at_once() {
    let served = secure();
    let first = served.serial();
    let told = served.done("cert renew shop").stderr;
    assert_eq!(told.lines().count(), 1, "nothing is left to do: {told}");
    assert_ne!(served.serial(), first);
}

#[test]
fn under_a_replaced_ca_a_new_project_is_shown_as_it_is_served() {
    let served = secure();
    served.world.script("rm -r ~/.local/share/mkcert; TRUST_STORES=none mkcert -install").require_success();
    let other = served.world.sandbox.repository("other", "git@example.com:test/other.git");
    served.world.sandbox.write("other/compose.yaml", "services:\n  web: { image: a, ports: ['8090:80'] }\n");
    let registered = served.gantry_in(&other, "register").require_success();
    assert!(registered.stderr.contains("gantry: http://other.test\n"), "{registered:?}");
    served.gantry_in(&other, "url").check("http://other.test\n", "", 0);
    served.gantry("url").check("https://shop.test\n", "", 0);
}

#[test]
fn who_waits_for_a_password_holds_no_prompt_up() {
    let served = secure();
    // A new branch is one more name to certify, while another gantry changes what is trusted.
    served.switch("--create next");
    let lock = "exec 9>>~/.local/state/gantry/certs/lock; flock 9";
    let script = format!("{lock}; cd {}; timeout 10 gantry export --auto 9>&- >/dev/null", served.checkout.display());
    served.world.script(&script).require_success();
    served.done("export --auto");
    served.done("cert verify shop");
}

#[test]
fn several_renewals_at_once() {
    let served = secure();
    let all = "for it in 1 2 3 4 5 6; do gantry cert renew shop & done; wait";
    let told = served.world.script(&format!("cd {}; {all}", served.checkout.display())).require_success();
    assert!(!told.stderr.contains("warning"), "{told:?}");
    served.done("cert verify shop");
}

#[test]
fn an_expired_certificate_is_replaced_at_the_next_change() {
    let served = secure();
    let first = served.serial();
    let pair = "cd ~/.local/state/gantry/certs; f=$(find . -name certificate.pem -o -name '*.pem' | grep -v authority | grep -v key | head -n 1)";
    let sign = "openssl req -new -key $(dirname $f)/key.pem -subj /CN=shop -out ~/csr; openssl x509 -req -in ~/csr -CA \
                ~/.local/share/mkcert/rootCA.pem -CAkey ~/.local/share/mkcert/rootCA-key.pem -days -1 -out ~/old.pem";
    served.world.script(&format!("{pair}; {sign} 2>/dev/null; cp ~/old.pem $f")).require_success();
    served.done("proxy reload");
    assert_ne!(served.serial(), first);
}

#[test]
fn without_the_cas_key_what_is_certified_stays_so() {
    let served = secure();
    let _web = served.upstream("127.0.0.1", 8080, "main");
    fs::remove_file(served.world.sandbox.path("home/.local/share/mkcert/rootCA-key.pem")).unwrap();
    let path = served.world.sandbox.worktree(&served.checkout, "shop-x", "x");
    fs::copy(served.checkout.join("compose.yaml"), path.join("compose.yaml")).unwrap();
    served.gantry_in(&path, "export --auto").require_success();
    let output = served.gantry("proxy reload");
    assert!(output.status == 0 && output.stderr.contains("is not renewed: "), "{output:?}");
    assert!(served.trusting("", "https://shop.test/").contains("<h1>main</h1>"));
    assert!(served.trusting("", "https://x.shop.test/").contains("nothing answers on port"));
    // A project that was never certified has a name all the same.
    let other = served.world.sandbox.repository("other", "git@example.com:test/other.git");
    served.world.sandbox.write("other/compose.yaml", "services:\n  web: { image: a, ports: ['8090:80'] }\n");
    let output = served.gantry_in(&other, "register");
    assert!(output.stderr.contains("other.test is served without TLS: "), "{output:?}");
    assert!(output.stderr.ends_with("gantry: http://other.test\n"), "{output:?}");
    served.gantry_in(&other, "url").check("http://other.test\n", "", 0);
    let routes = served.gantry("routes").stdout;
    assert!(routes.contains("http://web.other.test ") && routes.contains("https://web.shop.test "), "{routes}");
    await_true("it is served", || {
        served.page("http://other.test/").contains("other.test: nothing answers on port 8090")
    });
    assert!(served.trusting("", "https://shop.test/").contains("<h1>main</h1>"));
}

#[test]
fn a_replaced_ca_waits_until_it_is_taken() {
    let served = secure();
    let first = served.serial();
    let root = "~/.local/share/mkcert";
    served.world.script(&format!("rm -r {root}; TRUST_STORES=none mkcert -install")).require_success();
    let output = served.done("proxy reload");
    let warning =
        "the CA in [SANDBOX]/home/.local/share/mkcert was replaced by another one, which `gantry cert setup` takes";
    assert!(output.stderr.contains(warning), "{output:?}");
    served.done("export --auto");
    assert_eq!(served.serial(), first);
    served.done("cert setup --stores none");
    assert_ne!(served.serial(), first);
}

#[test]
fn another_shells_caroot_moves_no_project() {
    let mut served = secure();
    let first = served.serial();
    served.world.script("CAROOT=$HOME/other TRUST_STORES=none mkcert -install").require_success();
    let other = served.world.sandbox.path("home/other");
    served.world.sandbox.set("CAROOT", other);
    for command in ["export --auto", "prune", "proxy reload"] {
        served.done(command);
    }
    assert_eq!(served.serial(), first);
    assert_eq!(served.gantry("cert info --ca --json").json()["former"], 0);
}

#[test]
fn without_certificates_again() {
    let served = secure();
    served.done("cert remove --yes");
    let _web = served.upstream("127.0.0.1", 8080, "main");
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"));
    served.gantry("url").check("http://shop.test\n", "", 0);
}
