//! Programs that are asked whether they trust the CA: each shakes hands with a server that shows a certificate of it.
//!
//! They run in the user's environment, since that decides too: `NODE_EXTRA_CA_CERTS` for one.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use super::tls::Server;
use super::{Trust, check_name};
use crate::sys::process::{self, Captured};
use crate::sys::{env, files};

/// For one program, which may be slow to start.
const PATIENCE: Duration = Duration::from_secs(15);

/// How curl ends where it does not trust the server; the scripts below do likewise.
const UNTRUSTED: i32 = 60;

/// How a script ends where its language has no such library.
const NO_SUCH_LIBRARY: i32 = 3;

const NODE: &str = "
const [port, servername] = process.argv.slice(1);
const options = { host: '127.0.0.1', port: Number(port), servername, rejectUnauthorized: true };
const socket = require('tls').connect(options, () => process.exit(0));
socket.setTimeout(5000, () => { console.error('no answer'); process.exit(1); });
socket.on('error', error => {
  console.error(error.code || error.message);
  process.exit(/UNABLE_TO|SELF_SIGNED|UNTRUSTED/.test(error.code) ? 60 : 1);
});
";

// The current directory may hold anything, a `ssl.py` among it.
const PYTHON: &str = "
import sys
sys.path[:] = [place for place in sys.path if place]
import socket, ssl
try:
    with socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5) as stream:
        ssl.create_default_context().wrap_socket(stream, server_hostname=sys.argv[2]).close()
except ssl.SSLCertVerificationError as error:
    sys.exit(60)
";

const REQUESTS: &str = "
import sys
sys.path[:] = [place for place in sys.path if place]
try:
    import requests
except ImportError:
    sys.exit(3)
try:
    requests.get('https://127.0.0.1:' + sys.argv[1] + '/', timeout=5)
except requests.exceptions.SSLError:
    sys.exit(60)
";

/// What reads the system's store and nothing else.
const OTHER_BUNDLES: [&str; 3] = ["CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/// Whether it trusts the CA, and what there is to say about it.
pub(super) type Answer = (Trust, String);

/// The system's store, as curl reads it, else openssl.
pub(super) fn system(server: &Server) -> Answer {
    let (name, port) = (check_name().to_string(), server.address.port().to_string());
    let without: Vec<(&str, Option<&OsStr>)> = OTHER_BUNDLES.iter().map(|name| (*name, None)).collect();
    if process::find_program("curl").is_some() {
        let resolved = format!("{name}:{port}:127.0.0.1");
        let url = format!("https://{name}:{port}/");
        let args = ["--disable", "--silent", "--show-error", "--noproxy", "*", "--max-time", "10", "--output"];
        return ask("curl", &[&args[..], &["/dev/null", "--resolve", &resolved, &url]].concat(), &without);
    }
    let address = server.address.to_string();
    let args = ["s_client", "-connect", &address, "-servername", &name, "-verify_hostname", &name];
    match ask("openssl", &[&args[..], &["-verify_return_error", "-brief"]].concat(), &without) {
        (Trust::Unknown, said) if said.contains("verify") || said.contains("certificate") => {
            (Trust::NotTrusted, String::new())
        }
        (Trust::Absent, _) => (Trust::Unknown, "neither curl nor openssl is there to ask".to_owned()),
        answer => answer,
    }
}

pub(super) fn node(server: &Server) -> Answer {
    let (name, port) = (check_name().to_string(), server.address.port().to_string());
    because(ask("node", &["-e", NODE, &port, &name], &[]), &["NODE_EXTRA_CA_CERTS"])
}

pub(super) fn python(server: &Server) -> Answer {
    let (name, port) = (check_name().to_string(), server.address.port().to_string());
    because(ask("python3", &["-c", PYTHON, &port, &name], &[]), &["SSL_CERT_FILE", "SSL_CERT_DIR"])
}

/// The library `requests`, which brings a store of its own.
pub(super) fn requests(server: &Server) -> Answer {
    let port = server.address.port().to_string();
    let no_proxy = [("NO_PROXY", Some(OsStr::new("127.0.0.1"))), ("no_proxy", Some(OsStr::new("127.0.0.1")))];
    let answer = ask("python3", &["-c", REQUESTS, &port], &no_proxy);
    because(answer, &["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
}

fn ask(program: &str, args: &[&str], variables: &[(&str, Option<&OsStr>)]) -> Answer {
    let Some(path) = process::find_program(program) else {
        return (Trust::Absent, format!("no {program}"));
    };
    let last_line = |said: &[u8]| {
        let said = String::from_utf8_lossy(said);
        said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it said nothing").to_owned()
    };
    match process::capture_with(&path, args, variables, PATIENCE) {
        Ok(Captured { is_success: true, .. }) => (Trust::Trusted, String::new()),
        Ok(Captured { code: Some(UNTRUSTED), .. }) => (Trust::NotTrusted, String::new()),
        Ok(Captured { code: Some(NO_SUCH_LIBRARY), .. }) if program == "python3" => {
            (Trust::Absent, "no such library".to_owned())
        }
        Ok(Captured { stderr, .. }) => (Trust::Unknown, format!("{program}: {}", last_line(&stderr))),
        Err(error) => (Trust::Unknown, format!("{program}: {error}")),
    }
}

/// Names the first of the variables that is set: it decides, and not the program's own store.
fn because((trust, detail): Answer, variables: &[&str]) -> Answer {
    let set = variables.iter().find_map(|name| Some((name, env::var(name)?)));
    match set {
        Some((name, value)) if detail.is_empty() && trust != Trust::Absent => {
            let gone = if files::exists(Path::new(&value)) { "" } else { ", which is not there" };
            (trust, format!("by {name}={value}{gone}"))
        }
        _ => (trust, detail),
    }
}
