//! Projects as text, and what is read from them.

use std::path::{Path, PathBuf};

use super::*;
use crate::model::Published;
use crate::sys::files;

/// A project's directory and the process environment it is read in.
struct Directory {
    root: tempfile::TempDir,
    env: Vec<(&'static str, &'static str)>,
}

impl Directory {
    fn new(files: &[(&str, &str)], env: &[(&'static str, &'static str)]) -> Directory {
        let root = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            let path = root.path().join(name);
            files::make_dir(path.parent().expect("below the root")).expect("made");
            files::replace(&path, text.as_bytes(), 0o644).expect("written");
        }
        Directory { root, env: env.to_vec() }
    }

    fn load(&self) -> Result<Project, ComposeError> {
        let lookup =
            |name: &str| self.env.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        load_project(self.root.path(), &lookup)
    }

    fn local(&self, path: &Path) -> String {
        path.strip_prefix(self.root.path()).unwrap_or(path).display().to_string()
    }

    /// One line a port: `service host->container/protocol variable kind file:line`.
    fn ports(&self) -> Vec<String> {
        match self.load() {
            Ok(project) => project.ports.iter().map(|port| self.line_of(port)).collect(),
            Err(error) => vec![self.error_line(&error)],
        }
    }

    fn line_of(&self, port: &PublishedPort) -> String {
        let host = match (&port.host_ip, port.published.preferred()) {
            (Some(ip), Some(port)) => format!("{ip}:{port}"),
            (Some(ip), None) => format!("{ip}:"),
            (None, Some(port)) => port.to_string(),
            (None, None) => "*".to_owned(),
        };
        let variable = match &port.published {
            Published::Variable { name, .. } => format!(" ${name}"),
            _ => String::new(),
        };
        let source = format!("{}:{}", self.local(&port.source.file), port.source.line);
        let (service, container, protocol) = (&port.service, port.container_port, port.protocol);
        format!("{service} {host}->{container}/{protocol}{variable} {source}")
    }

    fn error_line(&self, error: &ComposeError) -> String {
        error.to_string().replace(&format!("{}/", self.root.path().display()), "")
    }
}

#[track_caller]
fn check(files: &[(&str, &str)], env: &[(&'static str, &'static str)], expected: &[&str]) {
    assert_eq!(Directory::new(files, env).ports(), expected);
}

/// One service `a` with one entry of `ports`, read in an environment that a parent shell has left.
#[track_caller]
fn check_entry(entry: &str, dotenv: &str, expected: &[&str]) {
    let compose = format!("services:\n  a:\n    image: x\n    ports:\n      - {entry}\n");
    let env = [("LEAKED", "6000"), ("ADDRESS", "127.0.0.2"), ("TARGET", "81")];
    let ports = Directory::new(&[("compose.yaml", &compose), (".env", dotenv)], &env).ports();
    let expected: Vec<String> = expected
        .iter()
        .map(
            |line| {
                if line.starts_with("compose.yaml") { (*line).to_owned() } else { format!("a {line} compose.yaml:5") }
            },
        )
        .collect();
    assert_eq!(ports, expected, "{entry} {dotenv}");
}

