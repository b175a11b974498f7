//! What a set-up changes, computed before anything is: each change with its whole contents, and what it replaces.

use std::path::{Path, PathBuf};

use super::change::Change;
use super::daemon::CONFIG;
use super::error::DnsError;
use super::facts::Facts;
use super::method::{LINK, Method};
use super::record::Record;
use crate::model::Tld;

/// A whole set-up.
#[derive(Clone, Debug)]
pub struct Plan {
    pub method: Method,
    pub tld: Tld,
    /// In the order in which they are made.
    pub changes: Vec<Change>,
    /// Those that are not in place yet.
    pub pending: Vec<Change>,
    /// What stands now, and goes away first.
    pub replaces: Option<Record>,
    /// What stands now is this already, in whole or in part.
    pub stands: Option<Record>,
    /// It stands, and yet names are not resolved.
    pub is_broken: bool,
    /// The resolver will ask gantry's dnsmasq for all names, beside its own servers.
    pub asks_for_all: bool,
    /// The machine's domain for local names becomes the plan's.
    pub sets_tld: bool,
}

impl Plan {
    /// What is kept of it once it stands.
    pub fn record(&self) -> Record {
        Record { changes: self.changes.clone(), ..Record::new(self.method, self.tld) }
    }

    /// What stands now.
    pub fn former(&self) -> Option<&Record> {
        self.stands.as_ref().or(self.replaces.as_ref())
    }

    /// Whether all is as it will be.
    pub fn is_done(&self) -> bool {
        self.pending.is_empty() && self.stands.is_some() && !self.is_broken && !self.sets_tld
    }
}

/// What a plan is made from, beside the facts.
#[derive(Clone, Debug)]
pub struct Site<'a> {
    pub method: Method,
    pub tld: Tld,
    /// Where gantry's own dnsmasq listens.
    pub port: u16,
    pub has_ipv6: bool,
    /// The user's own directory, for what is written before it is installed.
    pub drafts: &'a Path,
    /// `systemctl` is there to restart services.
    pub has_systemctl: bool,
}

/// How each file begins.
const MARK: &str = "# Written by `gantry dns setup`; `gantry dns remove` removes it.";

/// The changes that the method makes; `is_dir` tells which directories are there without gantry.
pub fn changes(facts: &Facts, site: &Site, is_dir: &dyn Fn(&Path) -> bool) -> Vec<Change> {
    let mut changes = Vec::new();
    if site.method.has_own_dnsmasq() {
        changes.push(Change::Daemon { port: site.port, contents: own_dnsmasq(site), config: site.drafts.join(CONFIG) });
    }
    let server = format!("127.0.0.1:{}", site.port);
    let route = format!("~{}", site.tld);
    match site.method {
        Method::Resolved => {
            let has_delegates = facts.resolved.as_ref().is_some_and(super::facts::Resolved::has_delegates);
            let (path, section) = match has_delegates {
                true => ("/etc/systemd/dns-delegate.d/gantry.dns-delegate", "Delegate"),
                false => ("/etc/systemd/resolved.conf.d/gantry.conf", "Resolve"),
            };
            let contents = format!("{MARK}\n[{section}]\nDNS={server}\nDomains={route}\n");
            install(&mut changes, path, contents, site, is_dir);
            changes.push(restart("systemd-resolved", site));
        }
        Method::ResolvedLink => changes.push(Change::Link { name: LINK.to_owned(), server, domain: route }),
        Method::NetworkManager => {
            let path = "/etc/NetworkManager/dnsmasq.d/gantry.conf";
            install(&mut changes, path, answers(site.tld), site, is_dir);
            changes
                .push(Change::Reload { command: ["nmcli", "general", "reload", "dns-full"].map(str::to_owned).into() });
        }
        Method::Dnsmasq => {
            install(&mut changes, "/etc/dnsmasq.d/gantry.conf", answers(site.tld), site, is_dir);
            changes.push(restart("dnsmasq", site));
        }
        Method::Resolver => {
            let contents = format!("{MARK}\nnameserver 127.0.0.1\nport {}\n", site.port);
            install(&mut changes, &format!("/etc/resolver/{}", site.tld), contents, site, is_dir);
        }
        Method::Localhost => {}
    }
    changes
}

