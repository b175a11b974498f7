//! Where and when it was measured; no names.

use std::fs;
use std::process::Command;

/// For example `2026-11-21, 2 cores (x86_64), Debian GNU/Linux 12 (bookworm)`.
pub fn describe() -> String {
    let date = Command::new("date").arg("+%F").output().unwrap().stdout;
    let cores = std::thread::available_parallelism().unwrap();
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or(std::env::consts::OS);
    let date = String::from_utf8(date).unwrap();
    format!("{}, {cores} cores ({}), {}", date.trim(), std::env::consts::ARCH, system.trim_matches('"'))
}
