//! Whether the Compose that is installed understands `!override`: Docker's, or where there is no `docker`,
//! podman-compose. Asked once, then remembered beside the program's own time stamp: starting `docker compose version`
//! costs more than everything else here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::sys::{clock, env, files, paths, process};

/// The first of Docker's with `!override` and `!reset` as they are used here.
const NEEDED: [u32; 3] = [2, 24, 4];

/// The first podman-compose with them. It also answers to `docker compose`, where `docker` is an alias of Podman's.
const NEEDED_OF_PODMAN: [u32; 3] = [1, 4, 0];

/// Docker's own Compose 1 ended far beyond where podman-compose is, and was never a plugin.
const END_OF_PODMAN: [u32; 3] = [1, 20, 0];

/// Where docker looks for plugins beside the user's own directory (docker/cli, `cli-plugins/manager`).
const PLUGIN_DIRECTORIES: [&str; 4] = [
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
];

/// Long enough for a cold start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes.
const CACHE_LIMIT: u64 = 64 * 1024;

/// Seconds for which an answer holds that may change without the program: its plugin lies where nobody looks for it.
const RETRY: i64 = 10 * 60;

/// What was found, and for which program.
#[derive(Serialize, Deserialize)]
struct Cached {
    program: String,
    stamp: String,
    /// `None` where it did not tell.
    version: Option<String>,
    /// Seconds since the epoch.
    asked_at: i64,
}

/// A Compose that is too old, and the first that would do.
#[derive(Debug)]
pub(super) struct TooOld {
    pub(super) program: &'static str,
    pub(super) version: String,
    pub(super) needed: &'static str,
}

/// The one that is installed, where it is too old. `None` also where there is none, or where it does not tell: it may be
/// there by the time it is needed.
pub(super) fn too_old() -> Option<TooOld> {
    let docker = process::find_program("docker").map(|docker| (docker, &["compose", "version", "--short"][..]));
    let (program, question) =
        docker.or_else(|| Some((process::find_program("podman-compose")?, &["version", "--short"][..])))?;
    let stamp = stamp(&program)?;
    let cache = paths::cache_dir().ok()?.join("compose-version.json");
    let version = remembered(&cache, &program, &stamp).unwrap_or_else(|| {
        let output = process::output(&program, question, PATIENCE);
        let version = output.and_then(|output| Some(String::from_utf8(output).ok()?.trim().to_owned()));
        let program = program.display().to_string();
        remember(&cache, &Cached { program, stamp, version: version.clone(), asked_at: clock::now() });
        version
    })?;
    let numbers = numbers(&version).filter(|numbers| !is_good(*numbers))?;
    Some(match numbers < END_OF_PODMAN {
        true => TooOld { program: "podman-compose", version, needed: "1.4" },
        false => TooOld { program: "Compose", version, needed: "2.24.4" },
    })
}

fn is_good(numbers: [u32; 3]) -> bool {
    numbers >= NEEDED || (NEEDED_OF_PODMAN..END_OF_PODMAN).contains(&numbers)
}

/// What changes when the program does, or its plugin: Compose is updated without docker.
fn stamp(program: &Path) -> Option<String> {
    let own = env::path("DOCKER_CONFIG").or_else(|| Some(paths::home_dir().ok()?.join(".docker")));
    let own = own.map(|directory| directory.join("cli-plugins"));
    let plugins = own.into_iter().chain(PLUGIN_DIRECTORIES.map(PathBuf::from));
    let plugins = plugins.filter_map(|directory| files::stamp(&directory.join("docker-compose")));
    Some(files::stamp(program)? + &plugins.map(|plugin| format!(" {plugin}")).collect::<String>())
}

/// The answer that still holds: a good one as long as the program is the same, another for ten minutes.
fn remembered(cache: &Path, program: &Path, stamp: &str) -> Option<Option<String>> {
    let cached: Cached = serde_json::from_slice(&files::read_limited(cache, CACHE_LIMIT).ok()?).ok()?;
    let is_same = cached.program == program.display().to_string() && cached.stamp == stamp;
    let is_good = cached.version.as_deref().and_then(numbers).is_some_and(is_good);
    let is_fresh = || clock::has_reached(cached.asked_at) && !clock::has_reached(cached.asked_at + RETRY);
    (is_same && (is_good || is_fresh())).then_some(cached.version)
}

/// A cache that cannot be written only costs time.
fn remember(cache: &Path, cached: &Cached) {
    if let (Some(directory), Ok(text)) = (cache.parent(), serde_json::to_vec(cached))
        && files::make_private_dir(directory).is_ok()
    {
        let _ = files::replace(cache, &text, 0o600);
    }
}

/// `2.24.4`, also from `v2.24.4-desktop.1`.
fn numbers(version: &str) -> Option<[u32; 3]> {
    let mut parts = version.trim_start_matches('v').split(['.', '-', '+']).map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next().flatten().unwrap_or(0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        #[track_caller]
        fn check(version: &str, expected: Option<bool>) {
            assert_eq!(numbers(version).map(is_good), expected, "{version}");
        }
        check("2.26.1-4", Some(true));
        check("v2.24.4", Some(true));
        check("2.24.3", Some(false));
        check("2.9.0", Some(false));
        check("1.29.2", Some(false));
        check("5.0.0", Some(true));
        check("1.3.0", Some(false));
        check("1.4.0", Some(true));
        check("1.6.0", Some(true));
        check("", None);
        check("unknown", None);
    }
}
