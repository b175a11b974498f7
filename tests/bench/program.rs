//! The program that is measured, as it is released.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where `tests/run` has built it, or else what cargo builds now.
pub fn released() -> PathBuf {
    std::env::var_os("GANTRY_RELEASE").map_or_else(build, PathBuf::from)
}

fn build() -> PathBuf {
    eprintln!("building the release");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--release", "--locked", "--quiet"];
    let status = Command::new(cargo).args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
    assert!(status.success(), "the release cannot be built");
    // Cargo's profiles lie side by side: this one's is `debug` or `release`.
    let profiles = Path::new(env!("CARGO_BIN_EXE_gantry")).ancestors().nth(2).unwrap();
    profiles.join("release/gantry")
}
