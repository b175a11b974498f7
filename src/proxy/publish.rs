//! Loading a configuration, starting and stopping.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::Served;
use super::caddy::Caddy;
use super::caddyfile::{self, Options};
use super::error::ProxyError;
use super::home::Home;
use super::{pages, ports};
use crate::sys::lock::Lock;
use crate::sys::signals::Interrupts;
use crate::sys::{clock, files, own, process, trees};

/// How long Caddy may take to come up, or to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// How soon it is asked again whether it is up.
const PACE: Duration = Duration::from_millis(10);

/// Readable for this user alone: names and paths of projects are nobody else's concern.
const MODE: u32 = 0o600;

/// More than the file of ten thousand routes.
const SIZE_LIMIT: u64 = 64 << 20;

/// What loading a configuration came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Published {
    NotRunning,
    /// What is served is what is wanted.
    Unchanged,
    Loaded,
}

/// Loads what is wanted now, where the proxy runs and serves something else. What is wanted is asked for once nobody
/// else is loading anything, so that the last to come never loads what was true before.
///
/// # Errors
/// [`ProxyError`]; what was served before is served on.
pub fn publish(wanted: &mut dyn FnMut() -> Result<Served>) -> Result<Published> {
    let home = Home::locate()?;
    if !home.is_running() {
        return Ok(Published::NotRunning);
    }
    let _lock = lock(&home)?;
    load(&home, &wanted()?, false)
}

/// As [`publish`], also where nothing seems to have changed.
///
/// # Errors
/// Also [`ProxyError::NotRunning`].
pub fn reload(wanted: &mut dyn FnMut() -> Result<Served>) -> Result<()> {
    let home = Home::locate()?;
    if !home.is_running() {
        return Err(ProxyError::NotRunning.into());
    }
    let _lock = lock(&home)?;
    load(&home, &wanted()?, true).map(drop)
}

/// Starts the proxy; gives the number of its process, and whether it was started now.
///
/// # Errors
/// [`ProxyError`]: nothing runs then that did not run before.
pub fn start(wanted: &mut dyn FnMut() -> Result<Served>) -> Result<(Option<u32>, bool)> {
    let home = Home::locate()?;
    home.make()?;
    let caddy = Caddy::find(&home)?;
    let _lock = lock(&home)?;
    let served = wanted()?;
    if home.is_running() {
        load(&home, &served, false)?;
        return Ok((home.pid(), false));
    }
    for port in [served.ports.http, served.ports.https] {
        if let Some(error) = ports::blocker(port) {
            return Err(error.into());
        }
    }
    write_pages(&home, &served)?;
    files::replace(&home.candidate(), text_of(&home, &served, &caddy).as_bytes(), MODE)?;
    caddy.check(&home, &home.candidate())?;
    files::rename(&home.candidate(), &home.caddyfile())?;
    clear_socket(&home)?;
    remove_if_there(&home.start_log())?;
    own::replace(&home.version_file(), caddy.version.to_string().as_bytes())?;
    let pid = caddy.serve(&home).context("Caddy cannot be started")?;
    await_start(&home, pid)?;
    Ok((Some(pid), true))
}

/// Stops the proxy; says whether it ran.
///
/// # Errors
/// It does not end.
pub fn stop() -> Result<bool> {
    let home = Home::locate()?;
    if !home.is_set_up() {
        return Ok(false);
    }
    let _lock = lock(&home)?;
    let (ran, pid) = (home.is_running(), home.pid());
    if ran {
        // The admin socket may be the one thing that still answers, or not any more.
        let _ = Caddy::find(&home).and_then(|caddy| caddy.stop(&home));
    }
    if let Some(pid) = pid {
        process::end(pid, &|| home.is_own(pid), PATIENCE).context("the proxy does not end")?;
    }
    for left in [home.socket(), home.pid_file()] {
        remove_if_there(&left)?;
    }
    Ok(ran || pid.is_some())
}

fn lock(home: &Home) -> Result<Lock> {
    let interrupts = Interrupts::listen()?;
    Lock::acquire(&home.lock(), || {}, &interrupts).context("the proxy is being worked on")
}

fn load(home: &Home, served: &Served, anyway: bool) -> Result<Published> {
    let caddy = Caddy::of_running(home)?;
    let text = text_of(home, served, &caddy);
    write_pages(home, served)?;
    let is_served = files::read_limited(&home.caddyfile(), SIZE_LIMIT).is_ok_and(|old| old == text.as_bytes());
    if is_served && !anyway {
        return Ok(Published::Unchanged);
    }
    files::replace(&home.candidate(), text.as_bytes(), MODE)?;
    caddy.check(home, &home.candidate())?;
    caddy.load(home, &home.candidate())?;
    files::rename(&home.candidate(), &home.caddyfile())?;
    Ok(Published::Loaded)
}

fn text_of(home: &Home, served: &Served, caddy: &Caddy) -> String {
    let (addresses, keeps_streams) = (ports::addresses(), caddy.version.keeps_streams());
    caddyfile::render(served, &Options { home, addresses: &addresses, keeps_streams })
}

/// Replaces the pages that say something else by now, and removes those that nothing leads to.
fn write_pages(home: &Home, served: &Served) -> Result<()> {
    let (directory, wanted) = (home.pages(), pages::render(served));
    for page in &wanted {
        let path = directory.join(&page.path);
        if !files::read_limited(&path, SIZE_LIMIT).is_ok_and(|old| old == page.text.as_bytes()) {
            files::make_private_dir(path.parent().unwrap_or(&directory))?;
            own::replace(&path, page.text.as_bytes())?;
        }
    }
    let folder = |path: &str| path.split_once('/').map(|(folder, _)| folder.to_owned());
    let folders: Vec<String> = wanted.iter().filter_map(|page| folder(&page.path)).collect();
    for name in files::names_in(&directory)? {
        let path = directory.join(&name);
        if files::is_dir(&path) && !folders.iter().any(|kept| name == kept.as_str()) {
            trees::remove(&path)?;
        }
    }
    Ok(())
}

/// A socket that nobody answers on is what a Caddy left that was killed.
fn clear_socket(home: &Home) -> Result<()> {
    let path = home.socket();
    match files::link_metadata(&path) {
        Ok(found) if files::is_socket(&found) && !home.is_answered() => Ok(files::remove(&path)?),
        Ok(_) => Err(ProxyError::SocketTaken { path }.into()),
        Err(_) => Ok(()),
    }
}

fn await_start(home: &Home, pid: u32) -> Result<()> {
    let began = Instant::now();
    while !home.is_running() {
        let has_ended = !home.is_own(pid);
        if has_ended || began.elapsed() > PATIENCE {
            let _ = process::end(pid, &|| home.is_own(pid), PATIENCE);
            let detail = home.last_words().unwrap_or_else(|| "it did not say why".to_owned());
            return Err(ProxyError::NotStarted { detail, log: home.start_log() }.into());
        }
        clock::pause(PACE);
    }
    Ok(())
}

fn remove_if_there(path: &std::path::Path) -> Result<()> {
    match files::remove(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
