//! Whether the Compose that is installed understands `!override`. Asked once, then remembered beside the program's own
//! time stamp: starting `docker compose version` costs more than everything else here.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::sys::{files, paths, process};

/// The first with `!override` and `!reset` as they are used here.
const NEEDED: [u32; 3] = [2, 24, 4];

/// Long enough for a cold start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes.
const CACHE_LIMIT: u64 = 64 * 1024;

/// What was found, and for which program.
#[derive(Serialize, Deserialize)]
struct Cached {
    docker: String,
    stamp: String,
    version: String,
}

/// The version, where it is too old. `None` also where there is no Compose, or where it does not tell: it may be there
/// by the time it is needed.
pub(super) fn too_old() -> Option<String> {
    let docker = process::find_program("docker")?;
    let stamp = files::stamp(&docker)?;
    let cache = paths::cache_dir().ok()?.join("compose-version.json");
    let version = match remembered(&cache, &docker, &stamp) {
        Some(version) => version,
        None => {
            let output = process::output(&docker, &["compose", "version", "--short"], PATIENCE)?;
            let version = String::from_utf8(output).ok()?.trim().to_owned();
            remember(&cache, &Cached { docker: docker.display().to_string(), stamp, version: version.clone() });
            version
        }
    };
    (numbers(&version)? < NEEDED).then_some(version)
}

fn remembered(cache: &Path, docker: &Path, stamp: &str) -> Option<String> {
    let cached: Cached = serde_json::from_slice(&files::read_limited(cache, CACHE_LIMIT).ok()?).ok()?;
    // A version that was too old is asked for again: the user may have updated the plugin alone.
    let is_same = cached.docker == docker.display().to_string() && cached.stamp == stamp;
    (is_same && numbers(&cached.version)? >= NEEDED).then_some(cached.version)
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
