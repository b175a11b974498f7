//! `gantry cert`: the CA, what is issued, and what goes wrong with either.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::authority::{STATE, issue, issues, make, shop, shop_with_certificates};
use crate::sandbox::await_some;
use crate::shop::Shop;

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o777
}

/// What `cert info` says, whatever its exit status.
fn info(shop: &Shop) -> Value {
    shop.gantry("cert info --json").json()
}

fn authority(shop: &Shop) -> Value {
    shop.gantry("cert info --ca --json").json()
}

/// Puts a pair in the place of what was issued.
fn replace(shop: &Shop, pair: &Path) {
    let link = issues(shop).join("current");
    fs::remove_file(&link).unwrap();
    let issue = issues(shop).join("01");
    fs::create_dir_all(&issue).unwrap();
    for name in ["certificate.pem", "key.pem"] {
        fs::copy(pair.join(name), issue.join(name)).unwrap();
    }
    symlink("01", link).unwrap();
}

#[test]
fn setup_makes_a_ca_and_certificates() {
    let shop = shop();
    let told = "gantry: to make a CA in [SANDBOX]/ca\n\
                gantry: certificates are set up; no trust store had to be changed\n\
                gantry: certificates for shop.test\n";
    shop.check("cert setup", "", told, 0);
    let current = issues(&shop).join("current");
    for (path, expected) in [
        (shop.sandbox.path(STATE), 0o700),
        (issues(&shop), 0o700),
        (current.canonicalize().unwrap(), 0o700),
        (current.canonicalize().unwrap().join("key.pem"), 0o600),
        (current.canonicalize().unwrap().join("certificate.pem"), 0o644),
    ] {
        assert_eq!(mode(&path), expected, "{}", path.display());
    }
    let status = shop.gantry("cert status --json").json();
    assert_eq!(status["authority"]["state"], "good");
    assert_eq!((&status["authority"]["has_key"], &status["is_set_up"]), (&json!(true), &json!(true)));
    assert_eq!(status["certificates"][0]["certificate"]["names"], json!(["shop.test", "*.shop.test"]));
    assert_eq!(
        status["certificates"][0]["file"],
        format!("[SANDBOX]/{STATE}/issued/shop.test/current/certificate.pem")
    );
    let certificate = current.join("certificate.pem");
    let mut openssl = shop.sandbox.command("openssl", &shop.checkout);
    openssl.args(["verify", "-CAfile"]).arg(shop.sandbox.path("ca/rootCA.pem")).arg(certificate);
    shop.sandbox.run(&mut openssl).require_success();
    // Once more, it stays.
    shop.gantry("cert setup").require_success();
    assert_eq!(info(&shop)["certificate"]["serial"], status["certificates"][0]["certificate"]["serial"]);
}

#[test]
fn before_setup() {
    let shop = shop();
    let hint = "`gantry cert setup` makes a CA of this machine's own and has it trusted";
    for command in ["info", "info --ca", "verify shop", "renew", "renew --all", "trust", "remove"] {
        let command = format!("cert {command} --json");
        shop.check_error(&command, "cert_not_set_up", "certificates are not set up", hint, 3);
    }
    let told = "gantry: certificates are not set up; `gantry cert setup` sets them up\n";
    shop.check("cert status", "", told, 0);
    shop.check("cert-status", "", told, 0);
    assert_eq!(shop.gantry("cert status --json").json(), json!({ "format_version": 1, "is_set_up": false }));
    shop.check(
        "cert setup -n",
        "",
        "gantry: would make a CA in [SANDBOX]/ca\ngantry: a dry run: nothing was changed\n",
        0,
    );
    assert!(!shop.sandbox.path("ca").exists() && !shop.sandbox.path(STATE).exists(), "looking changes nothing");
    shop.gantry("cert-setup --stores none").require_success();
}

