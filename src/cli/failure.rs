//! Every way in which a command can fail, as the user sees it: what is said, the way out, the exit status.

mod exit;
mod names;

use std::io;

use serde::Serialize;
use serde_json::json;

use crate::allocator::Exhausted;
use crate::certs::CertsError;
use crate::compose::ComposeError;
use crate::config::{ConfigError, FILE_NAME};
use crate::context::RepositoryError;
use crate::dns::DnsError;
use crate::engine::EngineError;
use crate::lifecycle::LifecycleError;
use crate::project::ProjectError;
use crate::proxy::ProxyError;
use crate::registry::{Cause, RegistryError};
use crate::resolve::{PortTaken, UnknownService};
use crate::shell::quote_posix;
use crate::sys::files;
use crate::sys::paths::NoHome;
use names::{of_certs, of_dns, of_proxy};

pub use exit::{CONFLICT, FAILED, MISSING, NOT_FOUND, USAGE};

/// What went wrong, for a person and for a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    pub kind: &'static str,
    pub message: String,
    pub hint: Option<String>,
    #[serde(skip)]
    pub exit: u8,
}

/// The command line makes no sense, though clap took it.
#[derive(Debug)]
pub struct Usage {
    pub message: String,
    pub hint: String,
}

/// Nothing is where something was asked for.
#[derive(Debug)]
pub struct NotFound {
    pub message: String,
    pub hint: String,
}

/// It is not done, since it would do harm.
#[derive(Debug)]
pub struct Refused {
    pub message: String,
    pub hint: String,
}

/// Two things want one place.
#[derive(Debug)]
pub struct Conflict {
    pub message: String,
    pub hint: String,
}

/// A program that is needed is not there.
#[derive(Debug)]
pub struct Missing {
    pub kind: &'static str,
    pub message: String,
    pub hint: String,
}

/// The command's own exit status, after everything has been said already.
#[derive(Debug)]
pub struct Silent(pub u8);

impl Failure {
    /// `{"format_version":1,"error":{"kind","message","hint"}}`, on one line.
    pub fn to_json(&self) -> String {
        json!({ "format_version": 1, "error": self }).to_string()
    }

    /// The failure behind the error.
    pub fn of(error: &anyhow::Error) -> Failure {
        let message = format!("{error:#}");
        let failure = |kind, exit, hint: Option<String>| Failure { kind, message: message.clone(), hint, exit };
        if let Some(error) = error.downcast_ref::<RegistryError>() {
            let (kind, hint) = of_registry(error);
            return failure(kind, FAILED, Some(hint));
        }
        if let Some(error) = error.downcast_ref::<ComposeError>() {
            let file = quote_posix(&error.file.display().to_string());
            let hint = format!("`docker compose -f {file} config` checks it");
            return failure("compose", FAILED, Some(hint));
        }
        if error.is::<ConfigError>() {
            let hint = "the keys are `identity: branch|worktree`, `project_name: NAME`, `remap: auto|never`, \
                        `engine: docker|podman`, `http: SERVICE`, `http_timeout: SECONDS`, `tld: DOMAIN` and `hooks:`";
            return failure("config", FAILED, Some(hint.to_owned()));
        }
        if let Some(error) = error.downcast_ref::<RepositoryError>() {
            return failure("repository", FAILED, Some(error.hint().to_owned()));
        }
        if let Some(error) = error.downcast_ref::<Exhausted>() {
            let name = error.ranges.first().map_or("default", |range| range.name.as_str());
            let hint = format!(
                "give ports back with `gantry prune` or `gantry release`, or widen the range with \
                 `gantry config --set-range {name}:START-END`"
            );
            return failure("range_full", CONFLICT, Some(hint));
        }
        if let Some(error) = error.downcast_ref::<PortTaken>() {
            return failure("port_conflict", CONFLICT, Some(of_taken(error)));
        }
        if let Some(error) = error.downcast_ref::<ProjectError>() {
            let (kind, exit, hint) = of_project(error);
            return failure(kind, exit, Some(hint));
        }
        if let Some(error) = error.downcast_ref::<LifecycleError>() {
            let (kind, exit, hint) = of_lifecycle(error);
            return failure(kind, exit, hint);
        }
        if let Some(error) = error.downcast_ref::<CertsError>() {
            let (kind, exit) = of_certs(error);
            return failure(kind, exit, Some(error.hint()));
        }
        if let Some(error) = error.downcast_ref::<ProxyError>() {
            let (kind, exit) = of_proxy(error);
            return failure(kind, exit, Some(error.hint()));
        }
        if let Some(error) = error.downcast_ref::<EngineError>() {
            let (kind, exit) = match error {
                EngineError::Refused { .. } => ("engine_refused", FAILED),
                _ => ("engine", MISSING),
            };
            return failure(kind, exit, Some(error.hint()));
        }
        if let Some(error) = error.downcast_ref::<DnsError>() {
            let (kind, exit) = of_dns(error);
            return failure(kind, exit, Some(error.hint()));
        }
        if let Some(error) = error.downcast_ref::<UnknownService>() {
            return failure("not_found", NOT_FOUND, Some(of_unknown(error)));
        }
        if let Some(error) = error.downcast_ref::<NotFound>() {
            return failure("not_found", NOT_FOUND, Some(error.hint.clone()));
        }
        if let Some(error) = error.downcast_ref::<Usage>() {
            return failure("usage", USAGE, Some(error.hint.clone()));
        }
        if let Some(error) = error.downcast_ref::<Refused>() {
            return failure("refused", FAILED, Some(error.hint.clone()));
        }
        if let Some(error) = error.downcast_ref::<Conflict>() {
            return failure("conflict", CONFLICT, Some(error.hint.clone()));
        }
        if let Some(error) = error.downcast_ref::<Missing>() {
            return failure(error.kind, MISSING, Some(error.hint.clone()));
        }
        if error.is::<NoHome>() {
            return failure(
                "no_home",
                FAILED,
                Some("set HOME, or XDG_DATA_HOME and XDG_STATE_HOME, to absolute paths".to_owned()),
            );
        }
        failure("failed", FAILED, None)
    }

