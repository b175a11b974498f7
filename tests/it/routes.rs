//! `gantry routes`, `gantry url`, `gantry open`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::served::Served;

#[test]
fn a_project_its_services_and_its_branches() {
    let served = Served::new();
    served.compose(
        "services:\n  web: { image: shop, ports: ['8080:80'] }\n  db: { image: postgres, ports: ['5432:5432'] }\n  \
         adminer: { image: adminer, ports: ['8081:8080'] }\n  mailpit: { image: mailpit, ports: ['1025:1025', '8025:8025'] }\n",
    );
    served.done("register --hostname shop");
    let expected = "\
ADDRESS                        SERVICE        PORT  CONTEXT
http://shop.test               web            8080  shop/main
http://adminer.shop.test       adminer        8081  shop/main
http://mailpit.shop.test       mailpit        8025  shop/main
http://web.shop.test           web            8080  shop/main
http://mail.shop.test          mailpit        8025  shop/main
http://db.shop.test/?pgsql=db  db by adminer  8081  shop/main
";
    let note = "gantry: the proxy does not run, so none of these answers; `gantry proxy start` starts it\n";
    served.gantry("routes").check(expected, note, 0);
    // By its service, and as it is listed.
    served.gantry("url mailpit").check("http://localhost:8025\n", "", 0);
    served.gantry("url mail").check("http://localhost:8025\n", "", 0);
    let branch = served.branch("shop-x", "feature/Login_form");
    let routes = served.routes();
    assert_eq!(routes.len(), 12, "{routes:?}");
    assert_eq!(routes[6], "feature-login-form.shop.test 5000");
    assert!(routes.contains(&"web.feature-login-form.shop.test 5000".to_owned()), "{routes:?}");
    served.gantry_in(&branch, "url").check("http://localhost:5000\n", "", 0);
}

#[test]
fn json_has_every_field() {
    let served = Served::new();
    served.compose("services:\n  web: { image: shop, ports: ['8080:80'] }\n");
    served.done("register --hostname shop");
    let route = |name: &str, is_main: bool| {
        json!({
            "url": format!("http://{name}"), "project": "shop", "name": name, "context": "shop/main",
            "path": "[SANDBOX]/shop", "switch_to": null, "service": "web", "container_port": 80, "port": 8080, "via": null,
            "is_main": is_main,
        })
    };
    let routes = [route("shop.test", true), route("web.shop.test", false)];
    let expected = json!({ "format_version": 1, "routes": routes, "clashes": [], "notes": [], "is_served": false });
    assert_eq!(served.gantry("routes --json").json(), expected);
    assert_eq!(served.gantry("routes shop --json").json(), expected);
    served.check_failure("routes shep", &["no project is called `shep`", "did you mean `shop`?"], 3);
    let address =
        json!({ "format_version": 1, "url": "http://localhost:8080", "name": null, "service": "web", "port": 8080 });
    assert_eq!(served.gantry("url --json").json(), address);
}

#[test]
fn clones_of_one_branch_and_projects_of_one_repository() {
    let served = Served::new();
    served.done("register --hostname shop");
    let sandbox = &served.world.sandbox;
    let second = sandbox.repository("shop-two", "git@example.com:test/shop.git");
    sandbox.write("shop-two/compose.yaml", crate::served::COMPOSE);
    served.gantry_in(&second, "export --auto").require_success();
    let names = |routes: Vec<String>| -> Vec<String> {
        routes.iter().map(|route| route.split(' ').next().unwrap().to_owned()).collect()
    };
    let own = ["shop.test", "api.shop.test", "web.shop.test"].map(str::to_owned).to_vec();
    let other = ["main-shop-two.shop.test", "api.main-shop-two.shop.test", "web.main-shop-two.shop.test"];
    assert_eq!(names(served.routes()), [own.clone(), other.map(str::to_owned).to_vec()].concat());
    // Once it is a project itself it has a name of its own alone.
    served.gantry_in(&second, "register --hostname two").require_success();
    let two = ["two.test", "api.two.test", "web.two.test"].map(str::to_owned).to_vec();
    assert_eq!(names(served.routes()), [own, two].concat());
}