#[test]
fn short_entries() {
    let check = |entry: &str, expected: &[&str]| check_entry(entry, "", expected);
    check("80", &["*->80/tcp"]);
    check("'80'", &["*->80/tcp"]);
    check("8080:80", &["8080->80/tcp"]);
    check("'0:80'", &["*->80/tcp"]);
    check("':80'", &["*->80/tcp"]);
    check("127.0.0.1:8080:80/udp", &["127.0.0.1:8080->80/udp"]);
    check("'127.0.0.1::80'", &["127.0.0.1:->80/tcp"]);
    check("'[::1]:8080:80'", &["::1:8080->80/tcp"]);
    check("53:53/UDP", &["53->53/udp"]);
    check("8080:80/tcp/udp", &["8080->80/tcp"]);
    check("'3000-3001:4000-4001'", &["3000->4000/tcp", "3001->4001/tcp"]);
    check("'4000-4001'", &["*->4000/tcp", "*->4001/tcp"]);
    check("'3000-3005:80'", &["3000->80/tcp"]);
    for (entry, message) in [
        ("''", "no port specified: ``"),
        ("'80:'", "no port specified: `80:`"),
        ("abc", "invalid containerPort: abc"),
        ("'80:70000'", "invalid containerPort: 70000"),
        ("'80:0'", "invalid containerPort: 0"),
        ("-1", "invalid containerPort: -1"),
        ("70000:80", "invalid hostPort: 70000"),
        ("' 80:80'", "invalid hostPort:  80"),
        ("5-3:80", "invalid hostPort: 5-3"),
        ("'$$P:80'", "invalid hostPort: $P"),
        ("80/foo", "invalid proto: foo"),
        ("localhost:80:80", "invalid ip address: localhost"),
        ("'::1:80:80'", "invalid ip address ::1: an IPv6 address stands in brackets"),
        ("3000-3002:80-81", "invalid ranges for container and host ports: 80-81 and 3000-3002"),
        ("true", "services.a.ports.0 must be a mapping, number or string, not boolean"),
    ] {
        check(entry, &[&format!("compose.yaml:5: {message}")]);
    }
}

#[test]
fn long_entries() {
    let check = |entry: &str, expected: &[&str]| check_entry(entry, "", expected);
    check("{target: 80}", &["*->80/tcp"]);
    check("{target: '80', published: 8080, mode: host, name: web}", &["8080->80/tcp"]);
    check("{target: 80, published: '8080-8085', protocol: udp, host_ip: 127.0.0.1}", &["127.0.0.1:8080->80/udp"]);
    check("{target: 80, published: ''}", &["*->80/tcp"]);
    check("{target: 80, published: '${P:-90}'}", &["90->80/tcp $P"]);
    check("{target: '${TARGET:-80}', published: '${P}', host_ip: '$ADDRESS'}", &["127.0.0.2:81->81/tcp $P"]);
    check("{published: 80}", &["compose.yaml:5: a port is missing its target"]);
    check("{target: 80, published: abc}", &["compose.yaml:5: invalid hostPort: abc"]);
}

#[test]
fn the_variable_is_the_one_that_moves_the_host_port_alone() {
    let check = check_entry;
    check("'${P}:80'", "", &["80->80/tcp $P"]);
    check("'$P:80'", "P=90", &["90->80/tcp $P"]);
    check("'${P:-90}:80'", "", &["90->80/tcp $P"]);
    check("'${P:-90}:80'", "P=91", &["91->80/tcp $P"]);
    check("'${P:?set it}:80'", "", &["80->80/tcp $P"]);
    check("'${P:+$P}:80'", "", &["80->80/tcp $P"]);
    check("'${LEAKED:-90}:80'", "", &["90->80/tcp $LEAKED"]);
    check("'${A:-${B:-90}}:80'", "", &["90->80/tcp $A"]);
    check("'${A:-${LEAKED:-90}}:80'", "", &["90->80/tcp $A"]);
    check("'${ADDRESS:-127.0.0.1}:${P:-90}:80'", "", &["127.0.0.2:90->80/tcp $P"]);
    check("'${ADDRESS:+$ADDRESS:}${P}:80'", "", &["127.0.0.2:80->80/tcp $P"]);
    check("'${P:-90}:${TARGET:-80}'", "", &["90->81/tcp $P"]);
    check("'${P:-90}:${P:-90}'", "", &["90->90/tcp $P"]);
    check("'${BIND}:80'", "BIND=127.0.0.1:6000", &["127.0.0.1:6000->80/tcp"]);
    check("'${PORTS:-8080:80}'", "", &["8080->80/tcp"]);
    check("'808${N}:80'", "N=1", &["8081->80/tcp"]);
    check("'${TLS:+8443}:443'", "TLS=1", &["8443->443/tcp"]);
    check("'${LOW:-3000}-${HIGH:-3001}:80-81'", "", &["3000->80/tcp", "3001->81/tcp"]);
    check("'${RANGE:-3000-3001}:80-81'", "", &["3000->80/tcp", "3001->81/tcp"]);
    check(
        "'8080:${P'",
        "",
        &["compose.yaml:5: services.a.ports.[]: invalid interpolation format `8080:${P`: \
          you may need to escape any $ with another $"],
    );
}

