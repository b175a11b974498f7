//! The hooks of `gantry.yml`, and the trust that they need.
//!
//! They are commands of whoever wrote the repository. As with direnv, they run only after the user has said so of the
//! file's very content: it is kept whole and compared byte for byte, so a changed file has to be trusted anew.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::event::{Event, Tell};
use super::failure::LifecycleError;
use super::lock::LOCKED;
use super::stage::{Stage, Tail, Variables};
use crate::app::App;
use crate::config::{self, Hooks};
use crate::registry::trusted;
use crate::sys::child::{Cause, Limits, Start, Status, Supervised};
use crate::sys::files;
use crate::sys::signals::Interrupts;

/// How long a hook that took too long, or was interrupted, has to end by itself.
const GRACE: Duration = Duration::from_secs(5);

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hook {
    PreStart,
    PostStart,
    PreStop,
    PostStop,
}

/// A file whose hooks are to be trusted, or not.
#[derive(Clone, Debug)]
pub struct Trust {
    pub file: PathBuf,
    /// Each hook and its commands.
    pub hooks: Vec<(&'static str, Vec<String>)>,
}

impl Hook {
    const ALL: [Hook; 4] = [Hook::PreStart, Hook::PostStart, Hook::PreStop, Hook::PostStop];

    const fn name(self) -> &'static str {
        match self {
            Hook::PreStart => "pre_start",
            Hook::PostStart => "post_start",
            Hook::PreStop => "pre_stop",
            Hook::PostStop => "post_stop",
        }
    }

    fn commands(self, hooks: &Hooks) -> &[String] {
        match self {
            Hook::PreStart => &hooks.pre_start,
            Hook::PostStart => &hooks.post_start,
            Hook::PreStop => &hooks.pre_stop,
            Hook::PostStop => &hooks.post_stop,
        }
    }
}

/// The hooks of the project that `app` stands in.
///
/// # Errors
/// [`LifecycleError::Untrusted`] where the file has hooks and was not trusted as it is now.
pub(super) fn load(app: &mut App) -> Result<Hooks> {
    let Some((file, content, hooks)) = read(app)? else { return Ok(Hooks::default()) };
    let is_trusted = match app.existing_registry()? {
        Some(registry) => registry.read(|reader| trusted::contains(reader, &file, &content))?,
        None => false,
    };
    if is_trusted {
        return Ok(hooks);
    }
    let named = Hook::ALL.into_iter().filter(|hook| !hook.commands(&hooks).is_empty());
    Err(LifecycleError::Untrusted { file, hooks: named.map(|hook| hook.name().to_owned()).collect() }.into())
}

/// Trusts the hooks of the project that `app` stands in, as they are now; `None` where it has none.
///
/// # Errors
/// `gantry.yml` is wrong; the registry cannot be written.
pub fn trust(app: &mut App) -> Result<Option<Trust>> {
    let Some((file, content, hooks)) = read(app)? else { return Ok(None) };
    app.registry()?.write(|writer| Ok(trusted::insert(writer, &file, &content)?))?;
    let listed = Hook::ALL.into_iter().map(|hook| (hook.name(), hook.commands(&hooks).to_vec()));
    Ok(Some(Trust { file, hooks: listed.filter(|(_, commands)| !commands.is_empty()).collect() }))
}

/// Trusts them no more; says whether they were trusted.
///
/// # Errors
/// The registry cannot be written.
pub fn distrust(app: &mut App) -> Result<bool> {
    // A file that is broken by now is trusted no more, either.
    let root = app.context().map(|context| context.root.clone());
    let root = root.or_else(|_| app.directory().map(Path::to_owned))?;
    let file = root.join(config::FILE_NAME);
    match app.existing_registry()? {
        Some(registry) => registry.write(|writer| Ok(trusted::delete(writer, &file)?)),
        None => Ok(false),
    }
}

/// The file, its bytes, and the hooks that these very bytes say; `None` where there are none.
fn read(app: &App) -> Result<Option<(PathBuf, Vec<u8>, Hooks)>> {
    let file = app.context()?.root.join(config::FILE_NAME);
    if !files::try_exists(&file).unwrap_or(true) {
        return Ok(None);
    }
    let content = config::read(&file)?;
    let hooks = config::parse_project_config(&file, &content)?.hooks;
    Ok((!hooks.is_empty()).then_some((file, content, hooks)))
}

/// Runs the hook's commands one after the other, in the project's directory, with the context's variables.
///
/// # Errors
/// [`LifecycleError::Hook`] with the first that fails or takes too long; [`LifecycleError::Interrupted`].
pub(super) fn run(
    hook: Hook,
    hooks: &Hooks,
    stage: &mut Stage,
    variables: &Variables,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    let locked = (LOCKED.to_owned(), Some(stage.hash.to_string()));
    let variables: Variables = variables.iter().cloned().chain([locked]).collect();
    for command in hook.commands(hooks) {
        tell(Event::Phase(&format!("{}: {command}", hook.name())));
        let arguments = ["-c".into(), command.into()];
        let start = Start {
            program: "sh".as_ref(),
            args: &arguments,
            directory: &stage.directory,
            variables: &variables,
            own_group: true,
        };
        let mut said = Tail::default();
        let time = Duration::from_secs(hooks.timeout);
        let end = Supervised::start(&start).context("sh cannot be run")?.run(
            &Limits { time: Some(time), grace: GRACE },
            interrupts,
            &mut |_, line| {
                said.push(line);
                tell(Event::Line(line));
            },
        )?;
        let why = match (end.cause, end.status) {
            (Cause::Interrupted(signal), _) => return Err(stage.interrupted(signal)),
            (Cause::TimedOut, _) => format!("took longer than {} seconds", hooks.timeout),
            (Cause::Ended, status) if status.is_success() => continue,
            (Cause::Ended, Status::Code(code)) => format!("failed with status {code}"),
            (Cause::Ended, Status::Signal(signal)) => format!("was ended by signal {signal}"),
        };
        return Err(
            LifecycleError::Hook { hook: hook.name(), command: command.clone(), why, said: said.into_lines() }.into()
        );
    }
    Ok(())
}
