//! `gantry health`, on the real engine.

use serde_json::{Value, json};

use crate::ports::{Foreign, listen};
use crate::running::Running;
use crate::sandbox::{Output, await_true};

/// Serves the page, and has a check of its own.
const WEB: &str = "  web:
    image: gantry-test/httpd
    ports: ['{0}:80']
    healthcheck: {test: [CMD, busybox, 'true'], interval: 0.3s}
";

/// Answers each request with the status 500.
const FAILING: &str = r#"  web:
    image: gantry-test/httpd
    ports: ['{0}:80']
    command:
      - sh
      - -c
      - |
        busybox mkdir -p /fail/cgi-bin
        printf '#!/bin/sh\nprintf "Status: 500 Sorry\\r\\n\\r\\n"\n' > /fail/cgi-bin/index.cgi
        busybox chmod +x /fail/cgi-bin/index.cgi
        exec busybox httpd -f -p 80 -h /fail
"#;

/// Several of a service.
const WORKERS: &str = "  worker:
    image: gantry-test/httpd
    deploy: {replicas: 2}
";

/// A job that is done.
const JOB: &str = "  job:
    image: gantry-test/httpd
    command: busybox true
";

/// The service as the JSON has it, whatever the exit status.
#[track_caller]
fn service(output: &Output, name: &str) -> Value {
    let all: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    let services = all["services"].as_array().unwrap();
    services.iter().find(|it| it["service"] == name).unwrap_or_else(|| panic!("no {name} in {all}")).clone()
}

/// Waits until `gantry health` has this verdict on each.
#[track_caller]
fn await_verdicts(project: &Running, verdicts: &[(&str, &str)]) -> Output {
    let mut last = None;
    await_true(&format!("{verdicts:?}"), || {
        let output = project.gantry("health --json");
        let is_there = verdicts.iter().all(|(name, verdict)| service(&output, name)["verdict"] == *verdict);
        last = Some(output);
        is_there
    });
    last.unwrap()
}

#[test]
fn a_project_that_is_well() {
    let project = Running::up(&[WEB, WORKERS, JOB].concat());
    project.gantry("register --hostname shop").require_success();
    let output = await_verdicts(&project, &[("web", "good"), ("worker", "good"), ("job", "done")]);
    assert_eq!(output.status, 0, "{output:?}");
    let all = output.json();
    assert_eq!(
        (&all["format_version"], &all["project"], &all["engine"]),
        (&json!(1), &json!("shop"), &json!("docker"))
    );
    assert_eq!((&all["ok"], &all["running"]), (&json!(true), &json!(true)));

    let mut web = service(&output, "web");
    assert!(web["ports"][0]["milliseconds"].take().as_f64().is_some_and(|time| time > 0.0), "{web}");
    assert!(web["cpu_percent"].take().is_f64(), "{web}");
    assert!(web["memory_bytes"].take().as_u64().is_some_and(|bytes| bytes > 0), "{web}");
    let port = json!({
        "port": project.block.port(0), "address": null, "protocol": "http", "verdict": "good", "answer": "ok",
        "status": 200, "milliseconds": null, "detail": null,
    });
    let expected = json!({
        "service": "web", "verdict": "good", "ok": true, "state": "running", "exit_code": null, "health": "healthy",
        "containers": 1, "running": 1, "ports": [port], "cpu_percent": null, "memory_bytes": null,
    });
    assert_eq!(web, expected);
    let worker = service(&output, "worker");
    assert_eq!((&worker["containers"], &worker["running"], &worker["ports"]), (&json!(2), &json!(2), &json!([])));
    assert!(worker["memory_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{worker}");

    let table = project.gantry("health shop").require_success();
    let lines: Vec<Vec<&str>> = table.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["SERVICE", "STATE", "HEALTH", "PORT", "ANSWER", "TIME", "CPU", "MEMORY"]);
    assert_eq!(lines[1], ["job", "exited", "(0)", "-", "-", "-", "-", "-", "-"]);
    let port = project.block.port(0).to_string();
    assert_eq!(lines[2][..6], ["web", "running", "healthy", &port, "ok", "200"], "{table:?}");
    assert_eq!(lines[3][..6], ["worker", "running,", "2", "of", "2", "run"], "{table:?}");
    let coloured = project.gantry("--color always health").require_success().stdout;
    assert!(
        coloured.contains("\x1b[32mrunning\x1b[0m") && coloured.contains("\x1b[2mexited\x1b[0m (0)"),
        "{coloured:?}"
    );
}

