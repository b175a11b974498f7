//! A project like most, for the tests of the commands: a clone on `main` with three services, whose ports all lie in a
//! block that no other test has.

use std::path::{Path, PathBuf};

use crate::ports::Block;
use crate::sandbox::{Output, Sandbox};

pub const REMOTE: &str = "git@example.com:test/shop.git";

/// The first 12 hex digits of `md5("git@example.com:test/shop.git:main")`, as `md5sum` says.
pub const HASH: &str = "656493bc33bb";

/// `{n}` stands for the block's port `n`.
pub const COMPOSE: &str = r#"services:
  postgres:
    image: postgres:16
    ports: ["${PG_PORT:-{0}}:5432"]
  web:
    image: nginx
    ports: ["{1}:80"]
  redis:
    image: redis:7
    ports: ["6379"]
"#;

/// What the second context of a kind gets, since the first has what the file prefers.
const RANGES: [&str; 4] = ["postgres:{4}-{7}", "http:{8}-{11}", "redis:{12}-{15}", "default:{16}-{19}"];

/// The project at `shop` in a sandbox of its own.
pub struct Shop {
    pub sandbox: Sandbox,
    pub checkout: PathBuf,
    block: Block,
}

impl Shop {
    /// Nothing is booked yet.
    pub fn new() -> Shop {
        Shop::inside(Sandbox::new())
    }

    /// The same in a sandbox that is there.
    pub fn inside(sandbox: Sandbox) -> Shop {
        let checkout = sandbox.repository("shop", REMOTE);
        let shop = Shop { sandbox, checkout, block: Block::take() };
        shop.compose(COMPOSE);
        for range in RANGES {
            shop.set_range(range);
        }
        shop
    }

    /// Everything that the compose file publishes is booked: `postgres` at 0, `web` at 1, `redis` at 12.
    pub fn booked() -> Shop {
        let shop = Shop::new();
        shop.check("book --auto -q", "postgres {0}\nweb {1}\nredis {12}\n", "", 0);
        shop
    }

    pub fn port(&self, number: u16) -> u16 {
        self.block.port(number)
    }

    /// The text with the block's ports in it.
    pub fn fill(&self, text: &str) -> String {
        (0..20).fold(text.to_owned(), |text, number| {
            text.replace(&format!("{{{number}}}"), &self.block.port(number).to_string())
        })
    }

    /// Writes the checkout's compose file.
    pub fn compose(&self, text: &str) {
        self.sandbox.write(self.checkout.join("compose.yaml"), self.fill(text));
    }

    /// Where a service looks for ports, as `postgres:{4}-{7}`.
    #[track_caller]
    pub fn set_range(&self, range: &str) {
        let range = self.fill(range);
        self.sandbox.gantry(&self.checkout, ["config", "--set-range", &range]).require_success();
    }

    /// gantry in the checkout; the arguments stand between blanks.
    pub fn gantry(&self, arguments: &str) -> Output {
        self.gantry_in(&self.checkout, arguments)
    }

    pub fn gantry_in(&self, directory: &Path, arguments: &str) -> Output {
        self.sandbox.gantry(directory, self.fill(arguments).split_whitespace())
    }

    /// Both streams and the status of a call in the checkout, whole.
    #[track_caller]
    pub fn check(&self, arguments: &str, stdout: &str, stderr: &str, status: i32) {
        self.check_in(&self.checkout, arguments, stdout, stderr, status);
    }

    #[track_caller]
    pub fn check_in(&self, directory: &Path, arguments: &str, stdout: &str, stderr: &str, status: i32) {
        self.gantry_in(directory, arguments).check(&self.fill(stdout), &self.fill(stderr), status);
    }

    /// A wrong use: clap's error as a person reads it, whose first line is this.
    #[track_caller]
    pub fn check_usage(&self, arguments: &str, message: &str) {
        let output = self.gantry(arguments);
        assert_eq!((output.stdout.as_str(), output.status), ("", 2), "{arguments}: {output:?}");
        assert_eq!(output.stderr.lines().next(), Some(self.fill(message).as_str()), "{arguments}: {output:?}");
    }

    /// A failure with `--json`, as a script reads it: one line on standard error and nothing on the other.
    #[track_caller]
    pub fn check_error(&self, arguments: &str, kind: &str, message: &str, hint: &str, status: i32) {
        let error = serde_json::json!({
            "format_version": 1,
            "error": { "kind": kind, "message": self.fill(message), "hint": self.fill(hint) },
        });
        self.check(arguments, "", &format!("{error}\n"), status);
    }

    /// Gives each context the age that it has after so many days without use.
    pub fn grow_older(&self, days: u32) {
        let registry = rusqlite::Connection::open(self.sandbox.registry()).unwrap();
        registry.execute("UPDATE contexts SET used_at = used_at - 86400 * ?", [days]).unwrap();
    }

    /// Registered, with everything booked and no note left to say: `web`, the HTTP port, at 1.
    pub fn registered() -> Shop {
        let shop = Shop::new().apart();
        shop.check("book --auto -q", "postgres {0}\nweb {1}\nredis {12}\n", "", 0);
        shop.check("register", "shop {1}\n", "gantry: registered [SANDBOX]/shop (compose) as shop\n", 0);
        shop
    }

    /// With a Compose project that no other test has: they share one engine, which knows projects by name alone.
    pub fn apart(self) -> Shop {
        self.configure("");
        self
    }

    /// Writes `gantry.yml`, with that name in it.
    pub fn configure(&self, text: &str) {
        self.sandbox.write(self.checkout.join("gantry.yml"), self.fill("project_name: gantry-shop-{0}\n") + text);
    }

    /// Gives every project the times of the epoch's first second, which can be compared.
    pub fn level_times(&self) {
        let registry = rusqlite::Connection::open(self.sandbox.registry()).unwrap();
        registry.execute("UPDATE projects SET registered_at = 0, updated_at = 0", ()).unwrap();
    }

    /// Takes every container engine out of reach, and every other program besides gantry.
    pub fn without_engine(&mut self) {
        self.sandbox.set("PATH", Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap());
    }

    /// The registry as it lies on the disk.
    pub fn registry_bytes(&self) -> Vec<u8> {
        std::fs::read(self.sandbox.registry()).unwrap()
    }

    /// The fields of `status -a --json`, one `label service port` each.
    pub fn bookings(&self) -> Vec<String> {
        let status = self.gantry("status -a --json").json();
        let rows = status["allocations"].as_array().unwrap().iter();
        rows.map(|row| {
            let field = |name: &str| row[name].as_str().unwrap().to_owned();
            format!("{} {} {}", field("label"), field("service"), row["port"])
        })
        .collect()
    }

    /// [`Shop::bookings`], whole.
    #[track_caller]
    pub fn check_bookings(&self, expected: &[&str]) {
        let expected: Vec<String> = expected.iter().map(|row| self.fill(row)).collect();
        assert_eq!(self.bookings(), expected);
    }
}