    /// stdout was closed by its reader, `head` for one: that is no failure.
    pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
        error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    }
}

fn of_registry(error: &RegistryError) -> (&'static str, String) {
    let path = error.path.display().to_string();
    let moved = |ending: &str| format!("mv {} {}", quote_posix(&path), quote_posix(&format!("{path}.{ending}")));
    match &error.cause {
        Cause::Denied(_) => {
            ("registry_denied", "check who owns the directory, or point XDG_DATA_HOME to one of your own".to_owned())
        }
        Cause::ReadOnly => (
            "registry_read_only",
            "ports that are booked are still told; to book, make it writable or point XDG_DATA_HOME elsewhere"
                .to_owned(),
        ),
        Cause::Full => ("registry_full", "make room on the device; nothing was changed".to_owned()),
        Cause::Busy => ("registry_busy", "try again; `fuser` on the file names the process".to_owned()),
        Cause::Damaged(_) => (
            "registry_damaged",
            format!("nothing was changed. Restore it from a backup, or start anew: {}", moved("damaged")),
        ),
        Cause::Foreign => ("registry_foreign", format!("nothing was changed. Move it away: {}", moved("other"))),
        Cause::Newer { .. } => ("registry_newer", "update gantry; nothing was changed".to_owned()),
        Cause::Outdated => ("registry_outdated", "make the file writable once, so that it can be updated".to_owned()),
        Cause::Sqlite(_) => ("registry", "nothing was changed; `gantry status -a` reads it without writing".to_owned()),
    }
}

fn of_taken(error: &PortTaken) -> String {
    if error.has.is_some() {
        return format!("`gantry release {}` first, then book it anew", error.service);
    }
    let which = format!("`gantry which {}` tells more", error.port);
    if error.is_strict {
        format!("{which}; without --strict the next free port is taken")
    } else {
        format!("{which}; name a free one")
    }
}

fn of_unknown(error: &UnknownService) -> String {
    if error.is_known {
        return format!("`gantry book {}` books it", error.name.escape_debug());
    }
    match error.nearest.as_slice() {
        [] => {
            format!("`gantry discover` lists the services, `gantry book {}` books any name", error.name.escape_debug())
        }
        nearest => {
            let names: Vec<_> = nearest.iter().map(|name| format!("`{}`", name.escape_debug())).collect();
            format!("did you mean {}? `gantry book` books any name", names.join(" or "))
        }
    }
}

fn of_project(error: &ProjectError) -> (&'static str, u8, String) {
    match error {
        ProjectError::Unknown { nearest, .. } => ("not_found", NOT_FOUND, of_unknown_project(nearest)),
        ProjectError::NotRegistered { .. } => {
            ("not_found", NOT_FOUND, "`gantry register` gives it a hostname; `gantry list` lists the others".to_owned())
        }
        ProjectError::HostnameTaken { hostname, path } => {
            let here = if files::is_dir(path) {
                String::new()
            } else {
                format!("that directory is gone; was it moved here, `gantry config {hostname} --set path=.`; else ")
            };
            let hint = format!(
                "{here}choose another one with --hostname, or give this one up: `gantry unregister {hostname}`"
            );
            ("hostname_taken", FAILED, hint)
        }
        ProjectError::PathTaken { hostname, .. } => (
            "path_taken",
            FAILED,
            format!(
                "`gantry update {hostname}` looks at its files again; `gantry unregister --keep-ports {hostname}` \
                 first, to register it under another hostname"
            ),
        ),
        ProjectError::NoDirectory { .. } => ("not_found", NOT_FOUND, "make it first, or check the path".to_owned()),
        ProjectError::NotADirectory { .. } => ("usage", USAGE, "name the project's directory".to_owned()),
        ProjectError::PartOf { path, root } => {
            let own = quote_posix(&path.join(FILE_NAME).display().to_string());
            let root = quote_posix(&root.display().to_string());
            ("usage", USAGE, format!("register --path {root}, or make it a project of its own: `touch {own}`"))
        }
        ProjectError::Gone { hostname, .. } => (
            "gone",
            NOT_FOUND,
            format!(
                "where it was moved, `gantry config {hostname} --set path=NEW`; else `gantry unregister {hostname}`"
            ),
        ),
        ProjectError::Absorbed { hostname, path, .. } => {
            let own = quote_posix(&path.join(FILE_NAME).display().to_string());
            let hint =
                format!("`touch {own}` makes it a project of its own again; else `gantry unregister {hostname}`");
            ("gone", NOT_FOUND, hint)
        }
        ProjectError::NothingToRun { .. } => (
            "not_found",
            NOT_FOUND,
            "gantry runs Compose projects: add a compose.yaml; `gantry run -- CMD` runs a command with the ports"
                .to_owned(),
        ),
        ProjectError::Running { hostname, .. } => {
            ("running", FAILED, format!("`gantry stop {hostname}` first; --force stops it and goes on"))
        }
        ProjectError::NoSuchHttpService { known, .. } => {
            let known = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
            ("config", FAILED, format!("it publishes {known}; `http:` in gantry.yml names one of them"))
        }
        ProjectError::Setting { hint, .. } => ("usage", USAGE, hint.clone()),
    }
}

