//! Makes the changes of a plan, and takes them back: all of them or none.

use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};

use super::change::{Change, Command, Privilege};
use super::error::DnsError;
use super::method::LINK;
use super::plan::{Plan, require_free};
use super::record::{self, Before, Record};
use super::{daemon, place, probe};
use crate::app::{App, TLD};
use crate::model::Tld;
use crate::registry::settings;
use crate::sys::child::{Cause, Limits, Start, Stream, Supervised};
use crate::sys::lock::Lock;
use crate::sys::signals::{Interrupts, PACE};
use crate::sys::{clock, files, paths};

/// Told of each step as it is done.
pub type Tell<'a> = dyn FnMut(&str) + 'a;

/// Long enough for a password to be typed, and for a service to restart.
const LIMITS: Limits = Limits { time: Some(Duration::from_secs(300)), grace: Duration::from_secs(5) };
/// How long a command is repeated that may come too early, and how long the resolver may take until it answers.
const SETTLING: Duration = Duration::from_secs(5);

/// Makes the plan's changes. Where one fails, those that were made are taken back.
///
/// # Errors
/// [`DnsError::Failed`], [`DnsError::Interrupted`]; [`DnsError::Changed`] and [`DnsError::Foreign`] where something has come
/// in between.
pub fn set_up(
    app: &mut App,
    plan: &Plan,
    privilege: Privilege,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    let _lock = acquire(tell, interrupts)?;
    if Record::load()?.as_ref() != plan.former() {
        return Err(DnsError::Changed.into());
    }
    require_free(&plan.changes, plan.former(), &place::read, place::has_link(LINK), &place::is_made)?;
    let mut made = Vec::new();
    let replaced = match &plan.replaces {
        Some(old) => take_back_all(app, old, privilege, tell)
            .map_err(|error| (format!("take back what was set up ({} for .{})", old.method, old.tld), error)),
        None => Ok(()),
    };
    let done = replaced.and_then(|()| make_new(app, plan, privilege, &mut made, tell, interrupts));
    let Err((change, error)) = done else { return Ok(()) };
    let mut left = take_back(&made, false, privilege, tell).err().map(|it| it.left).unwrap_or_default();
    let restored = match (&plan.stands, &plan.replaces) {
        (Some(before), _) => before.save(),
        (None, Some(old)) => make_again(app, old, privilege, tell),
        // The record stays as long as something has to be taken back.
        (None, None) if !left.is_empty() => Ok(()),
        (None, None) => record::forget(),
    };
    let mut why = format!("{error:#}");
    if let Err(error) = restored {
        why += &format!(", and what stood before is not back: {error:#}");
        left.push(match plan.former() {
            Some(Record { method, tld, .. }) => format!("gantry dns setup --method {method} --tld {tld}"),
            None => "gantry dns remove".to_owned(),
        });
    }
    Err(match error.downcast_ref() {
        Some(DnsError::Interrupted { signal, .. }) => DnsError::Interrupted { signal: *signal, left },
        _ => DnsError::Failed { change, why, left },
    }
    .into())
}

/// Takes back all that the record says, and forgets it.
///
/// # Errors
/// [`DnsError::Left`], [`DnsError::Changed`]; the registry cannot be written.
pub fn remove(
    app: &mut App,
    record: &Record,
    privilege: Privilege,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    let _lock = acquire(tell, interrupts)?;
    if Record::load()?.as_ref() != Some(record) {
        return Err(DnsError::Changed.into());
    }
    take_back_all(app, record, privilege, tell)
}

fn take_back_all(app: &mut App, record: &Record, privilege: Privilege, tell: &mut Tell<'_>) -> Result<()> {
    // On a full disk it is taken back all the same.
    let _ = record.save_as_owing();
    take_back(&record.changes, record.owes_reload, privilege, tell)
        .map_err(|left| DnsError::Left { left: left.left, why: left.why })?;
    if let Some(before) = &record.tld_setting
        && app.tld()? == record.tld
    {
        app.registry()?.write(|writer| Ok(settings::set(writer, TLD, before.value.as_deref())?))?;
    }
    record::forget()
}