#[test]
fn the_name_follows_the_checkouts_branch() {
    let served = Served::new();
    served.done("register --hostname shop");
    served.world.sandbox.git(&served.checkout, ["checkout", "--quiet", "-b", "next"]);
    served.done("export --auto");
    let routes = served.routes();
    assert_eq!(routes[..2], ["shop.test 5000", "api.shop.test 5001"], "{routes:?}");
    assert!(routes.contains(&"main.shop.test 8080".to_owned()), "{routes:?}");
}

#[test]
fn two_that_would_go_by_one_name_are_an_error_that_names_both() {
    let served = Served::new();
    served.done("register --hostname shop");
    served.branch("shop-api", "api");
    let words = [
        "error: api.shop.test would stand for api of shop/main in ",
        "/shop and for web of shop/api in ",
        "/shop-api, so it stands for none",
        "hint: rename a branch or a service",
    ];
    served.check_failure("routes", &words, 4);
    // Whoever asks for the port's address is told why it has no name.
    served.done("proxy setup --high-ports");
    let address = served.gantry("url api");
    assert_eq!((address.stdout.as_str(), address.status), ("http://localhost:8000\n", 0));
    assert!(address.stderr.contains("warning: api.shop.test would stand for api of shop/main in "), "{address:?}");
    let answer: serde_json::Value = serde_json::from_str(&served.gantry("routes --json").stdout).unwrap();
    assert_eq!(answer["clashes"][0]["name"], "api.shop.test");
    assert_eq!(answer["clashes"][0]["rivals"].as_array().unwrap().len(), 2);
    let routes = served.routes();
    assert!(routes.contains(&"shop.test 8080".to_owned()), "{routes:?}");
    assert!(!routes.iter().any(|route| route.starts_with("api.shop.test ")), "{routes:?}");
    assert!(routes.contains(&"api.api.shop.test 5001".to_owned()), "{routes:?}");
}

#[test]
fn a_broken_gantry_yml_takes_no_name_away() {
    let served = Served::new();
    served.done("register --hostname shop");
    served.branch("shop-x", "feature/x");
    let before = served.routes();
    served.world.sandbox.write("shop/gantry.yml", "htp: web\n");
    let output = served.gantry("routes");
    assert!(output.status == 0 && output.stderr.contains("gantry.yml:1: unknown key `htp`"), "{output:?}");
    assert_eq!(served.routes(), before);
    // What of it can be read still counts.
    served.world.sandbox.write("shop/gantry.yml", "htp: web\ntld: localhost\n");
    assert_eq!(served.routes()[0], "shop.localhost 8080");
}

#[test]
fn a_branch_that_was_only_visited_takes_no_name() {
    let served = Served::new();
    served.done("register --hostname shop");
    for branch in ["api", "main"] {
        let options: &[&str] = if branch == "main" { &[] } else { &["-b"] };
        let words = ["checkout", "--quiet"].iter().chain(options).chain([&branch]).copied().collect::<Vec<_>>();
        served.world.sandbox.git(&served.checkout, words);
        served.done("export --auto");
    }
    let routes = served.routes();
    assert!(routes.contains(&"api.shop.test 8000".to_owned()), "{routes:?}");
    assert!(routes.contains(&"web.api.shop.test 5000".to_owned()), "{routes:?}");
    // A branch that is gone has none at all.
    served.world.sandbox.git(&served.checkout, ["branch", "--delete", "--force", "api"]);
    assert_eq!(served.routes(), ["shop.test 8080", "api.shop.test 8000", "web.shop.test 8080"]);
}

#[test]
fn worktrees_of_a_repository_without_a_remote() {
    let served = Served::new();
    served.world.sandbox.git(&served.checkout, ["remote", "remove", "origin"]);
    served.done("register --hostname shop");
    served.branch("shop-x", "feature/x");
    let routes = served.routes();
    assert!(routes.contains(&"web.feature-x.shop.test 5000".to_owned()), "{routes:?}");
}

