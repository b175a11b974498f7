//! The engines' own programs: what they print, and what it means where they end with an error.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;

use super::{EngineError, PATIENCE};
use crate::model::EngineKind;
use crate::sys::process::{self, Captured};

/// What the program prints.
///
/// # Errors
/// [`EngineError::NotAnswering`] and [`EngineError::Refused`] with what it said instead.
pub(super) fn ask(kind: EngineKind, program: &Path, arguments: &[&str]) -> Result<Vec<u8>> {
    ask_within(kind, program, arguments, PATIENCE)
}

pub(super) fn ask_within(kind: EngineKind, program: &Path, arguments: &[&str], patience: Duration) -> Result<Vec<u8>> {
    match process::capture(program, arguments, patience) {
        Ok(Captured { is_success: true, stdout, .. }) => Ok(stdout),
        Ok(Captured { stderr, .. }) => Err(failure(kind, program, &String::from_utf8_lossy(&stderr)).into()),
        Err(error) => Err(EngineError::not_answering(kind, &error.to_string()).into()),
    }
}

/// Why the program failed: the engine refused, or cannot be reached. What it said is in too many words to go by
/// (Docker's alone: `Cannot connect`, `error during connect`, `permission denied while trying to connect`), so the
/// engine is asked for its version: where that is told, it was reached.
pub(super) fn failure(kind: EngineKind, program: &Path, said: &str) -> EngineError {
    match look_up(kind, program) {
        Ok(_) => EngineError::refused(kind, said),
        Err(_) => EngineError::not_answering(kind, said),
    }
}

/// What the engine says of its version: a question that every engine answers that can be reached, and no other.
///
/// # Errors
/// [`EngineError::NotAnswering`].
pub(super) fn look_up(kind: EngineKind, program: &Path) -> Result<Vec<u8>, EngineError> {
    let format = match kind {
        EngineKind::Docker => "{{json .}}",
        EngineKind::Podman => "{{.Client.Version}}",
    };
    match process::capture(program, &["version", "--format", format], PATIENCE) {
        Ok(Captured { is_success: true, stdout, .. }) => Ok(stdout),
        Ok(Captured { stderr, .. }) => Err(EngineError::not_answering(kind, &String::from_utf8_lossy(&stderr))),
        Err(error) => Err(EngineError::not_answering(kind, &error.to_string())),
    }
}
