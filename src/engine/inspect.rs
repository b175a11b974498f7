//! What `docker inspect` and `podman inspect` say of containers. The two agree but for a few names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Deserialize;

use super::ask::failure;
use super::{Container, ContainerState, EngineError, Health, PATIENCE, PROJECT_LABEL, Publication};
use crate::model::{EngineKind, Port};
use crate::sys::process;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inspected {
    id: String,
    name: String,
    #[serde(default)]
    config: Config,
    state: State,
    #[serde(default)]
    network_settings: NetworkSettings,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    image: String,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    status: String,
    #[serde(default)]
    exit_code: i64,
    #[serde(default)]
    started_at: String,
    // Podman before 5 calls it `Healthcheck`.
    #[serde(alias = "Healthcheck")]
    health: Option<Healthcheck>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Healthcheck {
    #[serde(default)]
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NetworkSettings {
    ports: Option<BTreeMap<String, Option<Vec<Binding>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    #[serde(default)]
    host_ip: String,
    #[serde(default)]
    host_port: String,
}

/// The containers with these identities, by project, service and number. One that has gone meanwhile is left out.
///
/// # Errors
/// The engine does not answer, or not in JSON.
pub(super) fn containers(kind: EngineKind, program: &Path, ids: &[String]) -> Result<Vec<Container>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let arguments: Vec<&str> =
        ["inspect", "--type", "container"].into_iter().chain(ids.iter().map(String::as_str)).collect();
    // It fails where one has gone, and prints the others all the same.
    let captured = process::capture(program, &arguments, PATIENCE)
        .map_err(|error| EngineError::not_answering(kind, &error.to_string()))?;
    let said = String::from_utf8_lossy(&captured.stderr);
    if !captured.is_success && !said.to_ascii_lowercase().contains("no such") {
        return Err(failure(kind, program, &said).into());
    }
    let mut containers =
        parse(&captured.stdout).map_err(|error| EngineError::Incomprehensible { kind, detail: error.to_string() })?;
    containers.sort_by(|a, b| (&a.project, &a.service, a.number).cmp(&(&b.project, &b.service, b.number)));
    Ok(containers)
}

fn parse(output: &[u8]) -> serde_json::Result<Vec<Container>> {
    if output.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let inspected: Vec<Inspected> = serde_json::from_slice(output)?;
    Ok(inspected.into_iter().filter_map(container).collect())
}

/// `None` for what is no service's container: `compose run` makes some for one command.
fn container(inspected: Inspected) -> Option<Container> {
    let Inspected { id, name, config, state, network_settings } = inspected;
    let mut labels = config.labels.unwrap_or_default();
    if labels.get("com.docker.compose.oneoff").is_some_and(|oneoff| oneoff.eq_ignore_ascii_case("true")) {
        return None;
    }
    let project = labels.remove(PROJECT_LABEL)?;
    let service = labels.remove("com.docker.compose.service")?;
    let number = labels.get("com.docker.compose.container-number").and_then(|text| text.parse().ok()).unwrap_or(1);
    let directory = labels.remove("com.docker.compose.project.working_dir").map(PathBuf::from);
    let container_state = state_of(&state.status);
    let has_ended = matches!(container_state, ContainerState::Exited | ContainerState::Dead);
    let is_alive = !has_ended && container_state != ContainerState::Created;
    Some(Container {
        id,
        name: name.trim_start_matches('/').to_owned(),
        project,
        service,
        number,
        directory,
        image: config.image,
        state: container_state,
        exit_code: has_ended.then_some(state.exit_code),
        // Podman keeps the last word of one that has ended, and its ports.
        health: state.health.filter(|_| is_alive).and_then(|check| health_of(&check.status)),
        // The zero time stands for one that never started.
        started_at: Some(state.started_at).filter(|time| !time.is_empty() && !time.starts_with("0001-")),
        ports: if is_alive { publications(network_settings) } else { Vec::new() },
    })
}

/// Docker's words, and those that Podman has besides.
fn state_of(status: &str) -> ContainerState {
    match status {
        // It has been told to end, and still has its ports.
        "running" | "stopping" => ContainerState::Running,
        "paused" => ContainerState::Paused,
        "restarting" => ContainerState::Restarting,
        "exited" | "stopped" | "removing" => ContainerState::Exited,
        "dead" => ContainerState::Dead,
        // "created"; Podman's "configured" and "initialized".
        _ => ContainerState::Created,
    }
}

fn health_of(status: &str) -> Option<Health> {
    match status {
        "starting" => Some(Health::Starting),
        "healthy" => Some(Health::Healthy),
        "unhealthy" => Some(Health::Unhealthy),
        _ => None,
    }
}

fn publications(settings: NetworkSettings) -> Vec<Publication> {
    let mut publications = Vec::new();
    for (target, bindings) in settings.ports.unwrap_or_default() {
        let (container_port, protocol) = target.split_once('/').unwrap_or((&target, "tcp"));
        let (Ok(container_port), Ok(protocol)) = (container_port.parse::<Port>(), protocol.parse()) else { continue };
        for binding in bindings.unwrap_or_default() {
            if let Ok(port) = binding.host_port.parse() {
                let host_ip = Some(binding.host_ip).filter(|ip| !ip.is_empty()).unwrap_or_else(|| "0.0.0.0".to_owned());
                publications.push(Publication { port, container_port, protocol, host_ip });
            }
        }
    }
    publications.sort();
    publications
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Protocol;

    #[test]
    fn what_an_engine_says_of_a_container() {
        let docker = br#"[{"Id": "abc", "Name": "/shop-main-web-1", "State": {"Status": "running", "ExitCode": 0,
            "StartedAt": "2026-11-21T07:00:00.5Z", "Health": {"Status": "healthy", "Log": []}},
            "Config": {"Image": "nginx", "Labels": {"com.docker.compose.project": "shop-main",
            "com.docker.compose.service": "web", "com.docker.compose.container-number": "2",
            "com.docker.compose.oneoff": "False", "com.docker.compose.project.working_dir": "/src/shop"}},
            "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "443/tcp": null}}}]"#;
        let found = parse(docker).expect("JSON").remove(0);
        assert_eq!((found.name.as_str(), found.service.as_str(), found.number), ("shop-main-web-1", "web", 2));
        assert_eq!((found.state, found.health), (ContainerState::Running, Some(Health::Healthy)));
        assert_eq!((found.exit_code, found.directory), (None, Some(PathBuf::from("/src/shop"))));
        let port = |number| Port::new(number).expect("a port");
        let host_ip = "0.0.0.0".to_owned();
        let published = Publication { port: port(8080), container_port: port(80), protocol: Protocol::Tcp, host_ip };
        assert_eq!(found.ports, [published]);
    }

    #[test]
    fn what_podman_still_says_of_one_that_has_ended() {
        let of = |status: &str| {
            let text = format!(
                r#"[{{"Id": "1", "Name": "x", "State": {{"Status": "{status}", "ExitCode": 137,
                    "StartedAt": "2026-11-21T07:00:00Z", "Health": {{"Status": "healthy", "Log": null}}}},
                    "Config": {{"Labels": {{"com.docker.compose.project": "p", "com.docker.compose.service": "s"}}}},
                    "NetworkSettings": {{"Ports": {{"80/tcp": [{{"HostIp": "", "HostPort": "8080"}}]}}}}}}]"#
            );
            parse(text.as_bytes()).expect("JSON").remove(0)
        };
        let running = of("running");
        assert_eq!((running.health, running.exit_code), (Some(Health::Healthy), None));
        assert_eq!(running.ports[0].host_ip, "0.0.0.0");
        let exited = of("exited");
        assert_eq!((exited.health, exited.exit_code, exited.ports), (None, Some(137), Vec::new()));
    }

    #[test]
    fn what_is_left_out_and_what_is_another_word() {
        let of = |status: &str, labels: &str| {
            let text = format!(
                r#"[{{"Id": "1", "Name": "x", "State": {{"Status": "{status}", "ExitCode": 3,
                    "StartedAt": "0001-01-01T00:00:00Z", "Healthcheck": {{"Status": ""}}}},
                    "Config": {{"Labels": {labels}}}}}]"#
            );
            parse(text.as_bytes()).expect("JSON").pop()
        };
        let own = r#"{"com.docker.compose.project": "p", "com.docker.compose.service": "s"}"#;
        let stopped = of("stopped", own).expect("kept");
        assert_eq!((stopped.state, stopped.exit_code), (ContainerState::Exited, Some(3)));
        assert_eq!((stopped.started_at, stopped.health, stopped.number), (None, None, 1));
        assert_eq!(of("configured", own).map(|found| found.state), Some(ContainerState::Created));
        assert_eq!(of("stopping", own).map(|found| found.exit_code), Some(None), "it has not ended yet");
        let one_off = r#"{"com.docker.compose.project": "p", "com.docker.compose.service": "s",
                          "com.docker.compose.oneoff": "True"}"#;
        assert_eq!(of("running", one_off), None);
        assert_eq!(of("running", "null"), None);
        assert_eq!(parse(b"\n").expect("nothing"), []);
        assert!(parse(b"Error: no such object").is_err());
    }
}