#[test]
fn clones_of_a_nested_project() {
    let served = Served::new();
    let sandbox = &served.world.sandbox;
    for name in ["one", "two", "three", "other/three"] {
        let clone = sandbox.repository(name, "git@example.com:test/mono.git");
        sandbox.write(clone.join("apps/web/compose.yaml"), "services:\n  web: { image: a, ports: ['8080:80'] }\n");
        let command = if name == "one" { "register --hostname mono" } else { "export --auto" };
        served.gantry_in(&clone.join("apps/web"), command).require_success();
    }
    let routes = served.routes();
    let names: Vec<&str> = routes.iter().map(|route| route.split(' ').next().unwrap()).collect();
    assert_eq!(names[..2], ["mono.test", "web.mono.test"]);
    assert_eq!(names[2..4], ["main-three.mono.test", "web.main-three.mono.test"]);
    assert!(names[4].starts_with("main-three-") && names[6] == "main-two.mono.test", "{names:?}");
}

#[test]
fn what_a_name_ends_in() {
    let served = Served::new();
    served.done("register --hostname shop");
    served.world.sandbox.write("shop/gantry.yml", "tld: localhost\n");
    assert_eq!(served.routes()[0], "shop.localhost 8080");
    served.world.sandbox.write("shop/gantry.yml", "tld: com\n");
    let output = served.gantry("routes");
    let words = "gantry.yml:1: `tld`: `com` cannot end local names: somebody else may own names under it";
    assert!(output.status == 0 && output.stderr.contains(words), "{output:?}");
}

#[test]
fn names_of_strangers() {
    let served = Served::new();
    served.compose(
        "services:\n  \"we}b\\n{\": { image: a, ports: ['8080:80'] }\n  \"$(id)\": { image: a, ports: ['8001:80'] }\n  \
         \"\\\"`q`\": { image: a, ports: ['8002:80'] }\n  \"日本\": { image: a, ports: ['8003:80'] }\n",
    );
    served.done("register --hostname shop");
    served.branch("b", "x/$(touch${IFS}pwned)`{};\"'");
    let routes = served.routes();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".- ".contains(c);
    assert!(routes.len() >= 6 && routes.iter().all(|route| route.chars().all(is_plain)), "{routes:?}");
    assert!(routes.iter().any(|route| route.ends_with("x-touch-ifs-pwned.shop.test 5000")), "{routes:?}");
}

#[test]
fn an_address_where_there_is_no_page() {
    let served = Served::new();
    served.compose(
        "services:\n  web: { image: a, ports: ['8080:80'] }\n  redis: { image: redis, ports: ['6379:6379'] }\n",
    );
    served.check_failure("url", &["no port is booked in shop/main", "`gantry register`"], 3);
    served.done("register --hostname shop");
    served.check_failure("url redis", &["redis has no page in shop", "`gantry get redis` prints its port"], 3);
    served.check_failure(
        "url nothing",
        &["nothing is called `nothing` in shop, and no project is", "`gantry list`"],
        3,
    );
    served.check_failure("url wbe", &["nothing is called `wbe` in shop", "did you mean `web`?"], 3);
    let home = served.world.sandbox.path("home");
    served.gantry_in(&home, "url shop web").check("http://localhost:8080\n", "", 0);
    let gone = served.gantry_in(&home, "url");
    assert_eq!(gone.status, 3, "{gone:?}");
}

#[test]
fn the_browser_that_is_opened() {
    let mut served = Served::new();
    served.done("register --hostname shop");
    let browser = served.world.sandbox.write("bin/browser", "#!/bin/sh\nprintf '<%s>' \"$@\"\n");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).unwrap();
    served.world.sandbox.set("BROWSER", "browser");
    served.gantry("open api").check("<http://localhost:8000>", "gantry: opening http://localhost:8000\n", 0);
    served.world.sandbox.unset("BROWSER");
    let gantry = std::path::Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap().to_owned();
    served.world.sandbox.set("PATH", format!("{}:/bin-that-is-not", gantry.display()));
    let none = served.world.sandbox.gantry(&served.checkout, ["open"]);
    assert_eq!((none.status, none.stderr.contains("hint: install xdg-utils")), (5, true), "{none:?}");
}

#[test]
fn a_project_that_is_gone_has_no_routes_and_is_told() {
    let served = Served::new();
    served.done("register --hostname shop");
    fs::rename(&served.checkout, served.world.sandbox.path("moved")).unwrap();
    let output = served.gantry_in(&served.world.sandbox.path("home"), "routes");
    assert!(output.status == 0 && output.stderr.contains("[SANDBOX]/shop"), "{output:?}");
}