#[test]
fn everything_that_can_be_wrong() {
    let rest = "  deaf:
    image: gantry-test/httpd
    command: busybox sleep 1000
    ports: ['{1}:5432', '127.0.0.1:{2}:6379', '{3}:53/udp']
  sick:
    image: gantry-test/httpd
    healthcheck: {test: [CMD, busybox, 'false'], interval: 0.3s, retries: 1}
  crashed:
    image: gantry-test/httpd
    command: sh -c 'exit 3'
  young:
    image: gantry-test/httpd
    ports: ['{4}:80']
    healthcheck: {test: [CMD, busybox, 'false'], interval: 0.3s, retries: 1000}
  ended:
    image: gantry-test/httpd
    command: busybox true
    ports: ['{5}:80']
";
    let project = Running::up(&[FAILING, rest].concat());
    project.gantry("register --hostname shop").require_success();
    // Since then somebody has added a service, and has not started it.
    let file = project.checkout.join("compose.yaml");
    let text = std::fs::read_to_string(&file).unwrap() + "  late:\n    image: gantry-test/httpd\n";
    std::fs::write(&file, text).unwrap();
    let verdicts = [
        ("web", "bad"),
        ("deaf", "bad"),
        ("sick", "bad"),
        ("crashed", "bad"),
        ("young", "starting"),
        ("ended", "down"),
        ("late", "down"),
    ];
    let output = await_verdicts(&project, &verdicts);
    assert_eq!(output.status, 1, "{output:?}");
    await_true("the page that fails", || {
        let web = &service(&project.gantry("health --json"), "web")["ports"][0];
        (&web["answer"], &web["status"]) == (&json!("fails"), &json!(500))
    });

    let deaf = service(&output, "deaf");
    let ports: Vec<_> =
        deaf["ports"].as_array().unwrap().iter().map(|it| [&it["port"], &it["answer"], &it["address"]]).collect();
    let port = |number| json!(project.block.port(number));
    let (closed, localhost) = (json!("closed"), json!("127.0.0.1"));
    assert_eq!(ports, [[&port(1), &closed, &Value::Null], [&port(2), &closed, &localhost]], "UDP is not asked");
    let crashed = service(&output, "crashed");
    assert_eq!((&crashed["state"], &crashed["exit_code"]), (&json!("exited"), &json!(3)));
    assert_eq!(service(&output, "sick")["health"], "unhealthy");
    assert_eq!((&service(&output, "late")["state"], &service(&output, "late")["ok"]), (&Value::Null, &json!(false)));
    let young = service(&output, "young");
    assert_eq!((&young["ports"][0]["answer"], &young["ok"]), (&json!("open"), &json!(true)), "{young}");

    let table = project.gantry("health");
    assert_eq!((table.status, table.stderr.as_str()), (1, ""));
    for expected in ["late     missing", "crashed  exited (3)", "sick     running     unhealthy", "ended    exited (0)"]
    {
        assert!(table.stdout.contains(expected), "{expected:?} in\n{}", table.stdout);
    }
}

#[test]
fn a_context_that_is_no_project_is_asked_for_connections() {
    let project = Running::up(FAILING);
    let output = await_verdicts(&project, &[("web", "good")]);
    let port = &service(&output, "web")["ports"][0];
    assert_eq!((&port["protocol"], &port["answer"], &port["status"]), (&json!("tcp"), &json!("open"), &Value::Null));
    assert_eq!(output.status, 0, "a page that fails is no concern of a connection");
}

