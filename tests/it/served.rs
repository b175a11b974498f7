//! A project in a world of its own, whose names are served by the real Caddy. Ports are the world's, so they can be
//! written out.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::sandbox::{Output, await_true};
use crate::world::World;

const UPSTREAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/world/upstream.py");

/// A web server and an API that the compose file publishes on 8080 and 8000.
pub const COMPOSE: &str = "\
services:
  web: { image: shop, ports: ['8080:80'] }
  api: { image: shop, ports: ['8000:8000'] }
";

/// The checkout `shop`, on `main`.
pub struct Served {
    pub world: World,
    pub checkout: PathBuf,
}

/// A web server in the world, which ends when this is dropped.
pub struct Upstream<'a> {
    world: &'a World,
    /// Its number in the world.
    pid: String,
    nsenter: Child,
}

impl Served {
    /// Nothing is registered yet.
    pub fn new() -> Served {
        let world = World::new();
        let checkout = world.sandbox.repository("shop", "git@example.com:test/shop.git");
        let served = Served { world, checkout };
        served.compose(COMPOSE);
        served
    }

    /// Registered, and the proxy runs.
    pub fn started() -> Served {
        let served = Served::new();
        served.done("register --hostname shop");
        served.done("proxy start");
        served
    }

    pub fn compose(&self, text: &str) {
        self.world.sandbox.write("shop/compose.yaml", text);
    }

    /// A linked worktree on a new branch, with the compose file, and its ports booked.
    pub fn branch(&self, name: &str, branch: &str) -> PathBuf {
        let path = self.world.sandbox.worktree(&self.checkout, name, branch);
        fs::copy(self.checkout.join("compose.yaml"), path.join("compose.yaml")).unwrap();
        self.gantry_in(&path, "export --auto").require_success();
        path
    }

    pub fn gantry(&self, arguments: &str) -> Output {
        self.gantry_in(&self.checkout, arguments)
    }

    pub fn gantry_in(&self, directory: &Path, arguments: &str) -> Output {
        self.world.gantry(directory, arguments.split_whitespace())
    }

    /// The command, which has to do its work.
    #[track_caller]
    pub fn done(&self, arguments: &str) -> Output {
        self.gantry(arguments).require_success()
    }

    /// The command, which has to fail with this status and these words in what it says.
    #[track_caller]
    pub fn check_failure(&self, arguments: &str, words: &[&str], status: i32) {
        self.gantry(arguments).check_failure(words, status);
    }

    /// Every name with its port, in the order of `gantry routes`.
    #[track_caller]
    pub fn routes(&self) -> Vec<String> {
        let answer: serde_json::Value = serde_json::from_str(&self.gantry("routes --json").stdout).unwrap();
        let rows = answer["routes"].as_array().unwrap().iter();
        rows.map(|row| format!("{} {}", row["name"].as_str().unwrap(), row["port"])).collect()
    }

    /// A web server on this address and port, which says this name.
    pub fn upstream(&self, address: &str, port: u16, name: &str) -> Upstream<'_> {
        let file = self.world.sandbox.path("home").join(format!("upstream-{port}"));
        let mut command = self.world.command("bash", Path::new("/"));
        command.args(["-c", "echo $$ >\"$1\"; shift; exec python3 \"$@\"", "bash"]).arg(&file);
        command.args([UPSTREAM, address, &port.to_string(), name]).stdout(Stdio::null());
        let nsenter = command.spawn().unwrap();
        let url = if address.contains(':') {
            format!("http://[{address}]:{port}/")
        } else {
            format!("http://{address}:{port}/")
        };
        await_true("the upstream answers", || {
            self.world.script(&format!("curl --silent --globoff --output /dev/null '{url}'")).status == 0
        });
        let pid = fs::read_to_string(&file).unwrap().trim().to_owned();
        fs::remove_file(file).unwrap();
        Upstream { world: &self.world, pid, nsenter }
    }

    /// What curl prints for the URL; every name is this machine, as with DNS set up.
    pub fn curl(&self, options: &str, url: &str) -> Output {
        let all = "--silent --insecure --globoff --resolve '*:80:127.0.0.1' --resolve '*:443:127.0.0.1'";
        self.world.script(&format!("curl {all} {options} '{url}'"))
    }

    /// The status that the URL is answered with.
    #[track_caller]
    pub fn status_of(&self, url: &str) -> String {
        self.curl("--output /dev/null --write-out '%{http_code}'", url).require_success().stdout
    }

    /// The page's text, as a program gets it.
    #[track_caller]
    pub fn page(&self, url: &str) -> String {
        self.curl("", url).require_success().stdout
    }

    /// The same, asked for by another name of a host.
    #[track_caller]
    pub fn page_of(&self, host: &str, url: &str) -> String {
        self.curl(&format!("--header 'Host: {host}'"), url).require_success().stdout
    }

    /// Has this shell script run before Caddy, with its arguments; `$caddy` is the program. Gives the wrapper's path: who
    /// removes it has Caddy alone again.
    pub fn before_caddy(&self, script: &str) -> PathBuf {
        let wrapper = self.world.sandbox.path("bin/caddy");
        let _ = fs::remove_file(&wrapper);
        let caddy = self.world.script("command -v caddy").require_success().stdout;
        let script = format!("#!/bin/sh\ncaddy={}\n{script}\nexec \"$caddy\" \"$@\"\n", caddy.trim());
        self.world.sandbox.write(&wrapper, script);
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        wrapper
    }

    /// Switches the checkout's branch.
    pub fn switch(&self, arguments: &str) {
        let words = ["switch", "--quiet"].into_iter().chain(arguments.split_whitespace());
        self.world.sandbox.git(&self.checkout, words);
    }

    /// A file of the proxy's own.
    pub fn proxy_file(&self, name: &str) -> PathBuf {
        self.world.sandbox.path("home/.local/state/gantry/proxy").join(name)
    }
}

impl Drop for Upstream<'_> {
    fn drop(&mut self) {
        self.world.script(&format!("kill -9 {}", self.pid));
        let _ = self.nsenter.wait();
    }
}