/// The file, and those of the directories above it that are not there.
fn install(changes: &mut Vec<Change>, path: &str, contents: String, site: &Site, is_dir: &dyn Fn(&Path) -> bool) {
    let path = PathBuf::from(path);
    let mut absent: Vec<&Path> = path.ancestors().skip(1).take_while(|directory| !is_dir(directory)).collect();
    absent.reverse();
    changes.extend(absent.into_iter().map(|directory| Change::Directory { path: directory.to_owned() }));
    let draft = site.drafts.join(path.file_name().unwrap_or_default());
    changes.push(Change::File { path, contents, draft });
}

fn restart(service: &str, site: &Site) -> Change {
    let words = if site.has_systemctl { ["systemctl", "restart", service] } else { ["service", service, "restart"] };
    Change::Reload { command: words.map(str::to_owned).into() }
}

/// What dnsmasq is told of the domain: every name under it is this machine, and nobody else is asked for it.
fn answers(tld: Tld) -> String {
    format!("{MARK}\nlocal=/{tld}/\naddress=/{tld}/127.0.0.1\naddress=/{tld}/::1\n")
}

/// Without a server to forward to, it refuses every other name.
fn own_dnsmasq(site: &Site) -> String {
    let ipv6 = if site.has_ipv6 { "listen-address=::1\n" } else { "" };
    format!(
        "{}port={}\nlisten-address=127.0.0.1\n{ipv6}bind-interfaces\nno-resolv\nno-hosts\nno-poll\n",
        answers(site.tld),
        site.port
    )
}

