//! What is left on a real engine, and what is not, once a project is gone.

use serde_json::Value;

use crate::running::Running;

const WEB: &str = "  web: { image: gantry-test/httpd, stop_signal: SIGKILL, volumes: [/data] }\n";

/// The engine's containers of the project, whoever made them, and its networks.
const LEFT: &str = "docker ps --all --quiet --filter label=com.docker.compose.project=${C%-}; \
                    docker network ls --quiet --filter label=com.docker.compose.project=${C%-}";

fn registered() -> Running {
    let running = Running::up(WEB);
    running.gantry("register").require_success();
    running
}

/// The volume that Docker has made for `/data`.
fn volume_of(running: &Running) -> String {
    running.script("docker inspect --format '{{(index .Mounts 0).Name}}' ${C}web-1").trim().to_owned()
}

#[test]
fn a_volume_without_a_name_is_data_too() {
    let running = registered();
    let volume = volume_of(&running);
    running.gantry("unregister --force").require_success();
    assert_eq!(running.script(LEFT), "");
    assert_eq!(running.script(&format!("docker volume ls --quiet --filter name={volume}")).trim(), volume);
    running.script(&format!("docker volume rm {volume}"));

    let running = Running::up(WEB);
    let volume = volume_of(&running);
    running.gantry("down --timeout 0 --volumes --yes").require_success();
    assert_eq!(running.script(&format!("docker volume ls --quiet --filter name={volume}")), "", "it was asked for");
}

/// One that is left would keep its network, too.
#[test]
fn what_compose_ran_for_one_command_goes_along() {
    let running = registered();
    running.script("docker compose --project-name ${C%-} run --detach web");
    assert_eq!(running.containers("web").len(), 1, "it is no replica");
    running.gantry("unregister --force").require_success();
    assert_eq!(running.script(LEFT), "");
}

#[test]
fn an_engine_that_refuses_does_answer() {
    let running = registered();
    running.script("docker run --detach --name ${C}guest --network ${C%-}_default gantry-test/httpd");
    let failed = running.gantry("unregister --json --force");
    running.script("docker rm --force ${C}guest");
    let error: Value = serde_json::from_str(failed.stderr.lines().last().unwrap()).unwrap();
    let (kind, hint) = (&error["error"]["kind"], &error["error"]["hint"]);
    assert_eq!((kind.as_str(), failed.status), (Some("engine_refused"), 1), "{failed:?}");
    assert_eq!(hint, "`docker ps -a` shows what is there");
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("docker refuses: ") && message.contains("active endpoints"), "{message}");
}
