//! Names, certificates and the proxy together, as a browser sees them: a project on the real engine under its name over
//! HTTPS, on a machine of its own; and nothing left of it afterwards.

use std::fs;
use std::path::Path;

use crate::browser::{Browser, Page};
use crate::sandbox::{Output, await_true};
use crate::world::{World, differences};

/// A shop that asks for a name, and remembers it in a cookie that every checkout calls the same.
const COMPOSE: &str = r#"services:
  web:
    image: gantry-test/httpd
    volumes: ["./www:/www:ro"]
    stop_signal: SIGKILL
    ports: ["8080:80"]
"#;

const SHOP: &str = r#"#!/bin/sh
case $QUERY_STRING in user=*) set="Set-Cookie: session=${QUERY_STRING#user=}; Path=/" ;; esac
printf 'Content-Type: text/html\r\n%s\r\n\r\n<title>Shop</title><h1>The shop</h1>' "${set:-X-Nothing: new}"
printf '<p>%s</p>' "${HTTP_COOKIE:-nobody}"
"#;

fn gantry(world: &World, directory: &Path, arguments: &str) -> Output {
    world.gantry(directory, arguments.split_whitespace()).require_success()
}

fn write_shop(world: &World, checkout: &Path) {
    world.sandbox.write(checkout.join("compose.yaml"), COMPOSE);
    let script = world.sandbox.write(checkout.join("www/cgi-bin/shop"), SHOP);
    world.script(&format!("chmod 755 {}", script.display())).require_success();
    world.sandbox.write(checkout.join("www/index.html"), "<title>Shop</title><h1>The shop</h1>\n");
}

#[track_caller]
fn check_page(page: &Page, title: &str, text: &str) {
    let expected = Page { title: title.to_owned(), text: text.to_owned(), error: None };
    assert_eq!(*page, expected);
}

