//! `gantry register`.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::thread;

use serde_json::json;

use crate::sandbox::{Output, Sandbox};
use crate::shop::Shop;

const REGISTERED: &str = "gantry: registered [SANDBOX]/shop (compose) as shop\n";
const NONE: &str = "gantry: no project is registered; `gantry register` registers the one of this directory\n";

/// The hostname and path of every project, in the order of `list`.
fn projects(sandbox: &Sandbox) -> Vec<String> {
    let answer = sandbox.gantry(&sandbox.path("home"), ["list", "--json"]).json();
    let rows = answer["projects"].as_array().unwrap().iter();
    rows.map(|row| format!("{} {}", row["hostname"].as_str().unwrap(), row["path"].as_str().unwrap())).collect()
}

/// A directory without git; `Shop`'s ranges give its HTTP port 8 of the block.
fn native(shop: &Shop, name: &str) -> PathBuf {
    shop.sandbox.directory(name)
}

#[test]
fn without_a_terminal_it_registers_and_books() {
    let shop = Shop::new();
    shop.check("register", "shop {1}\n", REGISTERED, 0);
    shop.check_bookings(&["shop/main postgres {0}", "shop/main web {1}", "shop/main redis {12}"]);
    assert_eq!(projects(&shop.sandbox), ["shop [SANDBOX]/shop"]);
}

#[test]
fn json_has_every_field() {
    let shop = Shop::new();
    shop.compose(
        "services:\n  web: { image: nginx, expose: ['9000-9001/udp'], ports: ['${WEB:-{1}}:80', '{2}:443', '90'] }\n",
    );
    let answer = shop.gantry("register --json --hostname My-Shop").json();
    let time = &answer["project"]["registered_at"];
    assert!(time.as_str().unwrap().ends_with('Z'), "{answer}");
    let port = |container_port, published: &str| json!({ "service": "web", "container_port": container_port, "protocol": "tcp", "published": published });
    let fixed = shop.fill("{2}");
    let expected = json!({
        "format_version": 1,
        "project": {
            "hostname": "my-shop",
            "path": "[SANDBOX]/shop",
            "directory": "[SANDBOX]/shop",
            "kind": "compose",
            "is_compose": true,
            "http_port": shop.port(1),
            "http_service": "web:80",
            "services": ["web"],
            "ports": [port(80, "$WEB"), port(443, &fixed), port(90, "")],
            "exposed_ports": [{ "service": "web", "port": "9000-9001", "protocol": "udp" }],
            "registered_at": time,
            "updated_at": time,
            "started_at": null,
            "status_changed_at": null,
            "is_gone": false,
            "state": null,
        },
    });
    assert_eq!(answer, expected);
}

#[test]
fn the_kind_is_what_it_is_run_by() {
    let shop = Shop::new();
    for (name, file, kind, port) in [
        ("plain", "README", "native", 8),
        ("built", "Dockerfile", "dockerfile", 9),
        ("podded", "Containerfile", "dockerfile", 10),
    ] {
        let directory = native(&shop, name);
        shop.sandbox.write(directory.join(file), "");
        let (stdout, note) =
            (format!("{name} {{{port}}}\n"), format!("gantry: registered [SANDBOX]/{name} ({kind}) as {name}\n"));
        shop.check_in(&directory, "register", &stdout, &note, 0);
        let exported = shop.gantry_in(&directory, "export --format json").json();
        assert_eq!(exported["HTTP_PORT"], shop.port(port).to_string());
    }
}

#[test]
fn the_port_of_a_project_without_a_compose_file_is_exported_on_every_branch() {
    let shop = Shop::new();
    let app = shop.sandbox.repository("app", "git@example.com:test/app.git");
    shop.check_in(&app, "register", "app {8}\n", "gantry: registered [SANDBOX]/app (native) as app\n", 0);
    let http_port = || {
        let exported = shop.gantry_in(&app, "export --auto --format json").json();
        exported["HTTP_PORT"].as_str().map(str::to_owned)
    };
    assert_eq!(http_port(), Some(shop.port(8).to_string()));
    shop.sandbox.git(&app, ["switch", "--quiet", "--create", "feature"]);
    assert_eq!(http_port(), Some(shop.port(9).to_string()));
    shop.sandbox.git(&app, ["switch", "--quiet", "main"]);
    assert_eq!(http_port(), Some(shop.port(8).to_string()));
}

