//! What gantry asks of Compose, in the words of the program that stands for it.
//!
//! podman-compose has most of Compose's options by name, but not in all their meaning (1.6.0, measured): with
//! `up --remove-orphans` it stops and removes every container of the project where one service has changed, and then
//! fails to start them; `--scale` adds containers and takes none away, and 0 ends in a traceback; a replica that an
//! earlier scaling left stopped stays as it is. So what Compose would remove is told here, and removed before it is
//! asked. Nor does its exit status always tell what happened: versions before 1.4 end well where nothing was started.
//!
//! It also reads an override only in part: none before 1.4, and of the ports in it only the short form, so a port with
//! an option that the short form lacks (`mode: host`, `name`, `app_protocol`) cannot be remapped on it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use super::{Container, ContainerState, EngineError};
use crate::model::{EngineKind, ServiceName};
use crate::sys::process;

/// The first podman-compose that reads `!override` and `!reset`.
const OVERRIDES_SINCE: (u32, u32) = (1, 4);

/// It is Python, and starts slowly on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What podman and podman-compose say on standard error on every machine without systemd or syslog, at each start.
const NOISE: [&str; 3] =
    ["unable to get systemd connection to", "failed to connect to syslog", "Executing external compose provider"];

/// A program that stands for `docker compose`, and its first arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub dialect: Dialect,
}

/// Whose Compose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Docker's, also where it drives Podman.
    Compose,
    /// The one that is made for Podman.
    PodmanCompose,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// Every container is to run, in the background; `services` are all that the files know.
    Up {
        build: bool,
        services: &'a [ServiceName],
    },
    /// Services are to have so many containers.
    Scale(&'a [(&'a str, u32)]),
    /// `timeout` in seconds, from SIGTERM to SIGKILL.
    Stop {
        timeout: u32,
    },
    /// As `Stop`; containers and networks go, and volumes where that is said.
    Down {
        timeout: u32,
        volumes: bool,
    },
    Pull,
    Push,
}

impl Invocation {
    /// The whole command line behind the program; `None` where it has nothing to do.
    pub fn arguments_for(&self, request: &Request<'_>) -> Option<Vec<OsString>> {
        let words = match request {
            Request::Up { build, .. } => {
                let orphans = (self.dialect == Dialect::Compose).then_some("--remove-orphans");
                let options = orphans.into_iter().chain(build.then_some("--build"));
                words(["up", "--detach"].into_iter().chain(options))
            }
            Request::Scale(scales) => self.scale(scales)?,
            Request::Stop { timeout } => words(["stop", "--timeout", &timeout.to_string()]),
            Request::Down { timeout, volumes } => {
                let timeout = timeout.to_string();
                let options = ["down", "--remove-orphans", "--timeout", &timeout];
                words(options.into_iter().chain(volumes.then_some("--volumes")))
            }
            Request::Pull => words(["pull"]),
            Request::Push => words(["push"]),
        };
        Some(self.arguments.iter().cloned().chain(words).collect())
    }

    fn scale(&self, scales: &[(&str, u32)]) -> Option<Vec<OsString>> {
        let is_said = |(_, number): &&(&str, u32)| self.dialect == Dialect::Compose || *number > 0;
        let scales: Vec<_> = scales.iter().filter(is_said).collect();
        let each: Vec<String> = scales.iter().map(|(service, number)| format!("{service}={number}")).collect();
        let each = each.iter().flat_map(|scale| ["--scale", scale]);
        // Compose takes `-V` for a service's name.
        let services = std::iter::once("--").chain(scales.iter().map(|(service, _)| *service));
        let options = ["up", "--detach", "--no-recreate", "--no-deps"];
        (!scales.is_empty()).then(|| words(options.into_iter().chain(each).chain(services)))
    }

    /// The containers that Compose would remove by itself at this request, and that this program would leave.
    pub fn leavings<'a>(&self, request: &Request<'_>, containers: &'a [Container]) -> Vec<&'a Container> {
        if self.dialect == Dialect::Compose {
            return Vec::new();
        }
        let is_left = |it: &&Container| match request {
            Request::Up { services, .. } => {
                let is_orphan = !services.iter().any(|service| service.as_str() == it.service);
                is_orphan || (it.number > 1 && !it.is_running())
            }
            Request::Scale(scales) => {
                scales.iter().any(|(service, number)| *service == it.service && it.number > *number)
            }
            _ => false,
        };
        containers.iter().filter(is_left).collect()
    }

