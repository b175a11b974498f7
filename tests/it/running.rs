//! A project that runs on the real engine, under a name that no other test has.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::engine::require_engine;
use crate::ports::Block;
use crate::sandbox::{Output, Sandbox, await_some, await_true};

/// A checkout whose containers are gone when this is dropped.
pub struct Running {
    pub sandbox: Sandbox,
    pub checkout: PathBuf,
    pub block: Block,
    /// The Compose project's.
    name: String,
}

impl Running {
    /// A checkout with this compose file, in which `{n}` stands for the block's port `n`, and its ports booked.
    pub fn booked(services: &str) -> Running {
        require_engine();
        let (sandbox, block) = (Sandbox::new(), Block::take());
        let repository = format!("running-{}", block.start);
        let checkout = sandbox.repository(&repository, &format!("git@example.com:test/{repository}.git"));
        let numbered =
            |text: String, number: u16| text.replace(&format!("{{{number}}}"), &block.port(number).to_string());
        let compose = (0..20).fold(format!("services:\n{services}"), numbered);
        sandbox.write(checkout.join("compose.yaml"), compose);
        sandbox.gantry(&checkout, ["book", "--auto", "-q"]).require_success();
        let exported = sandbox.gantry(&checkout, ["export", "--format", "json"]).json();
        let name = exported["COMPOSE_PROJECT_NAME"].as_str().unwrap().to_owned();
        Running { sandbox, checkout, block, name }
    }

    /// The same, up.
    pub fn up(services: &str) -> Running {
        let running = Running::booked(services);
        running.gantry("start --no-wait").require_success();
        running
    }

    /// A call in the checkout, of words without blanks.
    pub fn gantry(&self, arguments: &str) -> Output {
        self.sandbox.gantry(&self.checkout, arguments.split_whitespace())
    }

    /// A line for a shell; `$C` starts the name of each container (`${C}web-1`).
    #[track_caller]
    pub fn script(&self, line: &str) -> String {
        let script = format!("C={}-; {line}", self.name);
        self.sandbox.script("bash", &self.checkout, &script).require_success().stdout
    }

    /// What `gantry ps` says of the containers of a service.
    pub fn containers(&self, service: &str) -> Vec<Value> {
        let listed = self.gantry("ps --json").json();
        let all = listed["containers"].as_array().unwrap().clone();
        all.into_iter().filter(|it| it["service"] == service).collect()
    }

    /// Waits until the only container of the service is in this state.
    #[track_caller]
    pub fn await_state(&self, service: &str, state: &str) {
        let is_there = || matches!(self.containers(service).as_slice(), [only] if only["state"] == state);
        await_true(&format!("{service} {state}"), is_there);
    }

    /// Starts a call that goes on until it is ended.
    pub fn spawn(&self, arguments: &str) -> Spawned {
        let (stdout, stderr) = (self.sandbox.path("stdout"), self.sandbox.path("stderr"));
        // A test in the background of a script is started with SIGINT ignored, and so would this be.
        let child = self
            .sandbox
            .command("env", &self.checkout)
            .args(["--default-signal=INT", "gantry"])
            .args(arguments.split_whitespace())
            .stdout(File::create(&stdout).unwrap())
            .stderr(File::create(&stderr).unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Spawned { child, stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let filter = format!("label=com.docker.compose.project={}", self.name);
        let script = format!(
            "docker ps --all --quiet --filter {filter} | xargs --no-run-if-empty docker rm --force --volumes; \
             docker network ls --quiet --filter {filter} | xargs --no-run-if-empty docker network rm"
        );
        self.sandbox.script("bash", &self.sandbox.path("home"), &script);
    }
}

/// A call that is under way; killed when dropped.
pub struct Spawned {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Spawned {
    pub fn stdout(&self) -> String {
        std::fs::read_to_string(&self.stdout).unwrap()
    }

    pub fn stderr(&self) -> String {
        std::fs::read_to_string(&self.stderr).unwrap()
    }

    /// Waits until it says this on stderr, and as often.
    #[track_caller]
    pub fn await_said(&mut self, text: &str, times: usize) {
        await_true(text, || {
            let said = self.stderr();
            let is_said = said.matches(text).count() >= times;
            assert!(is_said || self.child.try_wait().unwrap().is_none(), "it ended without {text:?}:\n{said}");
            is_said
        });
    }

    /// Its exit status, once it ends by itself.
    pub fn status(&mut self) -> Option<i32> {
        await_some("its end", || self.child.try_wait().unwrap()).code()
    }

    /// Its exit status after Ctrl-C.
    pub fn interrupt(&mut self) -> Option<i32> {
        kill(Pid::from_raw(self.child.id().try_into().unwrap()), Signal::SIGINT).unwrap();
        self.status()
    }
}

impl Drop for Spawned {
    #[expect(clippy::print_stderr, reason = "only a failed test shows it")]
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("it said:\n{}{}", self.stdout(), self.stderr());
        }
    }
}