/// Something that is not gantry's, where a change would put something; `read` gives what a file holds, `is_made` whether a
/// change stands. What is there just as it would be made is gantry's, though its record is lost.
///
/// # Errors
/// [`DnsError::Foreign`].
pub fn require_free(
    changes: &[Change],
    record: Option<&Record>,
    read: &dyn Fn(&Path) -> Option<Vec<u8>>,
    has_link: bool,
    is_made: &dyn Fn(&Change) -> bool,
) -> Result<(), DnsError> {
    let made = record.map_or(&[][..], |record| &record.changes);
    for change in changes {
        match change {
            Change::File { path, contents, .. } => {
                let is_ours = made.iter().any(|it| matches!(it, Change::File { path: made, .. } if made == path));
                if !is_ours && read(path).is_some_and(|found| found != contents.as_bytes()) {
                    return Err(DnsError::Foreign { what: path.display().to_string() });
                }
            }
            Change::Link { name, .. } => {
                let is_ours = made.iter().any(|it| matches!(it, Change::Link { .. }));
                if !is_ours && has_link && !is_made(change) {
                    return Err(DnsError::Foreign { what: format!("the link {name}") });
                }
            }
            Change::Daemon { .. } | Change::Directory { .. } | Change::Reload { .. } => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::{dnsmasq, macos, network_manager, resolved};
    use super::*;

    fn site(method: Method, tld: Tld) -> Site<'static> {
        Site { method, tld, port: 5354, has_ipv6: true, drafts: Path::new("/d"), has_systemctl: true }
    }

    /// The changes in short: what each does, and what a file holds below gantry's mark.
    fn shown(facts: &Facts, site: &Site, absent: &[&str]) -> String {
        let changes = changes(facts, site, &|path| !absent.iter().any(|it| path == Path::new(it)));
        let shown = changes.iter().map(|change| match change {
            Change::File { contents, .. } | Change::Daemon { contents, .. } => {
                format!("{}: {}\n", change.summary(), contents.replace(MARK, "").trim().replace('\n', " "))
            }
            _ => format!("{}\n", change.summary()),
        });
        shown.collect()
    }

    const OWN: &str = "start a dnsmasq of gantry's own on 127.0.0.1:5354: \
                       local=/test/ address=/test/127.0.0.1 address=/test/::1 port=5354 \
                       listen-address=127.0.0.1 listen-address=::1 bind-interfaces no-resolv no-hosts no-poll\n";

    #[test]
    fn what_each_method_changes() {
        #[track_caller]
        fn check(facts: &Facts, site: &Site, absent: &[&str], expected: &str) {
            assert_eq!(shown(facts, site, absent), expected);
        }
        check(
            &resolved(252, &[], true),
            &site(Method::Resolved, Tld::Test),
            &["/etc/systemd/resolved.conf.d"],
            &format!(
                "{OWN}make the directory /etc/systemd/resolved.conf.d\n\
                 write /etc/systemd/resolved.conf.d/gantry.conf: [Resolve] DNS=127.0.0.1:5354 Domains=~test\n\
                 run systemctl restart systemd-resolved\n"
            ),
        );
        check(
            &resolved(258, &["10.0.0.1"], true),
            &site(Method::Resolved, Tld::Test),
            &[],
            &format!(
                "{OWN}write /etc/systemd/dns-delegate.d/gantry.dns-delegate: \
                 [Delegate] DNS=127.0.0.1:5354 Domains=~test\nrun systemctl restart systemd-resolved\n"
            ),
        );
        check(
            &resolved(252, &["10.0.0.1"], true),
            &site(Method::ResolvedLink, Tld::Test),
            &[],
            &format!("{OWN}make the link gantry0, which carries the domain ~test\n"),
        );
        check(
            &network_manager(),
            &site(Method::NetworkManager, Tld::Internal),
            &[],
            "write /etc/NetworkManager/dnsmasq.d/gantry.conf: \
             local=/internal/ address=/internal/127.0.0.1 address=/internal/::1\n\
             run nmcli general reload dns-full\n",
        );
        let no_systemctl = Site { has_systemctl: false, ..site(Method::Dnsmasq, Tld::HomeArpa) };
        check(
            &dnsmasq(),
            &no_systemctl,
            &[],
            "write /etc/dnsmasq.d/gantry.conf: \
             local=/home.arpa/ address=/home.arpa/127.0.0.1 address=/home.arpa/::1\nrun service dnsmasq restart\n",
        );
        check(
            &macos(),
            &site(Method::Resolver, Tld::Test),
            &["/etc/resolver"],
            &format!(
                "{OWN}make the directory /etc/resolver\nwrite /etc/resolver/test: nameserver 127.0.0.1 port 5354\n"
            ),
        );
        check(&macos(), &site(Method::Localhost, Tld::Localhost), &[], "");
    }

    #[test]
    fn what_is_not_gantrys_is_left_alone() {
        let made = changes(&dnsmasq(), &site(Method::Dnsmasq, Tld::Test), &|_| true);
        let record = Record { changes: made.clone(), ..Record::new(Method::Dnsmasq, Tld::Test) };
        let check = |record: Option<&Record>, found: Option<&str>, expected: Option<&str>| {
            let free = require_free(&made, record, &|_| found.map(Into::into), false, &|_| false);
            let expected = expected.map(|what| DnsError::Foreign { what: what.to_owned() });
            assert_eq!(free.err(), expected, "{found:?}");
        };
        check(None, None, None);
        check(None, Some(&answers(Tld::Test)), None);
        check(None, Some("address=/test/10.0.0.1\n"), Some("/etc/dnsmasq.d/gantry.conf"));
        check(Some(&record), Some("address=/test/10.0.0.1\n"), None);
        let link = changes(&resolved(252, &[], true), &site(Method::ResolvedLink, Tld::Test), &|_| true);
        assert!(require_free(&link, None, &|_| None, true, &|_| false).is_err());
        assert!(require_free(&link, None, &|_| None, true, &|_| true).is_ok());
        assert!(require_free(&link, None, &|_| None, false, &|_| false).is_ok());
    }
}
