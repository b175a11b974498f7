//! Starting and stopping where something is not as it should be, on the real engine.

use std::fs;

use crate::yard::Yard;

#[test]
fn a_broken_gantry_yml_keeps_nobody_from_stopping_what_runs() {
    let yard = Yard::new();
    yard.done("start");
    yard.write("gantry.yml", "hooks: { prestart: make }\n");
    yard.done("stop --timeout 5");
    assert_eq!(yard.states(&yard.checkout, "web"), ["exited"]);
    yard.check_failure("start", &["gantry.yml:1: unknown key `prestart`"], 1);
    yard.done("down --timeout 5");
    yard.await_nothing_left();
}

#[test]
fn another_checkout_under_the_same_name_is_left_alone() {
    let yard = Yard::new();
    let second = yard.second();
    for checkout in [&yard.checkout, &second] {
        yard.sandbox.write(checkout.join("gantry.yml"), yard.fill("project_name: {name}-shared\n"));
    }
    yard.done("start");
    let refused = yard.gantry_in(&second, "start");
    let words = yard.fill("is the Compose project {name}-shared, and so is [SANDBOX]/{name}");
    assert!(refused.status == 4 && refused.stderr.contains(&words), "{refused:?}");
    yard.gantry_in(&second, "stop --timeout 5").require_success();
    yard.gantry_in(&second, "down --timeout 5 --volumes --yes").require_success();
    assert_eq!(yard.states(&yard.checkout, "web"), ["running"], "it is not the second one's");
    yard.done("down --timeout 5");
}

#[test]
fn what_runs_of_a_directory_that_is_gone_is_stopped_by_its_name() {
    let yard = Yard::new();
    yard.done("register --hostname gone-{0} --yes");
    yard.done("start");
    let moved = yard.sandbox.path("moved");
    fs::rename(&yard.checkout, &moved).unwrap();
    let home = yard.sandbox.path("home");
    let listed = yard.gantry_in(&home, "ps gone-{0} --json").json();
    assert_eq!(listed["containers"].as_array().unwrap().len(), 2, "{listed}");
    yard.gantry_in(&home, "stop gone-{0} --timeout 5").require_success();
    yard.gantry_in(&home, "config gone-{0} --set path=../moved").require_success();
    assert_eq!(yard.states(&moved, "web"), ["exited"], "its context has come along");
    yard.gantry_in(&home, "unregister gone-{0} --yes").require_success();
    yard.await_nothing_left();
}

#[test]
fn a_project_that_may_run_is_not_forgotten_without_an_engine() {
    let mut yard = Yard::new();
    yard.done("register --hostname kept-{0} --yes");
    yard.done("start");
    let engine = std::env::var("DOCKER_HOST").unwrap();
    yard.sandbox.set("DOCKER_HOST", "unix:///nowhere/socket");
    yard.write("gantry.yml", "engine: docker\n");
    yard.check_failure("unregister --yes", &["kept-{0} may run, since somebody listens on {0}"], 5);
    yard.sandbox.set("DOCKER_HOST", engine);
    yard.done("unregister --force");
    yard.await_nothing_left();
}

#[test]
fn a_hook_does_not_wait_for_itself() {
    let yard = Yard::new();
    yard.write("gantry.yml", "hooks: { post_start: gantry restart, timeout: 20 }\n");
    yard.done("trust");
    let words =
        ["the hook post_start failed with status 1", "starts or stops {name}/main itself, which waits for the hook"];
    yard.check_failure("start", &words, 1);
}

#[test]
fn a_restart_that_cannot_start_stops_nothing() {
    let yard = Yard::new();
    yard.done("start");
    yard.compose("services: [\n");
    yard.check_failure("restart", &["compose.yaml"], 1);
    assert_eq!(yard.states(&yard.checkout, "web"), ["running"]);
}

#[test]
fn another_contexts_variables_do_not_reach_what_is_started_elsewhere() {
    let yard = Yard::new();
    yard.done("register --hostname there-{0} --yes");
    yard.write("gantry.yml", "pre_start: env > seen\n");
    yard.done("trust");
    let here = yard.sandbox.repository("here", "git@example.com:test/here.git");
    yard.sandbox.write(here.join("compose.yaml"), yard.fill("services: { other: { image: x, ports: ['{12}:1'] } }\n"));
    let script = yard.fill("eval \"$(gantry export --auto)\" && gantry start there-{0} --no-wait");
    yard.sandbox.script("bash", &here, &script).require_success();
    let seen = fs::read_to_string(yard.checkout.join("seen")).unwrap();
    assert!(!seen.contains("OTHER_PORT=") && seen.contains(&yard.fill("WEB_PORT={0}\n")), "{seen}");
}
