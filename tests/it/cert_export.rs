//! `gantry export --certs`: programs that bring roots of their own are led to the CA, and lose none of theirs.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::authority::{shop, shop_with_certificates};
use crate::sandbox::await_true;
use crate::shop::Shop;

const STATE: &str = "[SANDBOX]/home/.local/state/gantry/certs";

fn exported(shop: &Shop) -> Value {
    shop.gantry("export --certs --json").json()
}

/// What the state is of the programs that shake hands, in a shell that has evaluated the export.
fn trust(shop: &Shop, shell: &str, format: &str) -> Vec<String> {
    let evaluate = match shell {
        "fish" => format!("gantry export --certs --format {format} | source"),
        _ => format!("eval \"$(gantry export --certs --format {format})\""),
    };
    let status = shop.sandbox.script(shell, &shop.checkout, &format!("{evaluate}; gantry cert status --json")).json();
    let rows = status["stores"].as_array().unwrap().iter();
    let rows = rows.filter(|row| ["system", "node", "python", "requests"].iter().any(|it| row["name"] == *it));
    rows.map(|row| format!("{} {}", row["name"].as_str().unwrap(), row["state"].as_str().unwrap())).collect()
}

#[test]
fn programs_trust_the_ca_by_it() {
    let shop = shop_with_certificates();
    for (shell, format) in [("bash", "shell"), ("fish", "fish")] {
        let rows = trust(&shop, shell, format);
        let expected = ["system not_trusted", "node trusted", "python trusted"];
        assert_eq!(rows[..3], expected, "{shell}");
        // The library may not be there.
        assert!(["requests trusted", "requests absent"].contains(&rows[3].as_str()), "{shell}: {rows:?}");
    }
    let port = shop.port(5);
    let pair = shop.sandbox.path("home/.local/state/gantry/certs/issued/shop.test/current");
    let _server = crate::authority::Server::start(&shop.sandbox, &pair, port);
    let script = "eval \"$(gantry export --certs)\"; curl -sS --max-time 5 --connect-to shop.test:443:127.0.0.1:PORT \
                  --output /dev/null https://shop.test/; echo $?; unset CURL_CA_BUNDLE SSL_CERT_FILE; \
                  curl -s --connect-to shop.test:443:127.0.0.1:PORT https://shop.test/; echo $?";
    let output = shop.sandbox.script("bash", &shop.checkout, &script.replace("PORT", &port.to_string()));
    // `openssl s_server` says nothing, which curl waits for in vain: 28. Without the CA it does not come to that.
    assert_eq!(output.stdout, "28\n60\n", "{output:?}");
}

#[test]
fn a_bundle_holds_the_systems_roots_too() {
    let shop = shop_with_certificates();
    let variables = exported(&shop);
    let text = |name: &str| variables[name].as_str().unwrap().to_owned();
    assert_eq!(text("NODE_EXTRA_CA_CERTS"), format!("{STATE}/authority.pem"));
    let bundle = text("REQUESTS_CA_BUNDLE");
    assert!(bundle.starts_with(&format!("{STATE}/bundle-")), "{bundle}");
    assert_eq!((text("CURL_CA_BUNDLE"), text("SSL_CERT_FILE")), (bundle.clone(), bundle.clone()));
    let bundle = fs::read_to_string(shop.sandbox.path(bundle.strip_prefix("[SANDBOX]/").unwrap())).unwrap();
    let system = fs::read_to_string("/etc/ssl/certs/ca-certificates.crt").unwrap();
    let own = fs::read_to_string(shop.sandbox.path("ca/rootCA.pem")).unwrap();
    assert_eq!(bundle, system + &own);
    let lines = shop.gantry("export --certs --format env").require_success().stdout;
    assert!(lines.contains(&format!("NODE_EXTRA_CA_CERTS={STATE}/authority.pem\n")), "{lines}");
}

#[test]
fn before_setup_nothing_is_exported() {
    let shop = shop();
    let output = shop.gantry("export --certs --json");
    let told = "gantry: certificates are not set up, so --certs exports nothing; `gantry cert setup` sets them up\n";
    assert_eq!((output.stderr.as_str(), output.status), (told, 0));
    assert_eq!(output.stdout, shop.gantry("export --json").stdout);
    assert!(!output.stdout.contains("CERT") && !shop.sandbox.path("home/.local/state/gantry/certs").exists());
}

#[test]
fn the_memo_notices_what_changes() {
    let shop = shop();
    let memos = shop.sandbox.path("home/.cache/gantry/memo");
    let ask = || {
        let first = exported(&shop);
        let _ = fs::remove_dir_all(&memos);
        // What was changed a moment ago is not remembered yet.
        await_true("a memo", || {
            assert_eq!(exported(&shop), first);
            fs::read_dir(&memos).is_ok_and(|found| found.count() > 0)
        });
        assert_eq!(exported(&shop), first, "from the memo");
        first
    };
    assert!(ask().get("NODE_EXTRA_CA_CERTS").is_none());
    shop.gantry("cert setup").require_success();
    let before = ask();
    let bundle = before["REQUESTS_CA_BUNDLE"].as_str().unwrap().strip_prefix("[SANDBOX]/").unwrap().to_owned();
    let bundle = shop.sandbox.path(bundle);
    let contents = fs::read(&bundle).unwrap();
    let spoilers: [fn(&Path); 2] = [|path| fs::remove_file(path).unwrap(), |path| fs::write(path, "x").unwrap()];
    for spoil in spoilers {
        spoil(&bundle);
        assert_eq!(ask(), before);
        assert_eq!(fs::read(&bundle).unwrap(), contents);
    }
    shop.gantry("cert remove --yes").require_success();
    assert!(ask().get("NODE_EXTRA_CA_CERTS").is_none());
}

#[test]
fn what_the_user_has_set_is_not_lost() {
    let mut shop = shop_with_certificates();
    shop.sandbox.script("bash", &shop.checkout, "CAROOT=$HOME/other mkcert -install").require_success();
    let own = shop.sandbox.path("home/other/rootCA.pem");
    for name in ["NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"] {
        shop.sandbox.set(name, &own);
    }
    let variables = exported(&shop);
    let both = variables["NODE_EXTRA_CA_CERTS"].as_str().unwrap();
    assert_eq!(variables["REQUESTS_CA_BUNDLE"], both);
    assert_eq!(variables["GANTRY_NODE_EXTRA_CA_CERTS"], "[SANDBOX]/home/other/rootCA.pem");
    let file = shop.sandbox.path(both.strip_prefix("[SANDBOX]/").unwrap());
    let expected = fs::read_to_string(&own).unwrap() + &fs::read_to_string(shop.sandbox.path("ca/rootCA.pem")).unwrap();
    assert_eq!(fs::read_to_string(file).unwrap(), expected);
    // In a shell that has it already, it stays; and what the user had comes back when nothing wants it any more.
    let script = "for _ in 1 2; do eval \"$(gantry export --certs)\"; echo $NODE_EXTRA_CA_CERTS; done\n\
                  eval \"$(gantry export)\"; echo $NODE_EXTRA_CA_CERTS ${GANTRY_NODE_EXTRA_CA_CERTS-unset}\n\
                  echo ${SSL_CERT_FILE-unset}";
    let expected = format!("{both}\n{both}\n[SANDBOX]/home/other/rootCA.pem unset\nunset\n");
    assert_eq!(shop.sandbox.script("bash", &shop.checkout, script).stdout, expected);
}