#[test]
fn a_warm_answer_is_made_anew() {
    let shop = Shop::new();
    let app = native(&shop, "app");
    let exports = || shop.gantry_in(&app, "export --auto").require_success().stdout;
    // Twice: the second comes from the memo.
    let before = [exports(), exports()];
    assert!(before.iter().all(|exports| !exports.contains("HTTP_PORT")), "{before:?}");
    shop.gantry_in(&app, "register").require_success();
    let line = shop.fill("export HTTP_PORT={8}\n");
    assert!(exports().contains(&line) && exports().contains(&line));
    let hooked = shop.sandbox.script("bash", &app, "eval \"$(gantry hook-env --shell bash)\"; echo $HTTP_PORT");
    hooked.check(&shop.fill("{8}\n"), "", 0);
    shop.gantry_in(&app, "unregister").require_success();
    assert!(!exports().contains("HTTP_PORT"));
}

#[test]
fn the_http_port_may_be_chosen() {
    let shop = Shop::new();
    shop.check("register --port {3}", "shop {3}\n", REGISTERED, 0);
    shop.check_bookings(&["shop/main postgres {0}", "shop/main web {3}", "shop/main redis {12}"]);
    // The file publishes another one, so an override does.
    let exported = shop.gantry("export --auto --format json").json();
    assert_eq!(exported["WEB_PORT"], shop.port(3).to_string());
    let files = exported["COMPOSE_FILE"].as_str().unwrap();
    let written = files.rsplit(':').next().unwrap().replace("[SANDBOX]", shop.sandbox.path("").to_str().unwrap());
    let text = fs::read_to_string(written).unwrap();
    assert!(text.contains(&shop.fill("- \"{3}:80/tcp\"")), "{text}");
}

#[test]
fn a_chosen_port_that_is_taken() {
    let shop = Shop::booked();
    let other = native(&shop, "other");
    let message = "port {12} is taken by redis of shop/main ([SANDBOX]/shop)";
    let hint = "`gantry which {12}` tells more; name a free one";
    let error = format!("error: {message}\nhint: {hint}\n");
    for (directory, arguments) in [(&other, "register --port {12}"), (&shop.checkout, "register --port {12} -y")] {
        shop.check_in(directory, arguments, "", &error, 4);
    }
    shop.check_error("register --json --port {12}", "port_conflict", message, hint, 4);
    let foreign = crate::ports::Foreign::listen(shop.port(5));
    let holder = format!("error: port {{5}} is taken by busybox (pid {})\n", foreign.pid());
    shop.check(
        "register --port {5}",
        "",
        &format!("{holder}hint: `gantry which {{5}}` tells more; name a free one\n"),
        4,
    );
    assert_eq!(projects(&shop.sandbox), [""; 0]);
    shop.check_usage(
        "register --port 0",
        "error: invalid value '0' for '--port <PORT>': `0` is not a port: a port is a number from 1 to 65535",
    );
}

#[test]
fn what_other_services_got_instead_is_still_said() {
    let shop = Shop::new();
    let other = shop.sandbox.repository("other", "git@example.com:test/other.git");
    shop.sandbox.write(other.join("compose.yaml"), shop.fill(crate::shop::COMPOSE));
    shop.gantry("book --auto").require_success();
    let notes = "gantry: postgres: port {0} is taken by postgres of shop/main ([SANDBOX]/shop); took {4}\n\
                 gantry: registered [SANDBOX]/other (compose) as other\n";
    shop.check_in(&other, "register --port {3}", "other {3}\n", notes, 0);
}

#[test]
fn the_name_of_another_directory_gets_a_number() {
    let shop = Shop::registered();
    let second = native(&shop, "a/Shop");
    let notes = "gantry: shop is another project's hostname; took shop-2\n\
                 gantry: registered [SANDBOX]/a/Shop (native) as shop-2\n";
    shop.check_in(&second, "register", "shop-2 {8}\n", notes, 0);
    let third = native(&shop, "b/shop");
    let hint = "choose another one with --hostname, or give this one up: `gantry unregister shop`";
    let error = format!("error: the hostname shop is taken by [SANDBOX]/shop\nhint: {hint}\n");
    shop.check_in(&third, "register --hostname SHOP", "", &error, 1);
    fs::rename(&shop.checkout, shop.sandbox.path("moved")).unwrap();
    let moved = "that directory is gone; was it moved here, `gantry config shop --set path=.`; else ";
    let error = format!("error: the hostname shop is taken by [SANDBOX]/shop\nhint: {moved}{hint}\n");
    shop.check_in(&third, "register --hostname shop", "", &error, 1);
}

