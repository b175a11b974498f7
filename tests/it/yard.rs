//! A project whose containers run on the real engine: a web server that ends when it is asked to, and a worker without
//! ports. Its names and ports are no other test's, and nothing of it is left in the engine when it is dropped.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::engine::require_engine;
use crate::ports::Block;
use crate::sandbox::{Output, Sandbox, await_true};

/// `{n}` stands for the block's port `n`.
pub const COMPOSE: &str = r#"services:
  web:
    image: gantry-test/httpd
    command: ["/bin/sh", "-c", "trap 'exit 0' TERM; /bin/busybox httpd -f -p 80 -h /www & wait"]
    ports: ["{0}:80"]
    healthcheck:
      test: ["CMD", "/bin/busybox", "wget", "-q", "-O", "/dev/null", "http://127.0.0.1/"]
      interval: 200ms
      timeout: 5s
      retries: 20
  worker:
    image: gantry-test/httpd
    command: ["/bin/sh", "-c", "trap 'exit 0' TERM; echo INFO at work; /bin/busybox sleep 1000 & wait"]
"#;

/// A checkout in a sandbox that reaches an engine.
pub struct Yard {
    pub sandbox: Sandbox,
    pub checkout: PathBuf,
    pub name: String,
    block: Block,
}

impl Yard {
    /// Nothing is booked yet.
    pub fn new() -> Yard {
        require_engine();
        let (sandbox, block) = (Sandbox::new(), Block::take());
        let name = format!("yard-{}", block.start);
        let checkout = sandbox.repository(&name, &format!("git@example.com:test/{name}.git"));
        let yard = Yard { sandbox, checkout, name, block };
        yard.compose(COMPOSE);
        for range in ["http:{5}-{9}", "default:{10}-{14}"] {
            let range = yard.fill(range);
            yard.sandbox.gantry(&yard.checkout, ["config", "--set-range", &range]).require_success();
        }
        yard
    }

    pub fn port(&self, number: u16) -> u16 {
        self.block.port(number)
    }

    /// The text with the block's ports in it, and `{name}`.
    pub fn fill(&self, text: &str) -> String {
        let text = text.replace("{name}", &self.name);
        (0..20).fold(text, |text, number| text.replace(&format!("{{{number}}}"), &self.port(number).to_string()))
    }

    /// Writes the checkout's compose file.
    pub fn compose(&self, text: &str) {
        self.write("compose.yaml", text);
    }

    /// Writes a file of the checkout.
    pub fn write(&self, name: &str, text: &str) {
        self.sandbox.write(self.checkout.join(name), self.fill(text));
    }

    /// A second clone of the same repository and branch, with the same compose file.
    pub fn second(&self) -> PathBuf {
        let name = format!("{}-two", self.name);
        let second = self.sandbox.repository(&name, &format!("git@example.com:test/{}.git", self.name));
        let compose = std::fs::read(self.checkout.join("compose.yaml")).unwrap();
        self.sandbox.write(second.join("compose.yaml"), compose);
        second
    }

    pub fn gantry(&self, arguments: &str) -> Output {
        self.gantry_in(&self.checkout, arguments)
    }

    pub fn gantry_in(&self, directory: &Path, arguments: &str) -> Output {
        self.sandbox.gantry(directory, self.fill(arguments).split_whitespace())
    }

    /// The command, which has to do its work.
    #[track_caller]
    pub fn done(&self, arguments: &str) -> Output {
        self.gantry(arguments).require_success()
    }

    /// The command, which has to fail with this status and these words in what it says.
    #[track_caller]
    pub fn check_failure(&self, arguments: &str, words: &[&str], status: i32) {
        let words: Vec<String> = words.iter().map(|word| self.fill(word)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.gantry(arguments).check_failure(&words, status);
    }

    /// The service's state, by `gantry ps`: one for each of its containers.
    pub fn states(&self, directory: &Path, service: &str) -> Vec<String> {
        let answer = self.gantry_in(directory, "ps --json").json();
        let containers = answer["containers"].as_array().unwrap().iter();
        let own = containers.filter(|container| container["service"] == service);
        own.map(|container| container["state"].as_str().unwrap().to_owned()).collect()
    }

    /// What `docker` prints.
    #[track_caller]
    pub fn docker(&self, arguments: &str) -> String {
        // The checkout may be gone by then.
        let mut command = self.sandbox.command("docker", &self.sandbox.path("home"));
        command.args(self.fill(arguments).split_whitespace());
        self.sandbox.run(&mut command).require_success().stdout
    }

    /// What the engine has of this yard: containers, networks and volumes.
    pub fn left_in_engine(&self) -> String {
        let mut left = String::new();
        for what in ["container ls --all", "network ls", "volume ls"] {
            left += &self
                .docker(&format!("{what} --quiet --filter label=com.docker.compose.project --filter name={{name}}"));
        }
        left
    }

    #[track_caller]
    pub fn await_nothing_left(&self) {
        await_true("nothing is left in the engine", || self.left_in_engine().is_empty());
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        for (list, remove) in
            [("container ls --all", "container rm --force"), ("network ls", "network rm"), ("volume ls", "volume rm")]
        {
            let script = format!(
                "docker {list} --quiet --filter name={} | xargs --no-run-if-empty docker {remove} >/dev/null 2>&1",
                self.name
            );
            let _ = Command::new("sh").arg("-c").arg(script).status();
        }
    }
}
