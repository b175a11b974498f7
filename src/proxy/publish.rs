//! Loading a configuration, starting and stopping.
//!
//! A configuration and its pages belong together: the pages lie in a directory of their own, whose name the file holds,
//! so that another file always means another configuration. The file that is served is put away before another one is
//! loaded; whoever is stopped in between leaves none, and the next to come loads anew.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::caddy::{self, Caddy};
use super::caddyfile::{self, Options};
use super::error::ProxyError;
use super::home::{Home, State};
use super::pages::{self, PageFile};
use super::{Served, ports, setback};
use crate::model::Port;
use crate::sys::lock::Lock;
use crate::sys::signals::Interrupts;
use crate::sys::{clock, files, own, paths, process, trees};

/// How long Caddy may take to come up, or to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long somebody at a prompt waits for who is at it.
const SOON: Duration = Duration::from_millis(500);

/// How soon it is asked again whether it is up.
const PACE: Duration = Duration::from_millis(10);

/// Readable for this user alone: names and paths of projects are nobody else's concern.
const MODE: u32 = 0o600;

/// More than the file of ten thousand routes.
const SIZE_LIMIT: u64 = 64 << 20;

/// How often who loads looks whether something else is wanted meanwhile.
const TURNS: usize = 5;

/// What loading a configuration came to.
#[derive(Debug)]
pub enum Published {
    NotRunning,
    /// What is served is what is wanted.
    Unchanged(Served),
    Loaded(Served),
    /// Somebody else is at it, or it has failed a moment ago: whoever comes next tries again.
    Left,
}

/// How long a caller waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// For whoever is at it, and for Caddy, as long as either takes.
    Long,
    /// As long for whoever is at it; Caddy is given up sooner, since the command has done its own work.
    Brief,
    /// Somebody sits at a prompt.
    Short,
}

impl Patience {
    fn with_caddy(self) -> Duration {
        match self {
            Patience::Long => caddy::PATIENCE,
            Patience::Brief => Duration::from_secs(5),
            Patience::Short => Duration::from_secs(3),
        }
    }
}

/// Loads what is wanted now, where the proxy runs and serves something else. What is wanted is asked for once nobody
/// else is loading anything, so that the last to come never loads what was true before.
///
/// # Errors
/// [`ProxyError`]; what was served before is served on.
pub fn publish(patience: Patience, wanted: &mut dyn FnMut() -> Result<Served>) -> Result<Published> {
    let home = Home::locate()?;
    if home.pid().is_none() {
        return Ok(Published::NotRunning);
    }
    if patience == Patience::Short && !setback::is_over(&home) {
        return Ok(Published::Left);
    }
    let published = publish_to(&home, patience, wanted);
    match &published {
        Ok(Published::Left) | Err(_) => setback::note(&home),
        Ok(_) => setback::forget(&home),
    }
    published
}

fn publish_to(home: &Home, patience: Patience, wanted: &mut dyn FnMut() -> Result<Served>) -> Result<Published> {
    let lock = match patience {
        Patience::Long | Patience::Brief => Some(lock()?),
        Patience::Short => lock_soon(home)?,
    };
    let Some(_lock) = lock else { return Ok(Published::Left) };
    match home.state() {
        State::Running { .. } => load(home, wanted, patience, false),
        // One that hangs would take each client's whole patience.
        State::Mute { pid } => Err(ProxyError::Mute { pid }.into()),
        // Whoever had the lock has stopped it.
        State::Stopped => Ok(Published::NotRunning),
    }
}

/// As [`publish`], also where nothing seems to have changed.
///
/// # Errors
/// Also [`ProxyError::NotRunning`] and [`ProxyError::Mute`].
pub fn reload(wanted: &mut dyn FnMut() -> Result<Served>) -> Result<()> {
    let home = Home::locate()?;
    if home.pid().is_none() {
        return Err(ProxyError::NotRunning.into());
    }
    let _lock = lock()?;
    home.require_running()?;
    load(&home, wanted, Patience::Long, true)?;
    setback::forget(&home);
    Ok(())
}