#[test]
fn a_directory_is_one_project() {
    let shop = Shop::registered();
    let message = "[SANDBOX]/shop is registered already, as shop";
    let hint = "`gantry update shop` looks at its files again; `gantry unregister --keep-ports shop` first, to \
                register it under another hostname";
    for arguments in ["register", "register --hostname other", "register --yes --path ."] {
        shop.check(arguments, "", &format!("error: {message}\nhint: {hint}\n"), 1);
    }
    shop.check_error("register --json", "path_taken", message, hint, 1);
    let deep = shop.sandbox.directory("shop/deep");
    shop.check_in(&deep, "register", "", &format!("error: {message}\nhint: {hint}\n"), 1);
}

#[test]
fn every_way_to_write_a_path() {
    for path in ["shop", "shop/", "./home/../shop", "link", "link/", "[SANDBOX]/shop"] {
        let shop = Shop::new();
        symlink(&shop.checkout, shop.sandbox.path("link")).unwrap();
        let path = path.replace("[SANDBOX]", shop.sandbox.path("").to_str().unwrap());
        let place = shop.sandbox.path("");
        shop.check_in(&place, &format!("register --path {path}"), "shop {1}\n", REGISTERED, 0);
        assert_eq!(projects(&shop.sandbox), ["shop [SANDBOX]/shop"]);
        // Through the link it is the same project.
        shop.gantry_in(&shop.sandbox.path("link"), "update -n").check("", "gantry: nothing has changed in shop\n", 0);
    }
}

#[test]
fn paths_that_are_no_project() {
    let shop = Shop::new();
    shop.sandbox.write("shop/file", "");
    shop.sandbox.directory("shop/deep");
    for (path, kind, message, hint, status) in [
        ("file", "usage", "[SANDBOX]/shop/file is a file, not a directory", "name the project's directory", 2),
        ("nope", "not_found", "there is no directory nope", "make it first, or check the path", 3),
        ("file/x", "not_found", "there is no directory file/x", "make it first, or check the path", 3),
        (
            "deep",
            "usage",
            "[SANDBOX]/shop/deep is a part of the project [SANDBOX]/shop",
            "register --path [SANDBOX]/shop, or make it a project of its own: `touch [SANDBOX]/shop/deep/gantry.yml`",
            2,
        ),
    ] {
        let arguments = format!("register --path {path}");
        shop.check(&arguments, "", &format!("error: {message}\nhint: {hint}\n"), status);
        shop.check_error(&format!("{arguments} --json"), kind, message, hint, status);
    }
    shop.sandbox.write("shop/deep/gantry.yml", "");
    let note = "gantry: registered [SANDBOX]/shop/deep (native) as deep\n";
    shop.check("register --path deep", "deep {8}\n", note, 0);
}

#[test]
fn hostnames_that_are_none() {
    let shop = Shop::new();
    let hint = "for example `--hostname shop`; without it, the directory's name is taken";
    let only = |it: &str| format!("it holds `{it}`, and only letters from a to z, digits and `-` may stand in it");
    let long = "a".repeat(64);
    for (name, why) in [
        ("my.shop", "a dot parts names, and this is the first of them alone: the domain comes by itself".to_owned()),
        ("my shop", only(" ")),
        ("🛒", only("🛒")),
        ("\u{1b}[31m", only("\\u{1b}")),
        ("-shop", "it starts or ends with `-`".to_owned()),
        ("", "it is empty".to_owned()),
        (long.as_str(), "it has 64 characters, and 63 are the limit".to_owned()),
    ] {
        let error = format!("error: `{}` is not a hostname: {why}\nhint: {hint}\n", name.escape_debug());
        shop.sandbox.gantry(&shop.checkout, ["register".to_owned(), format!("--hostname={name}")]).check("", &error, 2);
    }
    let longest = "b".repeat(63);
    let note = format!("gantry: registered [SANDBOX]/shop (compose) as {longest}\n");
    shop.check(&format!("register --hostname {longest}"), &format!("{longest} {{1}}\n"), &note, 0);
}

