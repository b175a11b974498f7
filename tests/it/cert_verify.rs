//! `gantry cert verify`: what is shown under a name, and whether it holds.

use std::path::Path;

use serde_json::Value;

use crate::authority::{STATE, Server, issue, issues, make, shop, shop_with_certificates};

#[test]
fn verify_says_what_is_shown() {
    let shop = shop_with_certificates();
    let mut number = 0;
    let mut check = |pair: &Path, name: &str, problem: Option<&str>| {
        number += 1;
        let port = shop.port(number);
        let _server = Server::start(&shop.sandbox, pair, port);
        let output = shop.gantry(&format!("cert verify {name} --port {port} --json"));
        assert_eq!(output.status, i32::from(problem.is_some()), "{output:?}");
        let answer: Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!(answer["verifies"], problem.is_none());
        let said = answer["problem"].as_str();
        assert_eq!(said.map(|said| said.starts_with(problem.unwrap())), problem.map(|_| true), "{answer}");
        assert!(answer["certificate"]["names"][0].is_string());
        let shown = shop.gantry(&format!("cert verify {name} --port {port}"));
        let first = shown.stdout.lines().next().unwrap().split_once(": ").unwrap().1.to_owned();
        assert_eq!(first, said.unwrap_or("good"));
    };
    let root = shop.sandbox.path("ca");
    let issued = |directory: &str, name: &str, from: &str, until: &str| {
        issue(&shop.sandbox, &root, directory, name, from, until)
    };
    let current = issues(&shop).join("current");
    check(&current, "shop", None);
    check(&current, "API.shop.test", None);
    check(&current, "a.b.shop.test", Some("it is not for a.b.shop.test, but for shop.test, *.shop.test"));
    check(&issued("expired", "shop.test", "-9 days", "-1 day"), "shop", Some("it expired on 20"));
    check(&issued("early", "shop.test", "+1 day", "+9 days"), "shop", Some("it is not valid before 20"));
    check(
        &issued("other", "blog.test", "-1 day", "+9 days"),
        "shop",
        Some("it is not for shop.test, but for blog.test"),
    );
    shop.sandbox.script("bash", &shop.checkout, "CAROOT=$HOME/other mkcert -install").require_success();
    let foreign = issue(&shop.sandbox, &shop.sandbox.path("home/other"), "foreign", "shop.test", "-1 day", "+9 days");
    check(&foreign, "shop", Some("another CA has issued it: "));
}

#[test]
fn a_ca_that_is_over_is_no_good() {
    let shop = shop();
    make(&shop.sandbox, "ca", "-90 days", "+10 days");
    shop.gantry("cert setup").require_success();
    // Of the same key: who only verifies signatures takes what it has issued for good.
    let expired = make(&shop.sandbox, "ca", "-90 days", "-1 day").join("rootCA.pem");
    std::fs::copy(expired, shop.sandbox.path(STATE).join("authority.pem")).unwrap();
    let port = shop.port(5);
    let _server = Server::start(&shop.sandbox, &issues(&shop).join("current"), port);
    let output = shop.gantry(&format!("cert verify shop --port {port}"));
    assert!(output.status == 1 && output.stdout.starts_with("shop.test: its CA expired on 20"), "{output:?}");
}

#[test]
fn verify_where_there_is_no_tls() {
    let shop = shop_with_certificates();
    let message = "nobody answers on 127.0.0.1:{3}: Connection refused (os error 111)";
    let hint = "`gantry proxy start` starts the proxy";
    shop.check_error("cert verify shop --port {3} --json", "cert_no_server", message, hint, 5);
    let listener = crate::ports::listen(shop.port(4));
    let accepting = std::thread::spawn(move || {
        use std::io::{Read, Write};
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
        let _ = stream.read(&mut [0; 1024]);
    });
    let output = shop.gantry("cert verify shop --port {4}");
    accepting.join().unwrap();
    assert_eq!(output.status, 1);
    let expected = shop.fill("error: no TLS handshake with 127.0.0.1:{4}: ");
    assert!(output.stderr.starts_with(&expected), "{output:?}");
}
