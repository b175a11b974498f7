//! Whose a listening process is: where it was started, from which context's shell, and for which container it forwards.

use std::path::{Path, PathBuf};

use super::Listener;
use crate::model::{ContextHash, Port, Protocol};
use crate::sys::files;

/// What the system tells of a process; each part is `None` where this user may not know it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Its working directory.
    pub directory: Option<PathBuf>,
    /// `GANTRY_CONTEXT` in the environment it was started with.
    pub context: Option<String>,
    /// It is a container engine's forwarder.
    pub is_forwarder: bool,
    /// The container port that it forwards to, where its command line names it.
    pub container_port: Option<Port>,
}

impl Origin {
    /// Whether it was started in the checkout at `directory`, or from the shell of the context.
    pub fn belongs_to(&self, context: &ContextHash, directory: &Path) -> bool {
        let started_below = |started: &PathBuf| directory.parent().is_some() && started.starts_with(directory);
        self.context.as_deref() == Some(context.as_str()) || self.directory.as_ref().is_some_and(started_below)
    }
}

/// Programs that hold a host port for a container: Docker's, Podman's (rootless and rootful), Docker Desktop's,
/// Lima's, OrbStack's.
const FORWARDERS: [&str; 10] = [
    "docker-proxy",
    "dockerd",
    "rootlessport",
    "rootlesskit",
    "conmon",
    "pasta",
    "pasta.avx2",
    "slirp4netns",
    "gvproxy",
    "com.docker.backend",
];

/// Bytes; the kernel's own limit of an argument list is smaller on every common system.
const PROC_LIMIT: u64 = 2 * 1024 * 1024;

/// What the system tells of the process `pid`, called `name`.
pub fn origin_of(pid: u32, name: &str) -> Origin {
    let process = PathBuf::from(format!("/proc/{pid}"));
    let environment = strings(&process.join("environ"));
    let context = environment.iter().find_map(|entry| entry.strip_prefix("GANTRY_CONTEXT=").map(str::to_owned));
    Origin {
        directory: files::read_link(&process.join("cwd")).ok(),
        context,
        is_forwarder: FORWARDERS.contains(&name),
        container_port: argument(&strings(&process.join("cmdline")), "-container-port"),
    }
}

/// Docker's forwarders, found by their command lines: those are readable for everybody, while the sockets of a root
/// process are not.
pub(super) fn forwarders() -> Vec<Listener> {
    let processes = files::names_in(Path::new("/proc")).unwrap_or_default();
    let pids = processes.into_iter().filter_map(|name| name.to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| {
        let arguments = strings(Path::new(&format!("/proc/{pid}/cmdline")));
        let name = Path::new(arguments.first()?).file_name()?.to_str()?.to_owned();
        if name != "docker-proxy" {
            return None;
        }
        let protocol = value(&arguments, "-proto").and_then(|text| text.parse().ok()).unwrap_or(Protocol::Tcp);
        Some(Listener { port: argument(&arguments, "-host-port")?, protocol, pid, name })
    })
    .collect()
}

fn argument(arguments: &[String], option: &str) -> Option<Port> {
    value(arguments, option)?.parse().ok()
}

fn value<'a>(arguments: &'a [String], option: &str) -> Option<&'a str> {
    let position = arguments.iter().position(|argument| argument == option)?;
    arguments.get(position + 1).map(String::as_str)
}

/// A file of NUL-terminated strings; empty where it cannot be read.
fn strings(path: &Path) -> Vec<String> {
    let bytes = files::read_limited(path, PROC_LIMIT).unwrap_or_default();
    bytes.split(|&byte| byte == 0).map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_a_command_line() {
        let line = ["docker-proxy", "-proto", "tcp", "-host-port", "5433", "-container-port", "5432"];
        let arguments: Vec<String> = line.map(str::to_owned).to_vec();
        assert_eq!(argument(&arguments, "-host-port"), Port::new(5433));
        assert_eq!(argument(&arguments, "-container-port"), Port::new(5432));
        assert_eq!(value(&arguments, "-missing"), None);
        assert_eq!(value(&arguments, "5432"), None);
    }

    #[test]
    fn a_process_tells_where_it_stands() {
        let origin = origin_of(std::process::id(), "it");
        assert_eq!(origin.directory, crate::sys::env::current_dir().ok());
        assert!(!origin.is_forwarder);
    }
}