#[test]
fn what_cannot_be_read_is_not_registered() {
    let shop = Shop::new();
    shop.compose("services: [\n");
    let output = shop.gantry("register");
    assert_eq!((output.status, output.stdout.as_str()), (1, ""), "{output:?}");
    assert!(output.stderr.contains("hint: `docker compose -f"), "{output:?}");
    shop.compose("services: { web: { image: nginx, ports: ['80'] } }\n");
    shop.sandbox.write("shop/gantry.yml", "http: api\n");
    let error = "error: `api` is to be the web server, but the compose file publishes nothing for it\n\
                 hint: it publishes web; `http:` in gantry.yml names one of them\n";
    shop.check("register", "", error, 1);
    assert_eq!(projects(&shop.sandbox), [""; 0]);
    shop.check("list", "", NONE, 0);
    shop.sandbox.write("shop/gantry.yml", "http: web\n");
    shop.check("register", "shop {8}\n", REGISTERED, 0);
}

#[test]
fn services_that_share_a_port_share_its_names() {
    const SHARED: &str = "services:\n  a: { image: nginx, ports: ['${WEB:-{1}}:80'] }\n  \
                          b: { image: nginx, ports: ['${WEB:-{1}}:81'] }\n";
    for name in ["b", "b:81", "a"] {
        let shop = Shop::new();
        shop.compose(SHARED);
        shop.sandbox.write("shop/gantry.yml", format!("http: {name}\n"));
        shop.check("register", "shop {1}\n", REGISTERED, 0);
        let project = shop.gantry("config --json").json()["project"].clone();
        assert_eq!((&project["http_service"], &project["http_port"]), (&"a".into(), &shop.port(1).into()), "{name}");
        shop.check("update", "", "gantry: nothing has changed in shop\n", 0);
        // The other one comes first now.
        let (a, b) =
            ("a: { image: nginx, ports: ['${WEB:-{1}}:80'] }", "b: { image: nginx, ports: ['${WEB:-{1}}:81'] }");
        shop.compose(&format!("services:\n  {b}\n  {a}\n"));
        shop.gantry("update").require_success();
        assert_eq!(shop.gantry("config --json").json()["project"]["http_port"], shop.port(1), "{name}");
        shop.sandbox.write("shop/gantry.yml", "");
        shop.compose(SHARED);
        shop.gantry("update").require_success();
        assert_eq!(shop.gantry("config --json").json()["project"]["http_port"], shop.port(1), "{name}");
    }
}

#[test]
fn where_nothing_can_be_written_nothing_is_registered() {
    let shop = Shop::booked();
    let before = shop.registry_bytes();
    let script = "mount --bind . . && mount -o remount,ro,bind . && gantry register";
    let data = shop.sandbox.path("home/.local/share/gantry");
    let script = script
        .replace(" . . ", &format!(" {0} {0} ", data.display()))
        .replace("bind . ", &format!("bind {} ", data.display()));
    let mut command = shop.sandbox.command("unshare", &shop.checkout);
    command.args(["--mount", "sh", "-c", &script]);
    let output = shop.sandbox.run(&mut command);
    assert_eq!((output.status, output.stdout.as_str()), (1, ""), "{output:?}");
    assert!(
        output.stderr.contains("\nhint: ports that are booked are still told; to book, make it writable"),
        "{output:?}"
    );
    assert_eq!(shop.registry_bytes(), before);
}

#[test]
fn a_project_of_a_monorepo_and_a_worktree_are_projects_of_their_own() {
    let shop = Shop::registered();
    let part = shop.sandbox.directory("shop/api");
    shop.sandbox.write("shop/api/compose.yaml", "services: { api: { image: nginx, ports: ['80'] } }\n");
    shop.check_in(&part, "register", "api {8}\n", "gantry: registered [SANDBOX]/shop/api (compose) as api\n", 0);
    let tree = shop.sandbox.worktree(&shop.checkout, "shop-two", "two");
    let note = "gantry: registered [SANDBOX]/shop-two (native) as shop-two\n";
    shop.check_in(&tree, "register", "shop-two {9}\n", note, 0);
    assert_eq!(
        projects(&shop.sandbox),
        ["api [SANDBOX]/shop/api", "shop [SANDBOX]/shop", "shop-two [SANDBOX]/shop-two"]
    );
    for (directory, name) in [("shop/api", "api"), ("shop", "shop"), ("shop-two", "shop-two"), ("shop/.git", "shop")] {
        let output = shop.gantry_in(&shop.sandbox.path(directory), "update -n");
        output.check("", &format!("gantry: nothing has changed in {name}\n"), 0);
    }
}

