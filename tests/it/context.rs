//! `gantry context`.

use serde_json::json;

use crate::sandbox::Sandbox;
use crate::shop::{HASH, REMOTE, Shop};

#[test]
fn the_known_vector() {
    let sandbox = Sandbox::new();
    let checkout = sandbox.repository("repo", "git@github.com:test/repo.git");
    // md5("git@github.com:test/repo.git:main"), as `md5sum` says.
    let expected = "hash    7e0dcf051c93\npath    [SANDBOX]/repo\nlabel   repo/main\n\
                    remote  git@github.com:test/repo.git\nbranch  main\n";
    sandbox.gantry(&checkout, ["context"]).check(expected, "", 0);
    assert!(!sandbox.registry().exists());
}

#[test]
fn json_has_every_field() {
    let shop = Shop::new();
    let expected = json!({
        "format_version": 1, "hash": HASH, "path": "[SANDBOX]/shop", "label": "shop/main", "remote": REMOTE,
        "branch": "main", "subdir": null, "shared_with": [],
    });
    assert_eq!(shop.gantry("context --json").json(), expected);
    let deep = shop.sandbox.directory(shop.checkout.join("deep/down"));
    assert_eq!(shop.gantry_in(&deep, "context --json").json(), expected);
}

#[test]
fn a_nested_project_is_a_context_of_its_own() {
    let shop = Shop::new();
    shop.sandbox.write(shop.checkout.join("apps/api/compose.yaml"), "services: {}\n");
    let nested = shop.gantry_in(&shop.checkout.join("apps/api"), "context --json").json();
    assert_eq!(nested["subdir"], "apps/api");
    assert_eq!(nested["path"], "[SANDBOX]/shop/apps/api");
    assert_ne!(nested["hash"], HASH);
}

#[test]
fn checkouts_of_one_remote_and_branch_know_of_each_other() {
    let shop = Shop::booked();
    let clone = shop.sandbox.repository("again", REMOTE);
    let second = shop.gantry_in(&clone, "context --json").json();
    assert_ne!(second["hash"], HASH);
    assert_eq!(second["shared_with"], json!(["[SANDBOX]/shop"]));
    shop.gantry_in(&clone, "book extra").require_success();
    shop.check(
        "context",
        "hash         656493bc33bb\npath         [SANDBOX]/shop\nlabel        shop/main\n\
         remote       git@example.com:test/shop.git\nbranch       main\nshared with  [SANDBOX]/again\n",
        "",
        0,
    );
    std::fs::remove_dir_all(&clone).unwrap();
    assert_eq!(shop.gantry("context --json").json()["shared_with"], json!([]));
}

#[test]
fn no_repository_is_a_context_by_its_path() {
    let sandbox = Sandbox::new();
    let directory = sandbox.directory("plain");
    let context = sandbox.gantry(&directory, ["context", "--json"]).json();
    assert_eq!(context["path"], "[SANDBOX]/plain");
    assert_eq!((&context["remote"], &context["branch"]), (&json!(null), &json!(null)));
    let shown = sandbox.gantry(&directory, ["context"]);
    let expected = format!(
        "hash    {}\npath    [SANDBOX]/plain\nlabel   {}\nremote  -\nbranch  -\n",
        context["hash"].as_str().unwrap(),
        context["label"].as_str().unwrap()
    );
    shown.check(&expected, "", 0);
}

#[test]
fn a_password_in_the_remote_is_neither_shown_nor_stored() {
    let sandbox = Sandbox::new();
    let checkout = sandbox.repository("shop", "https://tess:hunter2@example.com/shop.git");
    let context = sandbox.gantry(&checkout, ["context", "--json"]).json();
    assert_eq!(context["remote"], "https://example.com/shop.git");
    sandbox.gantry(&checkout, ["book", "web"]).require_success();
    let registry = std::fs::read(sandbox.registry()).unwrap();
    assert!(!registry.windows(7).any(|bytes| bytes == b"hunter2"));
}

#[test]
fn a_detached_head_goes_by_what_is_worked_on() {
    let shop = Shop::new();
    let git = |arguments: &str| shop.sandbox.git(&shop.checkout, arguments.split_whitespace());
    git("commit --quiet --allow-empty -m two");
    git("switch --quiet --create work");
    git("bisect start HEAD HEAD~1");
    let label = |expected: &str| assert_eq!(shop.gantry("context --json").json()["label"], expected);
    label("shop/work");
    git("bisect reset");
    label("shop/work");
    git("switch --quiet --detach");
    label("shop/shop");
}

#[test]
fn a_directory_that_is_gone_is_an_error() {
    let sandbox = Sandbox::new();
    let gone = sandbox.directory("gone");
    let script = "rmdir ../gone; gantry context; gantry context --json";
    let output = sandbox.script("dash", &gone, script);
    assert_eq!((output.stdout.as_str(), output.status), ("", 1), "{output:?}");
    let mut lines = output.stderr.lines();
    let message = "the current directory is gone or cannot be read: No such file or directory (os error 2)";
    assert_eq!(lines.next(), Some(format!("error: {message}").as_str()));
    let error = json!({ "format_version": 1, "error": { "kind": "failed", "message": message, "hint": null } });
    assert_eq!(lines.next(), Some(error.to_string().as_str()));
}
