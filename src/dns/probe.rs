//! How one name is resolved: by the system as every program asks it and, where that fails, by each layer below.

use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::Result;

use super::error::DnsError;
use super::facts::Facts;
use super::layer::{Line, State, line_of};
use super::record::{Record, own};
use super::{place, query};
use crate::model::{DomainName, Tld};
use crate::sys::{clock, process};

/// What the layers say of a name.
#[derive(Clone, Debug)]
pub struct Test {
    pub name: DomainName,
    /// What the system's resolver answers.
    pub addresses: Vec<IpAddr>,
    /// From the set-up to the system; without any where the system's answer is good.
    pub lines: Vec<Line>,
}

/// A resolver waits for servers that do not answer: resolv.conf(5) has five seconds, twice.
const PATIENCE: Duration = Duration::from_secs(15);

impl Test {
    pub fn is_ok(&self) -> bool {
        !self.addresses.is_empty() && self.addresses.iter().all(IpAddr::is_loopback)
    }

    /// The layer that fails: those above it fail because of it.
    pub fn first_bad(&self) -> Option<&Line> {
        self.lines.iter().find(|line| line.state != State::Good)
    }
}

/// Asks the system; where its answer is not this machine, asks layer by layer.
///
/// # Errors
/// [`DnsError::Missing`] without `getent`; the record cannot be read.
pub fn examine(name: &DomainName, tld: Tld) -> Result<Test> {
    let addresses = ask_system(name)?;
    let mut test = Test { name: name.clone(), addresses, lines: Vec::new() };
    if test.is_ok() {
        return Ok(test);
    }
    test.lines.push(domain(name, tld));
    let record = Record::load()?;
    let facts = Facts::gather(&own(record.as_ref()));
    match &record {
        Some(record) => {
            test.lines.extend(record.changes.iter().filter_map(line_of));
            test.lines.extend(record.server().map(|server| answer(server, name)));
        }
        None if tld == Tld::Localhost => {}
        None => test.lines.push(Line::not_set_up()),
    }
    test.lines.extend(route(&facts, name));
    test.lines.push(system(&facts, &test));
    Ok(test)
}

/// Whether names under the domain are this machine now.
///
/// # Errors
/// As [`ask_system`].
pub fn is_resolved(tld: Tld) -> Result<bool> {
    let found = ask_system(&random_name(tld))?;
    Ok(!found.is_empty() && found.iter().all(IpAddr::is_loopback))
}

/// A name that nobody has asked for: no cache has it.
pub fn random_name(tld: Tld) -> DomainName {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("gantry-{:x}-{:x}-{count:x}.{tld}", std::process::id(), clock::now());
    name.parse().expect("letters, digits and hyphens before a domain")
}

/// The addresses as a sentence has them.
pub fn list(addresses: &[IpAddr]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}

/// What programs get that ask the C library; empty where the name is not found.
///
/// # Errors
/// [`DnsError::Missing`] without the program that asks.
pub fn ask_system(name: &DomainName) -> Result<Vec<IpAddr>> {
    let program = if cfg!(target_os = "macos") { "dscacheutil" } else { "getent" };
    let found = process::find_program(program).ok_or(DnsError::Missing { program })?;
    let options: &[&str] = match cfg!(target_os = "macos") {
        true => &["-q", "host", "-a", "name", name.as_str()],
        false => &["ahosts", name.as_str()],
    };
    let answer = process::output(&found, options, PATIENCE).unwrap_or_default();
    Ok(addresses_in(&String::from_utf8_lossy(&answer)))
}

/// `127.0.0.1 STREAM shop.test`, three lines an address; of dscacheutil, `ip_address: 127.0.0.1`.
fn addresses_in(text: &str) -> Vec<IpAddr> {
    let words = text.lines().flat_map(|line| line.split_whitespace().take(2));
    let mut found: Vec<IpAddr> = words.filter_map(|word| word.parse().ok()).collect();
    found.sort();
    found.dedup();
    found
}

fn domain(name: &DomainName, tld: Tld) -> Line {
    let is_under = name.as_str().strip_suffix(tld.as_str()).is_some_and(|rest| rest.ends_with('.'));
    match is_under {
        true => Line::good("name", format!("{name} is under .{tld}")),
        false => {
            let text = format!("{name} is not under .{tld}, so gantry has nothing to do with it");
            Line::bad("name", text, &format!("ask for a name that ends in .{tld}"))
        }
    }
}

