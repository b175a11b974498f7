//! A repository with a compose file, and the homes in which gantry finds it in one state or another.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::registry;
use crate::sandbox::Sandbox;
use crate::size::Size;

/// A file system in memory, so that the disk's mood is not measured.
const MEMORY: &str = "/dev/shm";
/// Where cargo builds: on disk, unless somebody has moved it.
const DISK: &str = env!("CARGO_TARGET_TMPDIR");

/// A checkout of that size, booked and warm.
pub struct Checkout {
    sandbox: Sandbox,
    directory: PathBuf,
    program: PathBuf,
    /// A second sandbox, for a registry on disk.
    disk: Sandbox,
    /// The registry before the checkout has booked anything.
    others: Option<PathBuf>,
}

impl Checkout {
    pub fn new(program: &Path, size: Size) -> Checkout {
        let sandbox = Sandbox::within(Path::new(MEMORY));
        let directory = sandbox.repository("shop", "https://git.example.org/shop.git");
        sandbox.write("shop/compose.yaml", compose_file(size.services));
        let others = (size.contexts > 0).then(|| sandbox.path("others.db"));
        if let Some(others) = &others {
            registry::write(others, size);
        }
        let disk = Sandbox::within(Path::new(DISK));
        let checkout = Checkout { sandbox, directory, program: program.to_owned(), disk, others };
        checkout.lay_registry(&checkout.sandbox.path("home/.local/share"));
        checkout
    }

    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The program in the checkout, with nothing to read and nobody to read it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.silent(&self.program);
        command.args(arguments);
        command
    }

    /// Another program with the same environment. The directory is set around it, in `sample.rs`: a command that
    /// changes it is forked instead of spawned, which costs more than what it runs.
    pub fn silent(&self, program: &Path) -> Command {
        let example = self.sandbox.command("true", &self.directory);
        let variables = example.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let mut command = Command::new(program);
        command.env_clear().envs(variables).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// A cache of that name, and the memos in it.
    pub fn cache(&self, name: &str) -> (PathBuf, PathBuf) {
        let cache = self.sandbox.path(name);
        let memos = cache.join("gantry/memo");
        (cache, memos)
    }

    /// A directory of its own for the registry.
    pub fn data(&self, on_disk: bool) -> PathBuf {
        if on_disk { self.disk.path("data") } else { self.sandbox.path("data") }
    }

    /// The registry as it was before the checkout came.
    pub fn lay_registry(&self, data: &Path) {
        remove(data);
        if let Some(others) = &self.others {
            fs::create_dir_all(data.join("gantry")).unwrap();
            fs::copy(others, data.join("gantry/registry.db")).unwrap();
        }
    }
}

/// Ports that need no override: each gives way by its variable.
fn compose_file(services: u16) -> String {
    let service = |number: u16| {
        let preferred = registry::FIRST_PREFERRED + number;
        format!("  s{number}:\n    image: example/app\n    ports: [\"${{S{number}_PORT:-{preferred}}}:7000\"]\n")
    };
    let services: String = (0..services).map(service).collect();
    format!("services:\n{services}")
}

/// Removes a directory that may be absent.
pub fn remove(directory: &Path) {
    if let Err(error) = fs::remove_dir_all(directory) {
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{}: {error}", directory.display());
    }
}