#[test]
fn from_a_fresh_machine_to_a_page_over_https_and_back() {
    let world = World::new();
    world.start_resolved();
    world.start_engine();
    // The stores of who has used a browser before.
    world.script("mkdir -p ~/.pki/nssdb; certutil -N -d sql:$HOME/.pki/nssdb --empty-password").require_success();
    let checkout = world.sandbox.repository("myapp", "git@example.com:test/myapp.git");
    write_shop(&world, &checkout);
    // What the machine's own certificates still have to be made into; it makes the same of them every time.
    world.script("update-ca-certificates").require_success();
    let (before, trusted_before) = (world.snapshot(), certificates(&world));

    let home = world.sandbox.path("home");
    gantry(&world, &home, "dns setup --yes");
    gantry(&world, &home, "cert setup --stores system,nss --yes");
    gantry(&world, &home, "proxy start");
    gantry(&world, &checkout, "register");
    gantry(&world, &checkout, "start");
    gantry(&world, &checkout, "url").check("https://myapp.test\n", "", 0);

    let browser = Browser::new(&world);
    check_page(&browser.open("https://myapp.test"), "Shop", "The shop");
    assert_eq!(browser.execute("return isSecureContext && location.protocol"), "https:");
    let png = fs::read(browser.screenshot("myapp.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n") && png.len() > 3000, "{} bytes", png.len());
    keep_for_people(&png);
    check_page(&browser.open("http://myapp.test/?from=http"), "Shop", "The shop");
    assert_eq!(browser.execute("return location.href"), "https://myapp.test/?from=http");
    check_page(&browser.open("https://web.myapp.test/"), "Shop", "The shop");
    let unknown = browser.open("https://nothing.myapp.test/");
    assert_eq!((unknown.title.as_str(), unknown.error), ("No such name under myapp.test", None));
    // What uses the system's store needs nothing else.
    world.script("curl --silent https://myapp.test/").check("<title>Shop</title><h1>The shop</h1>\n", "", 0);
    let doctor = world.gantry(&checkout, ["doctor", "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&doctor.stdout).unwrap();
    for part in ["registry", "engine", "dns", "proxy"] {
        let section = answer["sections"].as_array().unwrap().iter().find(|section| section["name"] == part).unwrap();
        let findings = section["findings"].as_array().unwrap();
        assert!(findings.iter().all(|finding| finding["verdict"] == "good"), "{part}: {findings:?}");
    }
    drop(browser);

    gantry(&world, &checkout, "unregister --yes --force");
    gantry(&world, &home, "proxy remove");
    gantry(&world, &home, "cert untrust --yes");
    gantry(&world, &home, "cert remove --ca --yes");
    gantry(&world, &home, "dns remove --yes");
    assert_ne!(world.script("getent hosts myapp.test").status, 0);
    let left: Vec<String> = differences(&before, &world.snapshot());
    let home = home.display().to_string();
    let left: Vec<String> = left.into_iter().map(|line| line.replace(&home, "~")).collect();
    // The registry is made once, and stays, as do empty locks; Chromium and the engine's client keep what is theirs.
    // What holds a list of certificates in a format of its own is written anew by who owns the format: Debian puts the
    // system's authorities into Java's store too, and certutil's database is SQLite.
    let is_theirs = |line: &String| {
        let content = ["/java/cacerts", "/.pki/nssdb/cert9.db", "/.pki/nssdb/key4.db"];
        line.contains("/.docker") || is_chromiums(line) || content.iter().any(|it| line.ends_with(it))
    };
    let is_kept = |line: &String| {
        let data = ["~/.local", "~/.local/share", "~/.local/share/gantry", "~/.local/share/gantry/registry.db"];
        data.contains(&&line[2..])
            || ["~/.local/state", "~/.local/state/gantry"].contains(&&line[2..])
            || line.starts_with("+ ~/.local/state/gantry/locks")
    };
    // The world shows what it has not written as the machine has it now, where other tests run programs of theirs.
    let is_machines = |line: &String| line.starts_with("+ /etc/") && Path::new(&line[2..]).exists();
    let left: Vec<&String> =
        left.iter().filter(|line| !is_theirs(line) && !is_kept(line) && !is_machines(line)).collect();
    assert_eq!(left, Vec::<&String>::new());
    assert_eq!(certificates(&world), trusted_before);
}

/// What Java and the browsers' database hold, by name.
fn certificates(world: &World) -> String {
    let java = "keytool -list -keystore /etc/ssl/certs/java/cacerts -storepass changeit 2>/dev/null | sort";
    world.script(&format!("{java}; certutil -L -d sql:$HOME/.pki/nssdb")).require_success().stdout
}

/// What Chromium writes into a home beside its profile.
fn is_chromiums(line: &str) -> bool {
    ["~/.cache", "~/.config", "~/.local/share/applications", "~/.local/share/.com.google"]
        .iter()
        .any(|it| line.contains(it))
}

/// The picture that this test is about, for who wants to look at it.
fn keep_for_people(png: &[u8]) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tests");
    fs::create_dir_all(&directory).unwrap();
    fs::write(directory.join("myapp.png"), png).unwrap();
}

#[test]
fn two_worktrees_are_logged_in_at_once() {
    let world = World::new();
    world.start_resolved();
    world.start_engine();
    world.script("mkdir -p ~/.pki/nssdb; certutil -N -d sql:$HOME/.pki/nssdb --empty-password").require_success();
    let checkout = world.sandbox.repository("myapp", "git@example.com:test/myapp.git");
    let other = world.sandbox.worktree(&checkout, "myapp-login", "feature/login");
    write_shop(&world, &checkout);
    write_shop(&world, &other);
    let home = world.sandbox.path("home");
    gantry(&world, &home, "dns setup --yes");
    gantry(&world, &home, "cert setup --stores nss --yes");
    gantry(&world, &home, "proxy start");
    gantry(&world, &checkout, "register");
    gantry(&world, &checkout, "start");
    gantry(&world, &other, "start");
    gantry(&world, &other, "url").check("https://feature-login.myapp.test\n", "", 0);

    let browser = Browser::new(&world);
    let (main, feature) = ("https://myapp.test/cgi-bin/shop", "https://feature-login.myapp.test/cgi-bin/shop");
    check_page(&browser.open(main), "Shop", "The shop\n\nnobody");
    browser.open(&format!("{main}?user=ann"));
    check_page(&browser.open(feature), "Shop", "The shop\n\nnobody");
    browser.open(&format!("{feature}?user=bob"));
    check_page(&browser.open(main), "Shop", "The shop\n\nsession=ann");
    check_page(&browser.open(feature), "Shop", "The shop\n\nsession=bob");

    // By their ports alone, the second one logs the first one out: cookies ignore ports (RFC 6265, section 8.5).
    let ports = [&checkout, &other].map(|it| gantry(&world, it, "get web -q").stdout.trim().to_owned());
    let [main, feature] = ports.map(|port| format!("http://localhost:{port}/cgi-bin/shop"));
    browser.open(&format!("{main}?user=ann"));
    browser.open(&format!("{feature}?user=bob"));
    check_page(&browser.open(&main), "Shop", "The shop\n\nsession=bob");
}

#[test]
fn localhost_names_need_no_set_up_in_a_browser() {
    let world = World::new();
    world.start_engine();
    let checkout = world.sandbox.repository("myapp", "git@example.com:test/myapp.git");
    write_shop(&world, &checkout);
    world.sandbox.write(checkout.join("gantry.yml"), "tld: localhost\n");
    gantry(&world, &checkout, "register");
    gantry(&world, &checkout, "proxy start");
    gantry(&world, &checkout, "start");
    gantry(&world, &checkout, "url").check("http://myapp.localhost\n", "", 0);
    let browser = Browser::new(&world);
    check_page(&browser.open("http://myapp.localhost/"), "Shop", "The shop");
    assert_eq!(browser.execute("return isSecureContext"), true);
    gantry(&world, &checkout, "stop --timeout 1");
    let down = browser.open("http://myapp.localhost/");
    assert_eq!(down.title, "myapp.localhost: nothing answers on port 8080");
    gantry(&world, &checkout, "start");
    // The page looks again by itself.
    await_true("the page is back", || browser.page().title == "Shop");
}

/// Who waits for a page, and what runs when everything is up, finds the name as soon as its port is booked.
#[test]
fn a_start_is_told_before_anything_is_awaited() {
    let world = World::new();
    world.start_engine();
    let checkout = world.sandbox.repository("myapp", "git@example.com:test/myapp.git");
    write_shop(&world, &checkout);
    gantry(&world, &checkout, "register");
    gantry(&world, &checkout, "proxy start");
    let branch = world.sandbox.worktree(&checkout, "myapp-x", "x");
    write_shop(&world, &branch);
    let curl = |name: &str| format!("curl --silent --resolve '*:80:127.0.0.1' --output ~/{name} http://x.myapp.test/");
    let hooks = format!("hooks:\n  pre_start: \"{}\"\n  post_start: \"{}\"\n", curl("before"), curl("after"));
    world.sandbox.write(branch.join("gantry.yml"), hooks);
    gantry(&world, &branch, "trust");
    let started = gantry(&world, &branch, "start");
    let page = |name: &str| fs::read_to_string(world.sandbox.path("home").join(name)).unwrap();
    assert!(page("before").starts_with("x.myapp.test: nothing answers on port 5000\n"), "{}", page("before"));
    assert_eq!(page("after"), "<title>Shop</title><h1>The shop</h1>\n");
    assert!(started.stderr.ends_with("gantry: http://x.myapp.test\n"), "{started:?}");
}