#[test]
fn the_web_server_is_the_one_that_browsers_want() {
    for (services, expected) in [
        ("db: { image: postgres, ports: ['5432'] }", "http"),
        ("adminer: { image: adminer, ports: ['8080'] }", "http"),
        ("api: { image: x, ports: ['80'] }, frontend: { image: x, ports: ['3000'] }", "frontend"),
        ("x: { image: nginx, ports: ['443', '80'] }", "x:80"),
    ] {
        let shop = Shop::new();
        shop.compose(&format!("services: {{ {services} }}\n"));
        let answer = shop.gantry("register --json").json();
        assert_eq!(answer["project"]["http_service"], expected, "{services}");
    }
}

/// Runs gantry in every directory at the same moment.
fn at_once(sandbox: &Sandbox, directories: &[PathBuf], arguments: &[&str]) -> Vec<Output> {
    thread::scope(|scope| {
        let run = |directory: &Path| {
            let directory = directory.to_owned();
            scope.spawn(move || sandbox.gantry(&directory, arguments))
        };
        let threads: Vec<_> = directories.iter().map(|directory| run(directory)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn eight_at_once() {
    let sandbox = Sandbox::new();
    let directories: Vec<PathBuf> = (0..8).map(|number| sandbox.directory(format!("{number}/shop"))).collect();
    let one_wins = |outputs: &[Output], message: &str| {
        let (won, lost): (Vec<_>, Vec<_>) = outputs.iter().partition(|output| output.status == 0);
        assert_eq!(won.len(), 1, "{outputs:?}");
        assert!(lost.iter().all(|it| it.status == 1 && it.stderr.starts_with(message)), "{lost:?}");
    };
    one_wins(
        &at_once(&sandbox, &directories, &["register", "--hostname", "taken"]),
        "error: the hostname taken is taken by",
    );
    assert_eq!(projects(&sandbox).len(), 1);
    let alone = vec![sandbox.directory("alone"); 8];
    one_wins(&at_once(&sandbox, &alone, &["register"]), "error: [SANDBOX]/alone is registered already, as alone");
    sandbox.gantry(&directories[0], ["unregister", "taken"]).require_success();
    // Names that nobody chose give way.
    let outputs = at_once(&sandbox, &directories, &["register", "--yes"]);
    let mut ports = BTreeSet::new();
    for output in outputs {
        ports.insert(output.require_success().stdout.split(' ').nth(1).unwrap().to_owned());
    }
    assert_eq!(ports.len(), 8);
    let names: Vec<String> = projects(&sandbox).iter().map(|it| it.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(names, ["alone", "shop", "shop-2", "shop-3", "shop-4", "shop-5", "shop-6", "shop-7", "shop-8"]);
}

#[test]
fn who_moved_a_project_is_told_how_it_keeps_its_name() {
    let shop = Shop::registered();
    let moved = shop.sandbox.directory("other").join("shop");
    fs::rename(&shop.checkout, &moved).unwrap();
    let notes = "gantry: shop is another project's hostname; took shop-2\n\
                 gantry: [SANDBOX]/shop is gone: was it moved here, `gantry unregister --keep-ports shop-2` and \
                 `gantry config shop --set path=.` give it its name back\n\
                 gantry: registered [SANDBOX]/other/shop (compose) as shop-2\n";
    shop.check_in(&moved, "register", "shop-2 {1}\n", notes, 0);
    shop.gantry_in(&moved, "unregister --keep-ports shop-2").require_success();
    shop.gantry_in(&moved, "config shop --set path=.").require_success();
    assert_eq!(projects(&shop.sandbox), ["shop [SANDBOX]/other/shop"]);
    shop.check_in(&moved, "get web", "{1}\n", "", 0);
}
