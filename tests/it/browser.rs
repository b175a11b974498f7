//! Headless Chromium inside a [`World`], driven by its own driver (W3C WebDriver, <https://www.w3.org/TR/webdriver2/>).

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::World;

/// Nothing but the page it is told to open; certificates and names as for any user.
const ARGUMENTS: [&str; 9] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1024,768",
];

/// A browser with a profile of its own, which keeps its cookies from page to page until it is dropped.
pub struct Browser<'a> {
    world: &'a World,
    driver: Child,
    /// The session's address inside.
    session: String,
    profile: TempDir,
}

/// What stood in the window after an address was opened.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    pub title: String,
    /// What is to be read of the body.
    pub text: String,
    /// Why it is the browser's own page instead: `ERR_CERT_AUTHORITY_INVALID`, `ERR_NAME_NOT_RESOLVED`, ...
    pub error: Option<String>,
}

impl Page {
    /// Whether the certificate was refused, which is shown as a page with a warning.
    pub fn is_certificate_warning(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.starts_with("ERR_CERT_") || error.starts_with("ERR_SSL_"))
    }
}

impl<'a> Browser<'a> {
    #[track_caller]
    pub fn new(world: &'a World) -> Browser<'a> {
        let profile = tempfile::Builder::new().prefix("chromium-").tempdir_in(world.sandbox.path("")).unwrap();
        let mut command = world.command("chromedriver", &world.sandbox.path("home"));
        let mut driver = command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let port = read_port(&mut driver);
        let mut browser = Browser { world, driver, session: format!("http://127.0.0.1:{port}"), profile };
        let mut arguments = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", browser.profile.path().display()));
        let options = json!({ "browserName": "chrome", "acceptInsecureCerts": false, "timeouts": { "pageLoad": 30_000 },
            "goog:chromeOptions": { "binary": "/usr/bin/chromium", "args": arguments } });
        let session = browser.require("/session", &json!({ "capabilities": { "alwaysMatch": options } }));
        browser.session += &format!("/session/{}", session["sessionId"].as_str().unwrap());
        browser
    }

    /// Opens an address as if it had been typed, and waits until it is loaded.
    #[track_caller]
    pub fn open(&self, url: &str) -> Page {
        // It gives up whatever it is loading when a network link comes or goes, as an engine's do.
        let pages = std::iter::repeat_with(|| self.open_once(url)).take(5);
        let settled = pages.into_iter().find(|page| !page.text.contains("ERR_NETWORK_CHANGED"));
        settled.unwrap_or_else(|| panic!("{url}: the network does not settle"))
    }

    #[track_caller]
    fn open_once(&self, url: &str) -> Page {
        let answer = self.post("/url", &json!({ "url": url }));
        // The driver counts the warning of a certificate as a page like others. Its address tells, and a hidden part
        // of it says why it is shown.
        let shown = "return location.protocol == 'chrome-error:' ? document.body.textContent : ''";
        let error = match answer["message"].as_str() {
            Some(message) => net_error(message),
            None => net_error(&self.execute(shown).as_str().unwrap().replace("NET::", "net::")),
        };
        assert!(error.is_some() || answer.is_null(), "{url}: {answer}");
        Page { error, ..self.page() }
    }

    /// What stands in the window now.
    #[track_caller]
    pub fn page(&self) -> Page {
        let read = self.execute("return [document.title, document.body ? document.body.innerText : ''];");
        let text = |number: usize| read[number].as_str().unwrap().trim().to_owned();
        Page { title: text(0), text: text(1), error: None }
    }

    /// Runs a function's body in the page. Gives what it returns; a promise is waited for.
    #[track_caller]
    pub fn execute(&self, script: &str) -> Value {
        self.require("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// The window as a PNG, in a file of the sandbox.
    #[track_caller]
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let file = self.world.sandbox.path(name);
        let curl = format!("curl --silent --fail {}/screenshot", self.session);
        let decode = "sed 's/.*\"value\":\"//; s/\".*//' | base64 --decode";
        self.world.script(&format!("{curl} | {decode} >{}", file.display())).require_success();
        file
    }

    #[track_caller]
    fn require(&self, path: &str, body: &Value) -> Value {
        let value = self.post(path, body);
        assert!(value.get("error").is_none(), "{path}: {value}");
        value
    }

    /// The `value` of the driver's answer, an error's too.
    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        let mut command = self.world.command("curl", &self.world.sandbox.path("home"));
        command.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "50", "--data-binary"]);
        command.arg(body.to_string()).arg(format!("{}{path}", self.session));
        self.world.run(&mut command).json()["value"].take()
    }
}

