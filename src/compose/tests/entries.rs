//! Entries of `ports`.

use super::{Directory, check};

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
fn entries_are_one_where_address_ports_and_variable_are() {
    check(
        &[("compose.yaml", "services: {a: {image: x, ports: ['${P}:80', '80', '0.0.0.0:${P}:80', ':80']}}")],
        &[],
        &["a 0.0.0.0:80->80/tcp $P compose.yaml:1", "a *->80/tcp compose.yaml:1"],
    );
}