    /// Whether it may end well and have done nothing. Compose's own word is taken for it.
    pub fn is_doubtful(&self) -> bool {
        self.dialect == Dialect::PodmanCompose
    }

    /// What is not as it was asked for, although the program ended well.
    pub fn unmet(&self, request: &Request<'_>, containers: &[Container]) -> Option<String> {
        match request {
            _ if !self.is_doubtful() => None,
            Request::Up { .. } if containers.is_empty() => Some("it made no container".to_owned()),
            Request::Up { .. } => {
                let created = containers.iter().find(|it| it.state == ContainerState::Created)?;
                Some(format!("{} was not started", created.name))
            }
            Request::Scale(scales) => scales.iter().find_map(|(service, wanted)| {
                let number = containers.iter().filter(|it| it.service == *service).count();
                (u32::try_from(number) != Ok(*wanted))
                    .then(|| format!("{service} has {number} containers, not {wanted}"))
            }),
            _ => None,
        }
    }

    /// Whether it reads the override that publishes a context's ports.
    ///
    /// # Errors
    /// [`EngineError::ComposeTooOld`].
    pub fn require_overrides(&self) -> Result<(), EngineError> {
        if self.dialect == Dialect::Compose {
            return Ok(());
        }
        let own = self.arguments.iter().filter_map(|argument| argument.to_str());
        let question: Vec<&str> = own.chain(["version", "--short"]).collect();
        let output = process::output(&self.program, &question, PATIENCE).unwrap_or_default();
        let version = String::from_utf8_lossy(&output).trim().to_owned();
        match numbers(&version) {
            Some(numbers) if numbers < OVERRIDES_SINCE => {
                Err(EngineError::ComposeTooOld { kind: EngineKind::Podman, version })
            }
            // One that does not tell is tried.
            _ => Ok(()),
        }
    }

    /// What keeps back the lines that tell nothing of what went wrong.
    pub fn sieve(&self) -> Sieve {
        Sieve { is_open: self.dialect == Dialect::Compose, in_traceback: false }
    }
}

/// Lets through what a program says to the point.
#[derive(Debug)]
pub struct Sieve {
    is_open: bool,
    /// Since the last line that was not indented; what podman-compose dies of stands behind it.
    in_traceback: bool,
}

impl Sieve {
    /// Whether the line, the next in turn, is worth showing.
    pub fn lets_through(&mut self, line: &[u8]) -> bool {
        if self.is_open {
            return true;
        }
        let line = String::from_utf8_lossy(line);
        let is_head = line.starts_with("Traceback (most recent call last):");
        self.in_traceback = is_head || (self.in_traceback && line.starts_with(' '));
        !self.in_traceback && !NOISE.iter().any(|noise| line.contains(noise))
    }
}

impl Dialect {
    /// By what `podman compose version` prints, which calls whichever Compose is installed.
    pub(super) fn of(version: &[u8]) -> Dialect {
        match String::from_utf8_lossy(version).contains("podman-compose") {
            true => Dialect::PodmanCompose,
            false => Dialect::Compose,
        }
    }
}