impl Drop for Browser<'_> {
    fn drop(&mut self) {
        let script = format!("curl --silent --max-time 10 --request DELETE {} >/dev/null", self.session);
        self.world.script(&script);
        // This ends nsenter; the driver itself ends with the world.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// The first of Chromium's own error names in a text.
fn net_error(text: &str) -> Option<String> {
    let (_, name) = text.split_once("net::")?;
    Some(name.chars().take_while(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || *it == '_').collect())
}

/// The port that the driver says it took. What else it says is read, so that it never waits for a reader.
fn read_port(driver: &mut Child) -> u16 {
    let mut lines = BufReader::new(driver.stdout.take().unwrap());
    loop {
        let mut line = String::new();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "chromedriver ended; `tests/run` installs it");
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            thread::spawn(move || lines.read_to_end(&mut Vec::new()));
            return port.trim().trim_end_matches('.').parse().unwrap();
        }
    }
}

#[test]
fn it_reads_a_page_and_keeps_cookies() {
    let world = World::new();
    world.write("/etc/dnsmasq.d/gantry.conf", "address=/shop.test/127.0.0.1\n");
    world.start_dnsmasq_system();
    world.sandbox.write("www/index.html", "<title>Shop</title><h1>Welcome</h1><p hidden>not seen</p>");
    let www = world.sandbox.path("www");
    world.script(&format!("busybox httpd -p 127.0.0.1:8000 -h {}", www.display())).require_success();
    let browser = Browser::new(&world);
    let page = browser.open("http://shop.test:8000/");
    assert_eq!(page, Page { title: "Shop".to_owned(), text: "Welcome".to_owned(), error: None });
    browser.execute("document.cookie = 'user=tess'");
    browser.open("http://shop.test:8000/index.html");
    assert_eq!(browser.execute("return document.cookie"), "user=tess");
    let png = std::fs::read(browser.screenshot("page.png")).unwrap();
    assert!(png.starts_with(b"\x89PNG\r\n") && png.len() > 1000, "{} bytes", png.len());

    let other = Browser::new(&world);
    other.open("http://shop.test:8000/");
    assert_eq!(other.execute("return document.cookie"), "", "a profile of its own");
    assert_eq!(other.open("http://shop.test:8001/").error.as_deref(), Some("ERR_CONNECTION_REFUSED"));
    assert_eq!(other.open("http://other.test/").error.as_deref(), Some("ERR_NAME_NOT_RESOLVED"));
}

/// mkcert's stores are all the world's own here: its home, and copies of the machine's.
#[test]
fn it_warns_of_a_certificate_until_its_authority_is_trusted() {
    let mut world = World::new();
    let authority = world.sandbox.directory("ca");
    world.sandbox.set("CAROOT", authority);
    world.sandbox.set("TRUST_STORES", "none");
    world
        .script("echo '127.0.0.1 shop.test' >>/etc/hosts; mkcert -cert-file c.pem -key-file k.pem shop.test")
        .require_success();
    world.sandbox.write(
        "home/Caddyfile",
        "{\n admin off\n auto_https off\n skip_install_trust\n}\nhttps://shop.test {\n tls c.pem k.pem\n respond \"in the shop\"\n}\n",
    );
    world.script("caddy start --config Caddyfile >caddy.log 2>&1").require_success();
    let page = Browser::new(&world).open("https://shop.test/");
    assert_eq!((page.error.as_deref(), page.title.as_str()), (Some("ERR_CERT_AUTHORITY_INVALID"), "Privacy error"));
    assert!(page.is_certificate_warning());

    world.script("mkdir -p .pki/nssdb; certutil -N -d sql:.pki/nssdb --empty-password").require_success();
    let trust = "certutil -A -d sql:.pki/nssdb -t C,, -n gantry-test -i $CAROOT/rootCA.pem";
    world.script(trust).require_success();
    let page = Browser::new(&world).open("https://shop.test/");
    assert_eq!((page.text.as_str(), page.error), ("in the shop", None));
}