/// Starts the proxy; gives the number of its process, and whether it was started now.
///
/// # Errors
/// [`ProxyError`]: nothing runs then that did not run before.
pub fn start(wanted: &mut dyn FnMut() -> Result<Served>) -> Result<(u32, bool)> {
    let home = Home::locate()?;
    home.require_fit()?;
    let caddy = Caddy::find()?;
    let _lock = lock()?;
    match home.state() {
        State::Running { pid } => {
            load(&home, wanted, Patience::Long, false)?;
            setback::forget(&home);
            return Ok((pid, false));
        }
        State::Mute { pid } => return Err(ProxyError::Mute { pid }.into()),
        State::Stopped => {}
    }
    let was_set_up = home.is_set_up();
    let started = start_anew(&home, &caddy, &wanted()?);
    if started.is_err() && !was_set_up && home.is_set_up() {
        trees::remove(home.path())?;
    }
    started.map(|pid| (pid, true))
}

fn start_anew(home: &Home, caddy: &Caddy, served: &Served) -> Result<u32> {
    require_free_socket(home)?;
    require_ports(home, caddy, served, &[])?;
    home.make()?;
    let pages = pages::render(served);
    let directory = write_pages(home, &pages)?;
    files::replace(&home.candidate(), text_of(home, served, caddy, &directory).as_bytes(), MODE)?;
    caddy.check(home, &home.candidate(), caddy::PATIENCE)?;
    files::rename(&home.candidate(), &home.caddyfile())?;
    for left in [home.socket(), home.start_log(), home.again(), home.setback()] {
        remove_if_there(&left)?;
    }
    own::replace(&home.version_file(), caddy.version.to_string().as_bytes())?;
    let pid = caddy.serve(home).context("Caddy cannot be started")?;
    await_start(home, pid)?;
    remove_other_pages(home, &directory)?;
    Ok(pid)
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
    let _lock = lock()?;
    let pid = home.pid();
    if home.is_running() {
        // The admin socket may be the one thing that still answers, or not any more.
        let _ = Caddy::find().and_then(|caddy| caddy.stop(&home));
    }
    if let Some(pid) = pid {
        process::end(pid, &|| home.is_own(pid), PATIENCE).context("the proxy does not end")?;
    }
    remove_if_there(&home.pid_file())?;
    if pid.is_some() || !home.is_listened() {
        remove_if_there(&home.socket())?;
    }
    Ok(pid.is_some())
}

/// Beside the proxy's directory, which comes and goes.
fn lock_file() -> Result<PathBuf> {
    Ok(paths::state_dir()?.join("locks/proxy.lock"))
}

fn lock() -> Result<Lock> {
    let interrupts = Interrupts::listen()?;
    Lock::acquire(&lock_file()?, || {}, &interrupts).context("another gantry works on the proxy")
}

/// The lock, where nobody has it for long; else who has it is asked to look once more.
fn lock_soon(home: &Home) -> Result<Option<Lock>> {
    let file = lock_file()?;
    if let Some(lock) = Lock::try_acquire(&file)? {
        return Ok(Some(lock));
    }
    own::replace(&home.again(), b"")?;
    // Who has looked for the last time just before that gives the lock back at once.
    let began = Instant::now();
    while began.elapsed() < SOON {
        clock::pause(PACE);
        if let Some(lock) = Lock::try_acquire(&file)? {
            return Ok(Some(lock));
        }
    }
    Ok(None)
}

fn load(
    home: &Home,
    wanted: &mut dyn FnMut() -> Result<Served>,
    patience: Patience,
    anyway: bool,
) -> Result<Published> {
    let caddy = Caddy::of_running(home)?;
    let (mut turn, mut is_new) = (0, false);
    loop {
        turn += 1;
        remove_if_there(&home.again())?;
        let mut is_outdated = false;
        let loaded = wanted().and_then(|served| {
            let done = load_once(home, &caddy, &served, patience, anyway && !is_new);
            is_outdated = done.is_err() && served.has_lost_certificates();
            is_new |= done?;
            Ok(served)
        });
        let hangs = loaded.as_ref().is_err_and(is_no_answer);
        // What is refused may go well with what is wanted by now.
        let may_go_well = is_outdated || files::exists(&home.again());
        if hangs || turn == TURNS || !may_go_well {
            return loaded.map(if is_new { Published::Loaded } else { Published::Unchanged });
        }
    }
}