/// What stood before is put back, after what was to replace it has failed.
fn make_again(app: &mut App, old: &Record, privilege: Privilege, tell: &mut Tell<'_>) -> Result<()> {
    old.save_as_owing()?;
    for change in old.changes.iter().filter(|change| is_needed(change)) {
        make(change, privilege, &Interrupts::default(), tell)?;
    }
    if old.tld_setting.is_some() {
        set_tld(app, old.tld)?;
    }
    old.save()
}

/// Whether there is somebody to read files again.
fn is_needed(change: &Change) -> bool {
    match change {
        Change::Reload { command } => place::is_read_by_anybody(command),
        _ => true,
    }
}

/// On an error, with what could not be done.
fn make_new(
    app: &mut App,
    plan: &Plan,
    privilege: Privilege,
    made: &mut Vec<Change>,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<(), (String, anyhow::Error)> {
    let keep = |error| ("keep a record of the changes".to_owned(), error);
    let record = new_record(app, plan).map_err(keep)?;
    record.save_as_owing().map_err(keep)?;
    for change in &plan.pending {
        made.push(change.clone());
        let done = match interrupts.received() {
            Some(signal) => Err(DnsError::Interrupted { signal, left: Vec::new() }.into()),
            None => make(change, privilege, interrupts, tell),
        };
        done.map_err(|error| (change.summary(), error))?;
    }
    if !plan.changes.is_empty() {
        await_names(plan.tld, interrupts).map_err(|error| ("resolve a name".to_owned(), error))?;
    }
    if app.tld().map_or(true, |tld| tld != plan.tld) {
        set_tld(app, plan.tld).map_err(|error| ("keep the setting `tld`".to_owned(), error))?;
    }
    record.save().map_err(keep)
}

/// What is kept of the plan, with the domain that the first set-up found.
fn new_record(app: &mut App, plan: &Plan) -> Result<Record> {
    let setting = plan.stands.as_ref().and_then(|record| record.tld_setting.clone());
    // Only now: what was replaced may have taken its domain along.
    let tld_setting = match app.tld()? == plan.tld {
        true => setting,
        false => Some(setting.unwrap_or(Before { value: raw_tld(app)? })),
    };
    Ok(Record { tld_setting, ..plan.record() })
}

pub(super) fn make(change: &Change, privilege: Privilege, interrupts: &Interrupts, tell: &mut Tell<'_>) -> Result<()> {
    match change {
        Change::Daemon { port, contents, .. } => {
            daemon::start(*port, contents)?;
        }
        Change::File { contents, draft, .. } => {
            files::replace(draft, contents.as_bytes(), 0o644)?;
            change.commands().iter().try_for_each(|command| run(command, privilege, interrupts, tell))?;
        }
        _ => change.commands().iter().try_for_each(|command| run(command, privilege, interrupts, tell))?,
    }
    Ok(())
}

/// What could not be taken back: the commands that would, and why the first of them failed.
struct Left {
    left: Vec<String>,
    why: String,
}

/// The last change first; what makes the resolver read its files again comes after all of them. What is not there any more
/// needs no taking back.
fn take_back(changes: &[Change], owes_reload: bool, privilege: Privilege, tell: &mut Tell<'_>) -> Result<(), Left> {
    let mut left = Left { left: Vec::new(), why: String::new() };
    for change in record::in_order_of_removal(changes, owes_reload).into_iter().filter(|change| is_needed(change)) {
        let undone = match change {
            Change::Daemon { .. } => daemon::stop().map(drop),
            Change::Directory { path } if !place::is_empty(path) => {
                tell(&format!("{} stays: it is not empty", path.display()));
                continue;
            }
            _ => run_undo(change, privilege, tell),
        };
        left.note(change, undone, privilege);
    }
    if left.left.is_empty() { Ok(()) } else { Err(left) }
}

impl Left {
    fn note(&mut self, change: &Change, undone: Result<()>, privilege: Privilege) {
        let Err(error) = undone else { return };
        if self.left.is_empty() {
            self.why = format!("{error:#}");
        }
        self.left.extend(change.undo_commands().iter().map(|command| command.shown(privilege)));
    }
}

/// Nothing interrupts this: it tidies up.
fn run_undo(change: &Change, privilege: Privilege, tell: &mut Tell<'_>) -> Result<()> {
    change.undo_commands().iter().try_for_each(|command| run(command, privilege, &Interrupts::default(), tell))
}

fn run(command: &Command, privilege: Privilege, interrupts: &Interrupts, tell: &mut Tell<'_>) -> Result<()> {
    tell(&command.shown(privilege));
    let began = Instant::now();
    loop {
        match run_once(command, privilege, interrupts) {
            Err(_) if command.is_patient && began.elapsed() < SETTLING && interrupts.received().is_none() => {
                clock::pause(PACE);
            }
            done => return done,
        }
    }
}

fn run_once(command: &Command, privilege: Privilege, interrupts: &Interrupts) -> Result<()> {
    let words: Vec<OsString> = command.with(privilege).into_iter().map(OsString::from).collect();
    let (program, args) = words.split_first().context("a command has a program")?;
    // sudo asks for a password at the terminal, which is its own group's alone.
    let own_group = privilege != Privilege::Sudo;
    let start = Start { program, args, directory: Path::new("/"), variables: &[], own_group };
    let child = Supervised::start(&start).map_err(|error| not_started(program, &error))?;
    let mut said = Vec::new();
    let end = child.run(&LIMITS, interrupts, &mut |stream, line| {
        if stream == Stream::Stderr {
            said.push(String::from_utf8_lossy(line).into_owned());
        }
    })?;
    match end.cause {
        Cause::Interrupted(signal) => Err(DnsError::Interrupted { signal, left: Vec::new() }.into()),
        _ if end.status.is_success() => Ok(()),
        Cause::TimedOut => Err(anyhow!("`{}` did not end", command.shown(privilege))),
        Cause::Ended => {
            let said = said.iter().rev().find(|line| !line.trim().is_empty()).map(|line| line.trim());
            Err(anyhow!("{}", said.unwrap_or("the command failed and said nothing")))
        }
    }
}

fn not_started(program: &OsStr, error: &std::io::Error) -> anyhow::Error {
    let program = program.to_string_lossy();
    match error.kind() {
        ErrorKind::NotFound => anyhow!("{program} is not installed"),
        _ => anyhow!("{program} cannot be started: {error}"),
    }
}

/// A resolver that has just been restarted takes a moment. On a machine without an IPv6 address beside ::1, the C library
/// asks for IPv4 alone.
fn await_names(tld: Tld, interrupts: &Interrupts) -> Result<()> {
    let began = Instant::now();
    // Another name each time: that it was not found a moment ago may be remembered.
    while !probe::is_resolved(tld)? {
        if began.elapsed() > SETTLING {
            let test = probe::examine(&probe::random_name(tld), tld)?;
            let why = test.first_bad().map_or("it is not found", |line| line.text.as_str());
            return Err(anyhow!("{why}"));
        }
        if let Some(signal) = interrupts.wait(PACE) {
            return Err(DnsError::Interrupted { signal, left: Vec::new() }.into());
        }
    }
    Ok(())
}

fn set_tld(app: &mut App, tld: Tld) -> Result<()> {
    app.registry()?.write(|writer| Ok(settings::set(writer, TLD, Some(tld.as_str()))?))
}

fn raw_tld(app: &mut App) -> Result<Option<String>> {
    let Some(registry) = app.existing_registry()? else { return Ok(None) };
    registry.read(|reader| settings::value(reader, TLD))
}

/// One gantry at a time changes how names are resolved.
pub(super) fn acquire(tell: &mut Tell<'_>, interrupts: &Interrupts) -> Result<Lock> {
    let path = paths::state_dir()?.join("locks").join("dns.lock");
    let on_wait = || tell("another gantry changes how names are resolved; waiting for it");
    let lock = Lock::acquire(&path, on_wait, interrupts);
    lock.map_err(|error| match interrupts.received() {
        Some(signal) => DnsError::Interrupted { signal, left: Vec::new() }.into(),
        None => anyhow::Error::from(error).context("the lock for DNS cannot be taken"),
    })
}