fn answer(server: std::net::SocketAddr, name: &DomainName) -> Line {
    let mend = if server.port() == 53 { "gantry dns setup" } else { "gantry dns stop, then gantry dns start" };
    match query::addresses(server, name) {
        Ok(found) if found.is_empty() => Line::bad("answer", format!("dnsmasq on {server} knows no {name}"), mend),
        Ok(found) if found.iter().all(IpAddr::is_loopback) => {
            Line::good("answer", format!("dnsmasq on {server} says {}", list(&found)))
        }
        Ok(found) => Line::bad("answer", format!("dnsmasq on {server} says {}", list(&found)), mend),
        Err(error) => Line::bad("answer", format!("dnsmasq on {server}: {error}"), mend),
    }
}

/// Whether systemd-resolved, where that is asked, asks dnsmasq.
fn route(facts: &Facts, name: &DomainName) -> Option<Line> {
    if !facts.asks_resolved() {
        return None;
    }
    let resolvectl = process::find_program("resolvectl")?;
    let mend = "`resolvectl status` shows which servers it asks; gantry dns setup";
    let options = ["--no-pager", "--legend=no", "query", name.as_str()];
    Some(match process::capture(&resolvectl, &options, PATIENCE) {
        Ok(captured) if captured.is_success => {
            let text = String::from_utf8_lossy(&captured.stdout).into_owned();
            let found = addresses_of(&text);
            let says = format!("systemd-resolved says {}", list(&found));
            let is_good = !found.is_empty() && found.iter().all(IpAddr::is_loopback);
            if is_good { Line::good("route", says) } else { Line::bad("route", says, mend) }
        }
        Ok(captured) => {
            let said = String::from_utf8_lossy(&captured.stderr).trim().to_owned();
            Line::bad("route", format!("systemd-resolved does not find it: {said}"), mend)
        }
        Err(error) => Line::bad("route", format!("systemd-resolved is not asked: {error}"), mend),
    })
}

/// `shop.test: 127.0.0.1 -- link: lo`, and further addresses on lines of their own.
fn addresses_of(text: &str) -> Vec<IpAddr> {
    let words = text.lines().flat_map(str::split_whitespace);
    words.filter_map(|word| word.split('%').next()?.parse().ok()).collect()
}

fn system(facts: &Facts, test: &Test) -> Line {
    let (name, servers) = (&test.name, facts.who());
    let sources = facts.sources.join(" ");
    if test.addresses.is_empty() {
        let text = format!("the system does not find {name}; it asks {servers} (hosts: {sources})");
        return Line::bad("system", text, "gantry dns setup takes the way that fits what resolves here");
    }
    let found = list(&test.addresses);
    match is_in_hosts(name) {
        true => Line::bad("system", format!("/etc/hosts says {found} for {name}"), "take the line out of /etc/hosts"),
        false => {
            let text = format!("{servers} says {found} for {name}, which is not this machine");
            Line::bad("system", text, "gantry dns setup")
        }
    }
}

fn is_in_hosts(name: &DomainName) -> bool {
    let text = place::read(Path::new("/etc/hosts")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    lines.flat_map(|line| line.split_whitespace().skip(1)).any(|word| word == name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_programs_print() {
        #[track_caller]
        fn check(text: &str, expected: &[&str]) {
            let expected: Vec<IpAddr> = expected.iter().map(|it| it.parse().unwrap()).collect();
            assert_eq!(addresses_in(text), expected);
        }
        check("", &[]);
        let getent = "::1             STREAM a.test\n::1             DGRAM  \n127.0.0.1       STREAM \n";
        check(getent, &["127.0.0.1", "::1"]);
        check("name: a.test\nipv6_address: ::1\n\nname: a.test\nip_address: 127.0.0.1\n", &["127.0.0.1", "::1"]);
        let text = "a.test: ::1                      -- link: lo\n        127.0.0.1 -- link: lo\n";
        assert_eq!(list(&addresses_of(text)), "::1 and 127.0.0.1");
    }

    #[test]
    fn names_of_the_domain() {
        let check = |name: &str, tld: Tld, expected: State| {
            assert_eq!(domain(&name.parse().unwrap(), tld).state, expected, "{name} {tld}");
        };
        check("shop.test", Tld::Test, State::Good);
        check("api.shop.home.arpa", Tld::HomeArpa, State::Good);
        check("shop.mytest", Tld::Test, State::Bad);
        check("shop.test.example", Tld::Test, State::Bad);
        assert!(random_name(Tld::HomeArpa).as_str().ends_with(".home.arpa"));
    }
}
