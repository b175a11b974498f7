//! Whether the Compose that is installed understands `!override`. Asked once, then remembered beside the program's own
//! time stamp: starting `docker compose version` costs more than everything else here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::sys::{clock, env, files, paths, process};

/// The first with `!override` and `!reset` as they are used here.
const NEEDED: [u32; 3] = [2, 24, 4];

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
    docker: String,
    stamp: String,
    /// `None` where it did not tell.
    version: Option<String>,
    /// Seconds since the epoch.
    asked_at: i64,
}

/// The version, where it is too old. `None` also where there is no Compose, or where it does not tell: it may be there
/// by the time it is needed.
pub(super) fn too_old() -> Option<String> {
    let docker = process::find_program("docker")?;
    let stamp = stamp(&docker)?;
    let cache = paths::cache_dir().ok()?.join("compose-version.json");
    let version = remembered(&cache, &docker, &stamp).unwrap_or_else(|| {
        let output = process::output(&docker, &["compose", "version", "--short"], PATIENCE);
        let version = output.and_then(|output| Some(String::from_utf8(output).ok()?.trim().to_owned()));
        let docker = docker.display().to_string();
        remember(&cache, &Cached { docker, stamp, version: version.clone(), asked_at: clock::now() });
        version
    })?;
    (numbers(&version)? < NEEDED).then_some(version)
}

/// What changes when the program does, or its plugin: Compose is updated without docker.
fn stamp(docker: &Path) -> Option<String> {
    let own = env::path("DOCKER_CONFIG").or_else(|| Some(paths::home_dir().ok()?.join(".docker")));
    let own = own.map(|directory| directory.join("cli-plugins"));
    let plugins = own.into_iter().chain(PLUGIN_DIRECTORIES.map(PathBuf::from));
    let plugins = plugins.filter_map(|directory| files::stamp(&directory.join("docker-compose")));
    Some(files::stamp(docker)? + &plugins.map(|plugin| format!(" {plugin}")).collect::<String>())
}

/// The answer that still holds: a good one as long as the program is the same, another for ten minutes.
fn remembered(cache: &Path, docker: &Path, stamp: &str) -> Option<Option<String>> {
    let cached: Cached = serde_json::from_slice(&files::read_limited(cache, CACHE_LIMIT).ok()?).ok()?;
    let is_same = cached.docker == docker.display().to_string() && cached.stamp == stamp;
    let is_good = cached.version.as_deref().and_then(numbers).is_some_and(|numbers| numbers >= NEEDED);
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
            assert_eq!(numbers(version).map(|numbers| numbers >= NEEDED), expected, "{version}");
        }
        check("2.26.1-4", Some(true));
        check("v2.24.4", Some(true));
        check("2.24.3", Some(false));
        check("2.9.0", Some(false));
        check("1.29.2", Some(false));
        check("5.0.0", Some(true));
        check("", None);
        check("unknown", None);
    }
}
