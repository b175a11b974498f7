//! Why a project could not be started or stopped.

use std::fmt;
use std::path::PathBuf;

use super::Conflict;

/// What went wrong with which project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LifecycleError {
    /// Its ports are somebody's.
    Conflicts { name: String, conflicts: Vec<Conflict> },
    /// Compose ended with an error.
    Compose { action: String, name: String, said: Vec<String>, state: String },
    /// Containers ended, or did not become healthy.
    NotUp { name: String, services: Vec<String>, logs: Vec<String> },
    /// Some did not become healthy in time.
    TimedOut { name: String, services: Vec<String>, seconds: u64 },
    /// A hook failed or took too long.
    Hook { hook: &'static str, command: String, why: String, said: Vec<String> },
    /// `gantry.yml` holds hooks that the user has not trusted, or that have changed since.
    Untrusted { file: PathBuf, hooks: Vec<String> },
    /// A hook calls gantry on the project that it is a hook of.
    InHook { name: String },
    /// Another checkout runs its containers under the same Compose project name.
    Shared { name: String, compose_name: String, directory: PathBuf },
    /// The context was given up, or booked anew, while this waited.
    Changed { name: String },
    /// Ctrl-C, or another request to end.
    Interrupted { name: String, signal: i32, state: String },
    /// Nothing of the project runs.
    NotRunning { name: String },
    /// Nothing of a watched project runs any more, nor will be started.
    NothingLeft { name: String, given_up: Vec<String> },
    /// The project has no such service.
    NoSuchService { name: String, service: String, nearest: Vec<String> },
    /// A service cannot have several containers.
    Unscalable { service: String, why: String },
}

impl fmt::Display for LifecycleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LifecycleError::Conflicts { name, conflicts } => {
                let each: Vec<String> = conflicts.iter().map(ToString::to_string).collect();
                write!(f, "{name} cannot be started: {}", each.join("; "))
            }
            LifecycleError::Compose { action, name, said, state } => {
                write!(f, "{name}: {action} failed")?;
                said.iter().try_for_each(|line| write!(f, "; {line}"))?;
                write!(f, "; now {state}")
            }
            LifecycleError::NotUp { name, services, logs } => {
                write!(f, "{name} is not up: {}", services.join(", "))?;
                logs.iter().try_for_each(|line| write!(f, "; {line}"))
            }
            LifecycleError::TimedOut { name, services, seconds } => {
                write!(f, "{name} was not up within {seconds} seconds: {}", services.join("; "))
            }
            LifecycleError::Hook { hook, command, why, said } => {
                write!(f, "the hook {hook} {why}: `{command}`")?;
                if said.is_empty() { Ok(()) } else { write!(f, "; it said: {}", said.join("; ")) }
            }
            LifecycleError::Untrusted { file, hooks } => {
                write!(f, "{} holds commands that were not trusted: {}", file.display(), hooks.join(", "))
            }
            LifecycleError::InHook { name } => {
                write!(f, "a hook of {name} starts or stops {name} itself, which waits for the hook")
            }
            LifecycleError::Shared { name, compose_name, directory } => write!(
                f,
                "{name} is the Compose project {compose_name}, and so is {}, whose containers it would replace",
                directory.display()
            ),
            LifecycleError::Changed { name } => write!(f, "{name} was changed by another gantry again and again"),
            LifecycleError::Interrupted { name, state, .. } => write!(f, "interrupted; {name} is now {state}"),
            LifecycleError::NotRunning { name } => write!(f, "nothing of {name} runs"),
            LifecycleError::NothingLeft { name, given_up } => {
                write!(f, "nothing of {name} is left to watch")?;
                if given_up.is_empty() { Ok(()) } else { write!(f, "; given up: {}", given_up.join(", ")) }
            }
            LifecycleError::NoSuchService { name, service, .. } => {
                write!(f, "{name} has no service `{}`", service.escape_debug())
            }
            LifecycleError::Unscalable { service, why } => {
                write!(f, "{service} cannot have several containers: {why}")
            }
        }
    }
}

impl std::error::Error for LifecycleError {}
