//! `gantry watch`, on the real engine.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::running::Running;
use crate::sandbox::await_true;

const QUICK: &str = "watch --interval 0.2";

#[test]
fn what_dies_comes_back_and_what_is_done_does_not() {
    let project = Running::up(
        "  web:
    image: gantry-test/httpd
  job:
    image: gantry-test/httpd
    command: sh -c 'until [ -e /go ]; do busybox sleep 0.1; done'
",
    );
    let mut watch = project.spawn(QUICK);
    watch.await_said(": job, web", 1);
    project.script("docker exec ${C}job-1 busybox touch /go");
    watch.await_said(" job has ended with status 0 and is left alone", 1);

    project.script("kill -9 $(docker inspect --format '{{.State.Pid}}' ${C}web-1)");
    watch.await_said(" web was killed (137); starting it in 1 s", 1);
    watch.await_said(" web runs again", 1);
    project.await_state("web", "running");

    project.script("docker rm --force ${C}web-1");
    // Between being killed and being removed it may have been seen.
    watch.await_said("; starting it in 2 s", 1);
    watch.await_said(" web is made anew", 1);
    watch.await_said(" web runs again", 2);
    project.await_state("web", "running");
    project.await_state("job", "exited");
    assert_eq!(watch.interrupt(), Some(0), "Ctrl-C");
    project.await_state("web", "running");
    assert_eq!(watch.stdout(), "");
}

#[test]
fn a_replica_is_made_anew_beside_the_others() {
    let project = Running::up("  web:\n    image: gantry-test/httpd\n");
    project.gantry("scale web=3").require_success();
    let mut watch = project.spawn(QUICK);
    watch.await_said(": web-1, web-2, web-3", 1);
    project.script("docker rm --force ${C}web-2");
    watch.await_said(" runs again", 1);
    let running = || project.containers("web").iter().filter(|it| it["state"] == "running").count();
    assert_eq!(running(), 3);
    assert_eq!(watch.interrupt(), Some(0));
    assert_eq!(running(), 3);
}

#[test]
fn a_crash_loop_reaches_the_limit() {
    // It crashes from its second start on.
    let project = Running::up(
        "  web:
    image: gantry-test/httpd
    command: sh -c 'if [ ! -e /met ]; then busybox touch /met; exec busybox sleep 1000; fi; echo no more; exit 3'
",
    );
    project.await_state("web", "running");
    await_true("its first start", || project.script("docker exec ${C}web-1 busybox ls /").contains("met"));
    let mut watch = project.spawn(&format!("{QUICK} --limit 2"));
    watch.await_said("watching", 1);
    project.script("docker kill ${C}web-1");
    assert_eq!(watch.status(), Some(1));
    let said = watch.stderr();
    assert_eq!(said.matches(" web is started").count(), 2, "{said}");
    let expected = [
        " web was killed (137); starting it in 1 s",
        " web ended with status 3; starting it in 2 s",
        " web ended with status 3, once too often in a row; giving up on it",
        " web | no more",
        "error: nothing of ",
        " is left to watch; given up: web",
        "hint: `gantry logs` shows why they end",
    ];
    for expected in expected {
        assert!(said.contains(expected), "{expected:?} in\n{said}");
    }
}

#[test]
fn what_gantry_stops_stays_stopped() {
    let project = Running::up("  web:\n    image: gantry-test/httpd\n  db:\n    image: gantry-test/httpd\n");
    let mut watch = project.spawn(QUICK);
    watch.await_said(": db, web", 1);
    project.gantry("stop --timeout 1").require_success();
    watch.await_said(" another gantry has changed what runs; watching nothing", 1);
    project.await_state("web", "exited");

    project.gantry("start --no-wait").require_success();
    watch.await_said(" another gantry has changed what runs; watching db, web", 1);
    project.gantry("scale web=0").require_success();
    watch.await_said(" another gantry has changed what runs; watching db\n", 1);
    project.gantry("down --timeout 1").require_success();
    watch.await_said(" another gantry has changed what runs; watching nothing", 2);
    assert_eq!(watch.interrupt(), Some(0));
    assert_eq!(project.containers("web").len() + project.containers("db").len(), 0);
    let said = watch.stderr();
    assert!(!said.contains("is started") && !said.contains("is made anew"), "{said}");
}

#[test]
fn unhealthy_is_told_and_left_alone() {
    let project = Running::up(
        "  web:
    image: gantry-test/httpd
    healthcheck: {test: [CMD, busybox, test, '!', -e, /sick], interval: 0.3s, retries: 1}
",
    );
    let mut watch = project.spawn(QUICK);
    watch.await_said("watching", 1);
    project.script("docker exec ${C}web-1 busybox touch /sick");
    watch.await_said(" web is unhealthy by its own check; it is left running", 1);
    project.script("docker exec ${C}web-1 busybox rm /sick");
    watch.await_said(" web is healthy again", 1);
    assert_eq!(watch.interrupt(), Some(0));
}

#[test]
fn an_engine_that_goes_away_is_waited_for() {
    let mut project = Running::booked("  web:\n    image: gantry-test/httpd\n");
    let engine = std::env::var("DOCKER_HOST").unwrap();
    let (socket, link) = (engine.strip_prefix("unix://").unwrap(), project.sandbox.path("docker.sock"));
    symlink(socket, &link).unwrap();
    let host = |path: &Path| format!("unix://{}", path.display());
    project.sandbox.set("DOCKER_HOST", host(&link));
    project.gantry("start --no-wait").require_success();
    let mut watch = project.spawn(&format!("{QUICK} --engine docker"));
    watch.await_said("watching", 1);
    std::fs::remove_file(&link).unwrap();
    watch.await_said("docker does not answer", 1);
    symlink(socket, &link).unwrap();
    watch.await_said(" docker answers again", 1);
    assert_eq!(watch.stderr().matches("does not answer").count(), 1, "said once");
    assert_eq!(watch.interrupt(), Some(0));
}

#[test]
fn nothing_to_watch() {
    let mut project = Running::booked("  web:\n    image: gantry-test/httpd\n");
    let name = format!("running-{}/main", project.block.start);
    let stderr = format!("error: nothing of {name} runs\nhint: `gantry start` starts it\n");
    project.gantry("watch").check("", &stderr, 1);
    project.script("eval \"$(gantry export)\"; docker compose create --quiet-pull");
    project.gantry("watch").check("", &stderr, 1);
    let wrong = project.gantry("watch --interval 0");
    assert_eq!(wrong.status, 2, "{wrong:?}");
    project.sandbox.set("DOCKER_HOST", "unix:///nowhere.sock");
    let missing = project.gantry("watch --engine docker");
    assert_eq!(missing.status, 5, "{missing:?}");
}