#[test]
fn again_and_again() {
    let project = Running::up(WEB);
    let mut health = project.spawn("health --watch --interval 0.1 --json");
    await_true("three rounds", || health.stdout().lines().count() >= 3);
    project.script("docker kill ${C}web-1");
    let last = |said: &str| serde_json::from_str::<Value>(said.lines().last().unwrap()).unwrap_or_default();
    await_true("a round without it", || last(&health.stdout())["ok"] == json!(false));
    assert_eq!(health.interrupt(), Some(1));
    for line in health.stdout().lines() {
        let round: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&round["format_version"], &round["services"][0]["service"]), (&json!(1), &json!("web")));
    }

    let mut health = project.spawn("health --watch --interval 0.1");
    await_true("a block without it", || health.stdout().matches(" runs\n").count() >= 2);
    project.gantry("start").require_success();
    await_true("a block with it", || health.stdout().contains("healthy"));
    await_true("a good end", || health.stdout().lines().last().is_some_and(|line| line.contains("open")));
    assert_eq!(health.interrupt(), Some(0));
    assert!(!health.stdout().contains('\x1b'), "no terminal, no redrawing");
    assert!(health.stdout().starts_with(&format!("running-{}/main at ", project.block.start)));
}

#[test]
fn nothing_runs() {
    let mut project = Running::booked(WEB);
    let name = format!("running-{}/main", project.block.start);
    let stderr = format!("error: nothing of {name} runs\nhint: `gantry start` starts it\n");
    project.gantry("health").check("", &stderr, 1);
    let output = project.gantry("health --json");
    assert_eq!((output.status, output.stderr.as_str()), (1, ""));
    assert_eq!(service(&output, "web")["verdict"], "down");
    assert_eq!(project.gantry("health nowhere").status, 3);
    project.sandbox.set("DOCKER_HOST", "unix:///nowhere.sock");
    let missing = project.gantry("health --engine docker");
    assert_eq!(missing.status, 5, "{missing:?}");
}

#[test]
fn a_project_without_containers_has_its_http_port() {
    let mut project = Running::booked("  web: {image: gantry-test/httpd}\n");
    std::fs::remove_file(project.checkout.join("compose.yaml")).unwrap();
    project.sandbox.set("DOCKER_HOST", "unix:///nowhere.sock");
    let range = project.block.range_of("http");
    project.gantry(&format!("config --set-range {range}")).require_success();
    project.gantry("register --hostname shop").require_success();
    let nobody = project.gantry("health --json");
    let http = service(&nobody, "http");
    assert_eq!((nobody.status, &http["verdict"], &http["ports"][0]["answer"]), (1, &json!("bad"), &json!("refused")));
    let table = project.gantry("health");
    assert_eq!((table.status, table.stderr.as_str()), (1, ""));
    assert!(table.stdout.contains(" refused "), "{table:?}");

    let port = http["ports"][0]["port"].as_u64().unwrap();
    let _server = Foreign::listen(port.try_into().unwrap());
    let somebody = project.gantry("health --json");
    let http = service(&somebody, "http");
    assert_eq!(
        (somebody.status, &http["state"], &http["ports"][0]["status"]),
        (0, &Value::Null, &json!(404)),
        "{http}"
    );
}

#[test]
fn who_only_listens_gives_no_page() {
    let mut project = Running::booked("  web: {image: gantry-test/httpd}\n");
    std::fs::remove_file(project.checkout.join("compose.yaml")).unwrap();
    project.sandbox.set("DOCKER_HOST", "unix:///nowhere.sock");
    let range = project.block.range_of("http");
    project.gantry(&format!("config --set-range {range}")).require_success();
    project.gantry("register --hostname shop").require_success();
    let _listener = listen(project.block.port(0));
    let output = project.gantry("health --json --timeout 0.3");
    assert_eq!((output.status, &service(&output, "http")["ports"][0]["answer"]), (1, &json!("silent")), "{output:?}");
}