#[test]
fn files_are_found_and_merged() {
    let service = |port: &str| format!("services: {{a: {{image: x, ports: ['{port}']}}}}\n");
    let [one, two, three] = ["1:1", "2:2", "3:3"].map(service);
    check(&[], &[], &[]);
    check(
        &[("docker-compose.yaml", &one), ("docker-compose.yml", &two), ("compose.yml", &three)],
        &[],
        &["a 3->3/tcp compose.yml:1"],
    );
    check(
        &[("docker-compose.yml", &one), ("compose.override.yaml", &two)],
        &[],
        &["a 1->1/tcp docker-compose.yml:1", "a 2->2/tcp compose.override.yaml:1"],
    );
    check(
        &[("compose.yaml", &one), ("compose.override.yaml", "services: {a: {ports: !override ['2:1']}}")],
        &[],
        &["a 2->1/tcp compose.override.yaml:1"],
    );
    check(&[("compose.yaml", &one), ("compose.override.yaml", "services: {a: {ports: !reset []}}")], &[], &[]);
    check(
        &[("compose.yaml", &one), ("compose.override.yaml", "services: {a: {ports: ['0.0.0.0:1:1', '1:1/udp']}}")],
        &[],
        &["a 0.0.0.0:1->1/tcp compose.override.yaml:1", "a 1->1/udp compose.override.yaml:1"],
    );
    check(
        &[("x/y.yml", &one), (".env", "COMPOSE_FILE=x/y.yml:z.yml"), ("z.yml", &two)],
        &[],
        &["a 1->1/tcp x/y.yml:1", "a 2->2/tcp z.yml:1"],
    );
}

#[test]
fn a_host_port_s_variable_is_hidden_everywhere() {
    let compose = "services:\n  a: {image: x, ports: ['8080:${P:-80}']}\n  b: {image: x, ports: ['${P:-90}:90']}\n";
    check(
        &[("compose.yaml", compose)],
        &[("P", "6000")],
        &["a 8080->80/tcp compose.yaml:2", "b 90->90/tcp $P compose.yaml:3"],
    );
}

#[test]
fn bad_files_are_named() {
    let check = |text: &str, expected: &str| check(&[("compose.yaml", text)], &[], &[expected]);
    check("- a\n", "compose.yaml:1: the top level of a compose file must be a mapping");
    check("services: []\n", "compose.yaml:1: services must be a mapping");
    check("services:\n  a: 1\n", "compose.yaml:2: services.a must be a mapping, not integer");
    check("services:\n  a: {ports: 80}\n", "compose.yaml:2: services.a.ports must be a list, not integer");
}

#[test]
fn what_is_no_file_is_an_error_that_names_it() {
    use std::os::unix::fs::symlink;
    let directory = Directory::new(&[("compose.yaml/x", "")], &[]);
    assert_eq!(directory.ports(), ["compose.yaml: a directory, not a file"]);
    let directory = Directory::new(&[], &[]);
    symlink("nowhere", directory.root.path().join("compose.yaml")).expect("linked");
    assert_eq!(directory.ports(), ["compose.yaml: a dangling link: its target does not exist"]);
    let error = directory.load().expect_err("refused");
    assert!(error.inputs.contains(&directory.root.path().join("compose.yaml")), "{:?}", error.inputs);
}

#[test]
fn inputs_are_every_place_that_counts() {
    let directory = Directory::new(&[("compose.yml", "services: {a: {image: x}}")], &[]);
    let project = directory.load().expect("read");
    let inputs: Vec<String> = project.inputs.iter().map(|path| directory.local(path)).collect();
    assert_eq!(project.files, [directory.root.path().join("compose.yml")] as [PathBuf; 1]);
    assert_eq!(inputs[0], ".env");
    for name in FILE_NAMES {
        assert!(inputs.iter().any(|input| input == name), "{name} in {inputs:?}");
    }
    assert!(inputs.iter().any(|input| input == "compose.override.yml"), "{inputs:?}");
}