fn is_no_answer(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ProxyError::NoAnswer { .. }))
}

/// Says whether there was something to load.
fn load_once(home: &Home, caddy: &Caddy, served: &Served, patience: Patience, anyway: bool) -> Result<bool> {
    let pages = pages::render(served);
    let directory = home.pages().join(pages::digest(&pages));
    let text = text_of(home, served, caddy, &directory);
    let is_served = files::read_limited(&home.caddyfile(), SIZE_LIMIT).is_ok_and(|old| old == text.as_bytes());
    if is_served && !anyway {
        return Ok(false);
    }
    // What it does not tell, it finds out itself.
    if let Some(own) = home.listening() {
        require_ports(home, caddy, served, &own)?;
    }
    write_pages(home, &pages)?;
    files::replace(&home.candidate(), text.as_bytes(), MODE)?;
    caddy.check(home, &home.candidate(), patience.with_caddy())?;
    let put_away = home.former();
    remove_if_there(&put_away)?;
    if files::exists(&home.caddyfile()) {
        files::rename(&home.caddyfile(), &put_away)?;
    }
    match caddy.load(home, &home.candidate(), patience.with_caddy()) {
        Ok(()) => files::rename(&home.candidate(), &home.caddyfile())?,
        // One that only took too long may be loaded all the same, so what is served is not known then.
        Err(error @ ProxyError::Refused { .. }) if files::exists(&put_away) => {
            files::rename(&put_away, &home.caddyfile())?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    }
    remove_if_there(&put_away)?;
    remove_other_pages(home, &directory)?;
    Ok(true)
}

fn text_of(home: &Home, served: &Served, caddy: &Caddy, pages: &Path) -> String {
    let (addresses, keeps_streams) = (ports::addresses(), caddy.version.keeps_streams());
    caddyfile::render(served, &Options { home, pages, addresses: &addresses, keeps_streams })
}

/// Writes the pages beside those that are served; gives their directory.
fn write_pages(home: &Home, pages: &[PageFile]) -> Result<PathBuf> {
    let directory = home.pages().join(pages::digest(pages));
    for page in pages {
        let path = directory.join(&page.path);
        files::make_private_dir(path.parent().unwrap_or(&directory))?;
        own::replace(&path, page.text.as_bytes())?;
    }
    Ok(directory)
}

fn remove_other_pages(home: &Home, kept: &Path) -> Result<()> {
    for name in files::names_in(&home.pages())? {
        let path = home.pages().join(name);
        if path != kept {
            trees::remove(&path)?;
        }
    }
    Ok(())
}

/// That Caddy can have what is to be listened on, beside what it has already.
fn require_ports(home: &Home, caddy: &Caddy, served: &Served, own: &[Port]) -> Result<(), ProxyError> {
    let mut foreign = served.ports_in_use().into_iter().filter(|port| !own.contains(port));
    foreign.find_map(|port| ports::blocker(home, caddy, port)).map_or(Ok(()), Err)
}

/// A socket that nobody answers on is what a Caddy left that was killed.
fn require_free_socket(home: &Home) -> Result<(), ProxyError> {
    let path = home.socket();
    match files::link_metadata(&path) {
        Ok(found) if files::is_socket(&found) && !home.is_listened() => Ok(()),
        Ok(_) => Err(ProxyError::SocketTaken { path }),
        Err(_) => Ok(()),
    }
}

fn await_start(home: &Home, pid: u32) -> Result<()> {
    let began = Instant::now();
    while !home.is_running() {
        let has_ended = !home.is_own(pid);
        if has_ended || began.elapsed() > PATIENCE {
            let _ = process::end(pid, &|| home.is_own(pid), PATIENCE);
            let detail = last_words(home).unwrap_or_else(|| "it did not say why".to_owned());
            return Err(ProxyError::NotStarted { detail, log: home.start_log() }.into());
        }
        clock::pause(PACE);
    }
    Ok(())
}

/// The last thing that Caddy said before it read its configuration, in one line.
fn last_words(home: &Home) -> Option<String> {
    let text = files::read_limited(&home.start_log(), 1 << 20).ok()?;
    caddy::complaint(&String::from_utf8_lossy(&text))
}

fn remove_if_there(path: &Path) -> Result<()> {
    match files::remove(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