#[test]
fn without_mkcert() {
    let mut shop = shop_with_certificates();
    shop.without_engine();
    let hint = "install mkcert, the package of that name; and libnss3-tools (nss-tools on Fedora, nss on macOS) for the \
                stores of Firefox and Chromium";
    for command in ["setup", "renew"] {
        shop.check_error(&format!("cert {command} --json"), "cert_mkcert_missing", "mkcert is not installed", hint, 5);
    }
    // What was issued serves on.
    assert_eq!(info(&shop)["state"], "good");
    let status = shop.gantry("cert status --json").json();
    assert_eq!((&status["authority"]["state"], &status["stores"][0]["state"]), (&json!("unknown"), &json!("unknown")));
}

#[test]
fn a_ca_without_its_key() {
    let shop = shop_with_certificates();
    fs::remove_file(shop.sandbox.path("ca/rootCA-key.pem")).unwrap();
    assert_eq!(authority(&shop)["state"], "no_key");
    let message = "the CA cannot issue certificates: no rootCA-key.pem in [SANDBOX]/ca";
    let hint = "restore [SANDBOX]/ca/rootCA-key.pem, or make a new CA: `gantry cert untrust`, then `gantry cert remove \
                --ca` and `gantry cert setup`";
    for command in ["renew", "setup", "trust"] {
        shop.check_error(&format!("cert {command} --json"), "cert_ca_key_missing", message, hint, 1);
    }
    assert_eq!(info(&shop)["state"], "good");
    shop.gantry("cert untrust").require_success();
    shop.gantry("cert remove --ca --yes").require_success();
    assert!(!shop.sandbox.path("ca").exists() && !shop.sandbox.path(STATE).exists());
    shop.gantry("cert setup").require_success();
    assert_eq!((&authority(&shop)["state"], &info(&shop)["state"]), (&json!("good"), &json!("good")));
}

#[test]
fn a_lost_ca_is_noticed() {
    let shop = shop_with_certificates();
    fs::remove_dir_all(shop.sandbox.path("ca")).unwrap();
    assert_eq!(authority(&shop)["state"], "lost");
    let message = "the CA is gone: no rootCA.pem in [SANDBOX]/ca";
    let hint = "restore [SANDBOX]/ca from a backup; where it was moved, `CAROOT=DIRECTORY gantry cert setup` takes it; or \
                make a new CA: `gantry cert untrust`, then `gantry cert setup`";
    for command in ["renew", "trust"] {
        shop.check_error(&format!("cert {command} --json"), "cert_ca_lost", message, hint, 1);
    }
    assert!(!shop.sandbox.path("ca").exists(), "mkcert would have made another one");
    let before = info(&shop);
    assert_eq!(before["state"], "good");
    shop.gantry("cert setup").require_success();
    let after = info(&shop);
    assert_eq!((&authority(&shop)["state"], &after["state"]), (&json!("good"), &json!("good")));
    assert_ne!(before["certificate"]["serial"], after["certificate"]["serial"]);
}

#[test]
fn a_replaced_ca_is_noticed() {
    let shop = shop_with_certificates();
    let before = info(&shop);
    fs::remove_dir_all(shop.sandbox.path("ca")).unwrap();
    shop.sandbox.script("bash", &shop.checkout, "mkcert -install").require_success();
    assert_eq!(authority(&shop)["state"], "replaced");
    let status = shop.gantry("cert status");
    assert!(status.stdout.starts_with("CA: replaced by another one, until "), "{status:?}");
    let why = "the CA in [SANDBOX]/ca was replaced by another one, which `gantry cert setup` takes";
    assert!(
        status.stdout.contains("    `gantry cert setup` takes the new one and has it trusted, ")
            && status.stdout.contains(why),
        "{status:?}"
    );
    // What was issued serves on, until somebody takes the new one.
    assert_eq!(info(&shop)["state"], "good");
    let renewed = shop.gantry("cert renew").require_success();
    assert!(renewed.stderr.contains("stores may not trust it yet: `gantry cert trust`"), "{renewed:?}");
    let (authority, after) = (authority(&shop), info(&shop));
    assert_eq!(
        (&authority["state"], &authority["former"], &after["state"]),
        (&json!("good"), &json!(1), &json!("good"))
    );
    assert_ne!(before["certificate"]["serial"], after["certificate"]["serial"]);
    shop.gantry("cert untrust").require_success();
    assert_eq!(self::authority(&shop)["former"], 0);
}

