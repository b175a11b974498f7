//! Where browsers keep their NSS databases, one a profile.

use std::path::PathBuf;

use crate::sys::{env, files, paths, process};

/// Browsers that read `~/.pki/nssdb`, and make it when they first run.
const CHROMIUMS: [&str; 8] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "brave-browser",
    "microsoft-edge",
    "vivaldi",
    "opera",
];

/// Where Firefox keeps its profiles, from the home directory: as packaged, as a Snap, as a Flatpak, since version 147,
/// and on macOS.
const FIREFOXES: [&str; 5] = [
    ".mozilla/firefox",
    "snap/firefox/common/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
    ".config/mozilla/firefox",
    "Library/Application Support/Firefox/Profiles",
];

/// The same of Chromium, whose profiles share one database. The first is where it looks before it makes the second, as
/// newer versions do; the third is a Snap's.
const SHARED: [(&str, &str); 3] = [
    ("chromium", ".pki/nssdb"),
    ("chromium (XDG)", ".local/share/pki/nssdb"),
    ("chromium (Snap)", "snap/chromium/current/.pki/nssdb"),
];

/// A profile's database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Database {
    /// For a table: `chromium`, `firefox abc.default`.
    pub label: String,
    pub directory: PathBuf,
}

/// Every database that there is, each once, whichever ways lead to it.
pub(super) fn databases() -> Vec<Database> {
    let Ok(home) = paths::home_dir() else { return Vec::new() };
    let mut shared: Vec<Database> = SHARED
        .iter()
        .map(|(label, place)| Database { label: (*label).to_owned(), directory: home.join(place) })
        .collect();
    if let Some(base) = env::path("XDG_DATA_HOME") {
        shared[1].directory = base.join("pki/nssdb");
    }
    let mut places: Vec<PathBuf> = FIREFOXES.iter().map(|place| home.join(place)).collect();
    places.extend(env::path("XDG_CONFIG_HOME").map(|base| base.join("mozilla/firefox")));
    let profiles = places.iter().flat_map(|place| {
        let mut names = files::names_in(place).unwrap_or_default();
        names.sort_unstable();
        names
            .into_iter()
            .map(|name| Database { label: format!("firefox {}", name.to_string_lossy()), directory: place.join(name) })
    });
    let mut seen = Vec::new();
    let is_new = |it: &Database| {
        let place = files::canonicalize(&it.directory).unwrap_or_else(|_| it.directory.clone());
        let is_new = !seen.contains(&place);
        seen.push(place);
        is_new
    };
    let all = shared.into_iter().chain(profiles).filter(|it| files::is_file(&it.directory.join("cert9.db")));
    all.filter(is_new).collect()
}

/// Where the first Chromium to run looks for its database.
pub(super) fn first() -> Option<PathBuf> {
    Some(paths::home_dir().ok()?.join(SHARED[0].1))
}

/// The database that the first Chromium to run would make, where one is installed that has not run yet.
pub(super) fn coming() -> Option<PathBuf> {
    let is_installed = CHROMIUMS.iter().any(|name| process::find_program(name).is_some());
    let has_run = databases().iter().any(|it| it.label == SHARED[0].0 || it.label == SHARED[1].0);
    first().filter(|_| is_installed && !has_run)
}