fn of_lifecycle(error: &LifecycleError) -> (&'static str, u8, Option<String>) {
    match error {
        LifecycleError::Conflicts { conflicts, .. } => {
            let hint = conflicts.first().map(|conflict| format!("{}; --force goes on all the same", conflict.hint()));
            ("port_conflict", CONFLICT, hint)
        }
        LifecycleError::Compose { .. } => (
            "compose",
            FAILED,
            Some("`gantry ps` shows what is there, `gantry logs` what it says; `gantry down` clears up".to_owned()),
        ),
        LifecycleError::NotUp { .. } => {
            ("not_up", FAILED, Some("`gantry logs` shows more; `gantry stop` stops what runs".to_owned()))
        }
        LifecycleError::TimedOut { .. } => {
            let hint = "`gantry health` tells how they are; --timeout waits longer, --no-wait not at all";
            ("not_up", FAILED, Some(hint.to_owned()))
        }
        LifecycleError::Hook { .. } => (
            "hook",
            FAILED,
            Some("`--no-hooks` goes on without; `hooks: { timeout: SECONDS }` waits longer".to_owned()),
        ),
        LifecycleError::Untrusted { .. } => {
            ("untrusted", FAILED, Some("read it, then `gantry trust`; --no-hooks goes on without them".to_owned()))
        }
        LifecycleError::InHook { .. } => (
            "hook",
            FAILED,
            Some("a hook may run `docker compose` or `gantry run`, not start or stop its project".to_owned()),
        ),
        LifecycleError::Shared { .. } => (
            "shared",
            CONFLICT,
            Some("another `project_name:` in gantry.yml, or none; --force replaces them all the same".to_owned()),
        ),
        LifecycleError::Changed { .. } => ("changed", FAILED, Some("try again".to_owned())),
        LifecycleError::Interrupted { signal, .. } => {
            let exit = u8::try_from(128 + signal).unwrap_or(FAILED);
            ("interrupted", exit, Some("`gantry start` goes on, `gantry stop` stops what runs".to_owned()))
        }
        LifecycleError::NotRunning { .. } => ("not_running", FAILED, Some("`gantry start` starts it".to_owned())),
        LifecycleError::NothingLeft { given_up, .. } => {
            let hint = match given_up.is_empty() {
                true => "`gantry start` starts it",
                false => "`gantry logs` shows why they end; `gantry restart` starts all of them anew",
            };
            ("nothing_left", FAILED, Some(hint.to_owned()))
        }
        LifecycleError::NoSuchService { nearest, .. } => {
            let hint = match nearest.as_slice() {
                [] => "`gantry ps` lists the containers, `gantry discover` what the compose file publishes".to_owned(),
                nearest => format!("did you mean `{}`?", nearest.join("` or `")),
            };
            ("not_found", NOT_FOUND, Some(hint))
        }
        LifecycleError::Unscalable { .. } => {
            let hint = "drop its `ports:` and let another service lead to it, or run a second checkout beside this one";
            ("port_conflict", CONFLICT, Some(hint.to_owned()))
        }
    }
}

fn of_unknown_project(nearest: &[String]) -> String {
    match nearest {
        [] => "`gantry list` lists the projects; `gantry register` adds one".to_owned(),
        nearest => {
            let names: Vec<_> = nearest.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}? `gantry list` lists them all", names.join(" or "))
        }
    }
}

macro_rules! as_error {
    ($($name:ident),*) => {$(
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.message)
            }
        }

        impl std::error::Error for $name {}
    )*};
}

as_error!(Usage, NotFound, Refused, Conflict, Missing);

impl std::fmt::Display for Silent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "exit status {}", self.0)
    }
}

impl std::error::Error for Silent {}