#[test]
fn another_caroot_moves_nothing() {
    let mut shop = shop_with_certificates();
    let (before, authority) = (info(&shop), self::authority(&shop));
    let other = make(&shop.sandbox, "other", "-1 day", "+900 days");
    shop.sandbox.set("CAROOT", &other);
    let told = shop.gantry("cert setup").require_success().stderr;
    assert!(
        told.starts_with("gantry: the CA stays the one in [SANDBOX]/ca, though CAROOT leads to [SANDBOX]/other here\n")
    );
    assert_eq!((&self::authority(&shop), &info(&shop)), (&authority, &before));
    // A new one is of the same CA.
    shop.gantry("cert renew").require_success();
    assert_eq!(
        (&self::authority(&shop), &info(&shop)["certificate"]["issuer"]),
        (&authority, &before["certificate"]["issuer"])
    );
    // Who sets them up anew takes the CA that is there now.
    shop.gantry("cert remove --yes").require_success();
    shop.gantry("cert setup").require_success();
    let authority = self::authority(&shop);
    assert_eq!((&authority["directory"], &authority["former"]), (&json!("[SANDBOX]/other"), &json!(0)));
}

#[test]
fn a_ca_that_ends_is_noticed() {
    let shop = shop();
    make(&shop.sandbox, "ca", "-90 days", "-1 day");
    let setup = shop.gantry("cert setup --json");
    let error: Value = serde_json::from_str(&setup.stderr).unwrap();
    assert_eq!((setup.status, &error["error"]["kind"]), (1, &json!("cert_ca_expired")), "{setup:?}");
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("the CA in [SANDBOX]/ca expired on 20"), "{message}");
    // It is renewed with its key, as nobody but a test does, and ends again.
    let adopt = |until: &str| {
        make(&shop.sandbox, "ca", "-90 days", until);
        fs::copy(shop.sandbox.path("ca/rootCA.pem"), shop.sandbox.path(STATE).join("authority.pem")).unwrap();
    };
    make(&shop.sandbox, "ca", "-90 days", "+10 days");
    let told = shop.gantry("cert setup").require_success().stderr;
    assert!(told.contains("warning: the CA: ends soon; make a new CA: `gantry cert untrust`, "), "{told}");
    let first = info(&shop);
    assert_eq!((&authority(&shop)["state"], &first["state"]), (&json!("ends_soon"), &json!("authority_ends_soon")));
    shop.gantry("cert setup").require_success();
    assert_eq!(info(&shop), first, "a new one would be no better");
    adopt("-1 day");
    assert_eq!((&authority(&shop)["state"], &info(&shop)["state"]), (&json!("expired"), &json!("authority_expired")));
    for command in ["renew", "setup", "trust"] {
        shop.gantry(&format!("cert {command}")).check_failure(&["error: the CA in [SANDBOX]/ca expired on 20"], 1);
    }
    // The way out that is told.
    for command in ["untrust --yes", "remove --ca --yes", "setup"] {
        shop.gantry(&format!("cert {command}")).require_success();
    }
    assert_eq!((&authority(&shop)["state"], &info(&shop)["state"]), (&json!("good"), &json!("good")));
}

