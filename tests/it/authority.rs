//! Certificates of a CA that a test has made: by mkcert, in the sandbox, trusted by nobody.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use crate::sandbox::{Sandbox, await_true};
use crate::shop::Shop;

/// Issues certificates of any time: what mkcert issues begins now and ends in two years.
const ISSUE: &str = r#"
root=$1; name=$2
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj "/O=tests" -out request.pem
printf '[ca]\ndefault_ca=it\n[it]\ndatabase=index\nnew_certs_dir=.\nrand_serial=yes\ndefault_md=sha256\npolicy=any\n' >config
printf '[any]\norganizationName=supplied\n' >>config
printf 'subjectAltName=DNS:%s,DNS:*.%s\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' "$name" "$name" >ext
: >index
stamp() { date --utc --date "$1" +%Y%m%d%H%M%SZ; }
openssl ca -batch -notext -config config -extfile ext -cert "$root/rootCA.pem" -keyfile "$root/rootCA-key.pem" \
  -startdate "$(stamp "$3")" -enddate "$(stamp "$4")" -in request.pem -out certificate.pem
"#;

/// Where gantry keeps what is issued, in a sandbox.
pub const STATE: &str = "home/.local/state/gantry/certs";

/// A CA as mkcert keeps it, which nothing but its times tells from one of mkcert's own. A key that is there stays.
const MAKE: &str = r#"
[ -e rootCA-key.pem ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out rootCA-key.pem
chmod 400 rootCA-key.pem
work=$(mktemp -d)
openssl req -new -key rootCA-key.pem -subj "/O=tests/CN=tests" -out "$work/request.pem"
printf '[ca]\ndefault_ca=it\n[it]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\n' "$work" "$work" >"$work/config"
printf 'default_md=sha256\npolicy=any\n[any]\norganizationName=supplied\ncommonName=supplied\n' >>"$work/config"
printf 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n' >"$work/ext"
: >"$work/index"
stamp() { date --utc --date "$1" +%Y%m%d%H%M%SZ; }
openssl ca -batch -notext -selfsign -config "$work/config" -extfile "$work/ext" -keyfile rootCA-key.pem \
  -startdate "$(stamp "$1")" -enddate "$(stamp "$2")" -in "$work/request.pem" -out rootCA.pem
"#;

/// A registered project in a sandbox whose mkcert has a CAROOT of its own and knows no trust store.
pub fn shop() -> Shop {
    let mut shop = Shop::registered();
    isolate(&mut shop.sandbox);
    shop
}

/// The same with `gantry cert setup` behind it.
pub fn shop_with_certificates() -> Shop {
    let shop = shop();
    shop.gantry("cert setup").require_success();
    shop
}

/// Where the issues of the project's certificate lie.
pub fn issues(shop: &Shop) -> PathBuf {
    shop.sandbox.path(STATE).join("issued/shop.test")
}

pub fn isolate(sandbox: &mut Sandbox) {
    let root = sandbox.path("ca");
    sandbox.set("CAROOT", root);
    sandbox.set("TRUST_STORES", "none");
}

/// Puts a CA into the directory; the times are words that date(1) knows.
pub fn make(sandbox: &Sandbox, directory: &str, from: &str, until: &str) -> PathBuf {
    let directory = sandbox.directory(directory);
    let mut command = sandbox.command("bash", &directory);
    command.args(["-euo", "pipefail", "-c", MAKE, "bash", from, until]);
    sandbox.run(&mut command).require_success();
    directory
}

/// Has a script stand before the program of that name, which it knows as `$real`.
pub fn stand_before(sandbox: &mut Sandbox, program: &str, script: &str) {
    let bin = sandbox.directory("bin");
    let path = sandbox.variable("PATH");
    let others: Vec<PathBuf> = std::env::split_paths(&path).filter(|it| *it != bin).collect();
    let real = others.iter().map(|it| it.join(program)).find(|it| it.exists()).unwrap_or_default();
    write_program(sandbox, &bin.join(program), &format!("real={}\n{script}", real.display()));
    sandbox.set("PATH", std::env::join_paths(std::iter::once(bin).chain(others)).unwrap());
}

/// A script for bash. Not written by this process: another thread's child, about to start, could hold the file open for
/// writing, and then it does not run.
pub fn write_program(sandbox: &Sandbox, path: &Path, script: &str) {
    let path = path.display();
    let write = format!("mkdir -p $(dirname {path}); cat >{path} <<'EOF'\n#!/bin/bash\n{script}\nEOF\nchmod +x {path}");
    sandbox.script("bash", &sandbox.path(""), &write).require_success();
}

/// Takes it away again.
pub fn step_aside(sandbox: &Sandbox, program: &str) {
    fs::remove_file(sandbox.path("bin").join(program)).unwrap();
}

/// A directory with `certificate.pem` and `key.pem` for the name and all below it, of the CA in `root`. The times are
/// words that date(1) knows.
pub fn issue(sandbox: &Sandbox, root: &Path, directory: &str, name: &str, from: &str, until: &str) -> PathBuf {
    let directory = sandbox.directory(directory);
    let mut command = sandbox.command("bash", &directory);
    command.args(["-euo", "pipefail", "-c", ISSUE, "bash"]).arg(root).args([name, from, until]);
    sandbox.run(&mut command).require_success();
    directory
}

/// `openssl s_server` with a pair, until dropped.
pub struct Server(Child);

impl Server {
    pub fn start(sandbox: &Sandbox, pair: &Path, port: u16) -> Server {
        let address = format!("127.0.0.1:{port}");
        let mut command = sandbox.command("openssl", pair);
        command.args(["s_server", "-quiet", "-cert", "certificate.pem", "-key", "key.pem", "-accept", &address]);
        // It ends with what it reads.
        let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Server(child);
        await_true("openssl listens", || std::net::TcpStream::connect(&address).is_ok());
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
