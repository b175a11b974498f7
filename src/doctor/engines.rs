//! What runs containers.

use crate::engine::{self, EngineError};
use crate::model::Finding;

/// The engine that commands take, and the one beside it that is installed and silent.
pub(super) fn look() -> Vec<Finding> {
    let engine = match engine::find(None) {
        Ok(engine) => engine,
        Err(error) => return vec![failure(&error)],
    };
    let kind = engine.kind().to_string();
    let mut findings = vec![match engine.compose() {
        Ok(_) => Finding::good(&kind, "it answers, and has Compose"),
        Err(error) => {
            let mend = error.downcast_ref().map_or_else(String::new, EngineError::hint);
            Finding::bad(&kind, format!("{error:#}"), mend)
        }
    }];
    if let Some(error) = engine::silent_beside(engine.as_ref()) {
        findings.push(Finding::bad("beside it", error.to_string(), error.hint()));
    }
    findings
}

fn failure(error: &anyhow::Error) -> Finding {
    match error.downcast_ref::<EngineError>() {
        Some(EngineError::None { docker, podman }) if is_missing(docker) && is_missing(podman) => {
            let mend = "install Docker Engine with Compose, or podman and podman-compose, to `gantry start`";
            Finding::not_set_up("engine", "neither Docker nor Podman is installed", mend)
        }
        Some(error) => Finding::bad("engine", error.to_string(), error.hint()),
        None => Finding::bad("engine", format!("{error:#}"), "`gantry ps` tells more"),
    }
}

fn is_missing(error: &EngineError) -> bool {
    matches!(error, EngineError::Missing(_) | EngineError::IsPodman)
}