fn words<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<OsString> {
    words.into_iter().map(OsString::from).collect()
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invocation(dialect: Dialect) -> Invocation {
        Invocation { program: "compose".into(), arguments: Vec::new(), dialect }
    }

    #[test]
    fn the_words_of_each() {
        #[track_caller]
        fn check(request: &Request<'_>, compose: Option<&str>, podman: Option<&str>) {
            for (dialect, expected) in [(Dialect::Compose, compose), (Dialect::PodmanCompose, podman)] {
                let words = invocation(dialect).arguments_for(request);
                let line = words.map(|words| words.join(" ".as_ref()).into_string().expect("UTF-8"));
                assert_eq!(line.as_deref(), expected, "{request:?} {dialect:?}");
            }
        }
        let both = |request, line| check(&request, Some(line), Some(line));
        check(
            &Request::Up { build: true, services: &[] },
            Some("up --detach --remove-orphans --build"),
            Some("up --detach --build"),
        );
        both(Request::Stop { timeout: 3 }, "stop --timeout 3");
        both(Request::Down { timeout: 3, volumes: false }, "down --remove-orphans --timeout 3");
        both(Request::Down { timeout: 0, volumes: true }, "down --remove-orphans --timeout 0 --volumes");
        both(Request::Pull, "pull");
        both(Request::Push, "push");
        both(Request::Scale(&[("web", 3)]), "up --detach --no-recreate --no-deps --scale web=3 -- web");
        check(
            &Request::Scale(&[("web", 0), ("job", 2)]),
            Some("up --detach --no-recreate --no-deps --scale web=0 --scale job=2 -- web job"),
            Some("up --detach --no-recreate --no-deps --scale job=2 -- job"),
        );
        let none = Some("up --detach --no-recreate --no-deps --scale web=0 -- web");
        check(&Request::Scale(&[("web", 0)]), none, None);
    }

    #[test]
    fn what_is_left_and_what_is_unmet() {
        let container = |service: &str, number, state| Container {
            name: format!("{service}-{number}"),
            ..Container::sample(service, number, state, None)
        };
        let (running, exited) = (ContainerState::Running, ContainerState::Exited);
        let containers = [
            container("web", 1, exited),
            container("web", 2, running),
            container("web", 3, exited),
            container("old", 1, running),
        ];
        let services = [ServiceName::new("web")];
        let up = Request::Up { build: false, services: &services };
        let check = |request: &Request<'_>, expected: &[&str], unmet: Option<&str>| {
            let podman = invocation(Dialect::PodmanCompose);
            let left = podman.leavings(request, &containers);
            assert_eq!(left.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), expected, "{request:?}");
            assert_eq!(podman.unmet(request, &containers).as_deref(), unmet, "{request:?}");
            let compose = invocation(Dialect::Compose);
            assert_eq!((compose.leavings(request, &containers), compose.unmet(request, &[])), (Vec::new(), None));
        };
        check(&up, &["web-3", "old-1"], None);
        check(&Request::Scale(&[("web", 1)]), &["web-2", "web-3"], Some("web has 3 containers, not 1"));
        check(&Request::Scale(&[("old", 0)]), &["old-1"], Some("old has 1 containers, not 0"));
        check(&Request::Scale(&[("web", 3)]), &[], None);
        check(&Request::Stop { timeout: 1 }, &[], None);
        let podman = invocation(Dialect::PodmanCompose);
        assert_eq!(podman.unmet(&up, &[]).as_deref(), Some("it made no container"));
        let created = [container("web", 1, ContainerState::Created)];
        assert_eq!(podman.unmet(&up, &created).as_deref(), Some("web-1 was not started"));
    }

    #[test]
    fn lines_to_the_point() {
        let said = [
            "  indented",
            "time=\"…\" level=error msg=\"unable to get systemd connection to add healthchecks: …\"",
            "Traceback (most recent call last):",
            "  File \"podman-compose\", line 8, in <module>",
            "    sys.exit(main())",
            "KeyError: 'web'",
            "  indented",
        ];
        let let_through = |dialect| {
            let mut sieve = invocation(dialect).sieve();
            said.into_iter().filter(|line| sieve.lets_through(line.as_bytes())).collect::<Vec<_>>()
        };
        assert_eq!(let_through(Dialect::PodmanCompose), ["  indented", "KeyError: 'web'", "  indented"]);
        assert_eq!(let_through(Dialect::Compose), said);
    }

    #[test]
    fn whose_compose_it_is() {
        assert_eq!(Dialect::of(b"podman-compose version 1.6.0\npodman version 5.4.0\n"), Dialect::PodmanCompose);
        assert_eq!(Dialect::of(b"Docker Compose version v2.26.1\n"), Dialect::Compose);
        assert!(numbers("1.3.0") < Some(OVERRIDES_SINCE) && numbers("1.10.0") > Some(OVERRIDES_SINCE));
        assert_eq!(numbers("unknown"), None);
    }
}