#[test]
fn keys_are_the_users_alone() {
    let shop = shop_with_certificates();
    let key = issues(&shop).join("current/key.pem").canonicalize().unwrap();
    let set = |path: &Path, mode: u32| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let directories = [shop.sandbox.path(STATE), issues(&shop), key.parent().unwrap().to_owned()];
    set(&key, 0o644);
    directories.iter().for_each(|directory| set(directory, 0o755));
    assert_eq!(info(&shop)["state"], "open_key");
    shop.gantry("cert setup").require_success();
    assert_eq!((&info(&shop)["state"], mode(&key)), (&json!("good"), 0o600));
    directories.iter().for_each(|directory| assert_eq!(mode(directory), 0o700, "{}", directory.display()));
    let root = shop.sandbox.path("ca/rootCA-key.pem");
    set(&root, 0o444);
    let status = shop.gantry("cert status").require_success().stdout;
    assert!(status.starts_with("CA: others may read its key, until "), "{status}");
    assert!(status.contains("\n    `chmod go= [SANDBOX]/ca/rootCA-key.pem`; "), "{status}");
    shop.sandbox.script("bash", &shop.checkout, "chmod go= ../ca/rootCA-key.pem").require_success();
    assert_eq!(authority(&shop)["state"], "good");
}

#[test]
fn what_was_issued_goes_with_its_project() {
    let shop = shop_with_certificates();
    assert!(issues(&shop).exists());
    shop.gantry("unregister --yes --keep-ports").require_success();
    assert!(!issues(&shop).exists());
    assert_eq!(shop.gantry("cert status --json").json()["certificates"], json!([]));
}

#[test]
fn what_does_not_hold_is_issued_anew() {
    #[track_caller]
    fn check(spoil: impl FnOnce(&Shop), expected: &str) {
        let shop = shop_with_certificates();
        spoil(&shop);
        let before = info(&shop);
        assert_eq!(before["state"], expected, "{before}");
        assert_eq!(shop.gantry("cert info").status, if before["certificate"].is_null() { 3 } else { 0 });
        shop.gantry("cert setup").require_success();
        let after = info(&shop);
        assert_eq!(after["state"], "good", "{after}");
        assert_ne!(before["certificate"]["serial"], after["certificate"]["serial"]);
    }
    let with = |name: &'static str, from: &'static str, until: &'static str| {
        move |shop: &Shop| {
            let root = shop.sandbox.path("ca");
            replace(shop, &issue(&shop.sandbox, &root, "pair", name, from, until));
        }
    };
    check(with("shop.test", "-80 days", "+10 days"), "ends_soon");
    check(with("shop.test", "-80 days", "-1 day"), "expired");
    check(with("shop.test", "+1 day", "+90 days"), "not_yet_valid");
    check(with("other.test", "-1 day", "+90 days"), "lacking");
    check(|shop| fs::remove_dir_all(issues(shop)).unwrap(), "absent");
    check(|shop| fs::write(issues(shop).join("current/certificate.pem"), "no certificate").unwrap(), "damaged");
    check(
        |shop| {
            let pair = issue(&shop.sandbox, &shop.sandbox.path("ca"), "pair", "shop.test", "-1 day", "+90 days");
            fs::copy(pair.join("key.pem"), issues(shop).join("current/key.pem")).unwrap();
        },
        "damaged",
    );
    check(
        |shop| {
            shop.sandbox.script("bash", &shop.checkout, "CAROOT=$HOME/other mkcert -install").require_success();
            let root = shop.sandbox.path("home/other");
            replace(shop, &issue(&shop.sandbox, &root, "pair", "shop.test", "-1 day", "+90 days"));
        },
        "other_authority",
    );
}

#[test]
fn a_set_up_that_fails_leaves_no_ca() {
    let shop = shop();
    fs::create_dir_all(shop.sandbox.path(STATE).join("authority.pem")).unwrap();
    shop.gantry("cert setup").check_failure(&["error: cannot write [SANDBOX]/home/"], 1);
    assert!(!shop.sandbox.path("ca").exists());
}

#[test]
fn damaged_files_are_named() {
    let shop = shop_with_certificates();
    let copy = shop.sandbox.write(format!("{STATE}/authority.pem"), "no certificate");
    let message = format!("[SANDBOX]/{STATE}/authority.pem: holds no certificate");
    let hint = "it is a copy: `gantry cert setup` makes it anew";
    for command in ["status", "info", "renew", "verify shop"] {
        shop.check_error(&format!("cert {command} --json"), "cert_damaged", &message, hint, 1);
    }
    let export = shop.gantry("export --certs");
    assert_eq!((export.status, export.stderr), (1, format!("error: {message}\nhint: {hint}\n")));
    assert!(export.stdout.contains("COMPOSE_PROJECT_NAME="));
    shop.gantry("cert setup").require_success();
    assert_eq!((&authority(&shop)["state"], &info(&shop)["state"]), (&json!("good"), &json!("good")));
    fs::remove_file(&copy).unwrap();
    fs::create_dir(&copy).unwrap();
    assert_eq!(shop.gantry("cert info --ca --json").status, 1);
    fs::remove_dir(&copy).unwrap();
    shop.gantry("cert setup").require_success();
    shop.sandbox.write("ca/rootCA.pem", "no certificate");
    let message = "[SANDBOX]/ca/rootCA.pem: holds no certificate";
    let hint = "restore it from a backup; or remove it and rootCA-key.pem, then `gantry cert setup`";
    shop.check_error("cert renew --json", "cert_damaged", message, hint, 1);
}

#[test]
fn hostile_names_are_refused() {
    let shop = shop_with_certificates();
    for name in
        ["a\nb", "sh{op}", "\"shop\"", "-shop", "*.shop.test", "$(touch pwned)", "shop.test\u{1b}[2J", "", "a b"]
    {
        for command in ["verify", "info", "renew"] {
            let output = shop.sandbox.gantry(&shop.checkout, ["cert", command, "--", name]);
            assert_eq!((output.stdout.as_str(), output.status), ("", 2), "{command} {name:?}: {output:?}");
            assert!(!output.stderr.contains('\u{1b}'), "{output:?}");
        }
    }
    for name in ["../../etc", "blog", "blog.test"] {
        let output = shop.sandbox.gantry(&shop.checkout, ["cert", "renew", name]);
        assert!(matches!(output.status, 2 | 3), "{output:?}");
    }
    assert_eq!(fs::read_dir(shop.sandbox.path(STATE).join("issued")).unwrap().count(), 1);
    shop.check_usage(
        "cert setup --stores windows",
        "error: invalid value 'windows' for '--stores <LIST>': `windows` is no trust store: system, nss, java, or none",
    );
}

#[test]
fn many_at_once() {
    let shop = shop_with_certificates();
    let renew = |_| {
        let mut command = shop.sandbox.command("gantry", &shop.checkout);
        command.args(["cert", "renew"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    // So do set-ups, and none takes the CA of another for its own.
    let spare = crate::authority::shop();
    let setup = |_| {
        let mut command = spare.sandbox.command("gantry", &spare.checkout);
        command.args(["cert", "setup"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    for mut child in (0..4).map(setup).collect::<Vec<_>>() {
        assert!(await_some("the end of a set-up", || child.try_wait().unwrap()).success());
    }
    assert_eq!((&authority(&spare)["state"], &info(&spare)["state"]), (&json!("good"), &json!("good")));
    for mut child in (0..6).map(renew).collect::<Vec<_>>() {
        assert!(await_some("the end of a renewal", || child.try_wait().unwrap()).success());
    }
    assert_eq!(info(&shop)["state"], "good");
    // The issue that counts, the one before it, and the link.
    assert_eq!(fs::read_dir(issues(&shop)).unwrap().count(), 3);
}

#[test]
fn remove_forgets_what_is_gantrys() {
    let shop = shop_with_certificates();
    let told = "gantry: to remove the certificate of shop.test\n\
                gantry: certificates are not set up any more; mkcert's other certificates stay as they are\n";
    let refused = shop.gantry("cert remove");
    assert!(refused.status == 2 && refused.stderr.contains("not removed without a word"), "{refused:?}");
    shop.check("cert remove --yes", "", told, 0);
    assert!(shop.sandbox.path("ca/rootCA-key.pem").exists() && !shop.sandbox.path(STATE).exists());
    shop.gantry("cert setup").require_success();
    let refused = shop.gantry("cert remove --ca");
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(shop.sandbox.path("ca/rootCA.pem").exists());
}
