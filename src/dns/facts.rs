//! What resolves names on this machine: looked at, never changed.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::listeners;
use crate::model::Port;
use crate::sys::{files, process};

/// What the choice of a method goes by.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub is_macos: bool,
    /// The servers that the C library asks, of `/etc/resolv.conf`.
    pub nameservers: Vec<String>,
    /// The file that `/etc/resolv.conf` is.
    pub resolv_conf: PathBuf,
    /// Where the C library looks for hosts, of `/etc/nsswitch.conf`: `files`, `dns`, `resolve`.
    pub sources: Vec<String>,
    /// systemd-resolved has made its directory.
    pub has_resolved: bool,
    /// What systemd-resolved answered.
    pub resolved: Option<Resolved>,
    /// What NetworkManager's `dns=` says.
    pub network_manager_dns: Option<String>,
    /// The command line of a dnsmasq that runs and is neither gantry's nor NetworkManager's.
    pub dnsmasq: Option<Vec<String>>,
    /// It reads the files of `/etc/dnsmasq.d`.
    pub dnsmasq_reads_directory: bool,
    /// The process that listens on port 53, as far as that is told.
    pub holder: Option<String>,
}

/// A systemd-resolved that answers.
#[derive(Clone, Debug, Default)]
pub struct Resolved {
    pub version: Option<u32>,
    /// The servers that it asks for all names, but for gantry's own.
    pub global_servers: Vec<String>,
    /// The domains that it asks those servers for alone, and those it tries after a name without a dot; without gantry's.
    pub global_domains: Vec<String>,
    /// A link has servers, as DHCP gives it some.
    pub has_link_servers: bool,
}

/// What a set-up has told the resolver before: it counts for nothing.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// Of gantry's own dnsmasq, as resolvectl prints it.
    pub address: Option<String>,
    /// As resolvectl prints it: `~test`.
    pub domain: Option<String>,
}

/// How long resolvectl may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// More than such a file is long.
const FILE_LIMIT: u64 = 1 << 20;

/// Where resolved lets itself be seen.
const RESOLVED_DIR: &str = "/run/systemd/resolve";
/// Its stubs: resolved(8).
const STUBS: [&str; 2] = ["127.0.0.53", "127.0.0.54"];

impl Facts {
    /// Looks.
    pub fn gather(own: &Own) -> Facts {
        if cfg!(target_os = "macos") {
            return Facts { is_macos: true, ..Facts::default() };
        }
        let conf = Path::new("/etc/resolv.conf");
        let has_resolved = files::is_dir(Path::new(RESOLVED_DIR));
        let plain = plain_dnsmasq();
        let mut facts = Facts {
            is_macos: false,
            nameservers: nameservers(&read(conf)),
            resolv_conf: files::canonicalize(conf).unwrap_or_else(|_| conf.to_owned()),
            sources: host_sources(&read(Path::new("/etc/nsswitch.conf"))),
            has_resolved,
            resolved: None,
            network_manager_dns: network_manager_dns(),
            dnsmasq_reads_directory: plain.as_deref().is_some_and(reads_directory),
            dnsmasq: plain,
            holder: holder(),
        };
        if facts.asks_resolved() {
            facts.resolved = ask_resolved(own);
        }
        facts
    }

    /// Whether the C library asks systemd-resolved.
    pub fn asks_resolved(&self) -> bool {
        let is_asked = self.nameservers.iter().any(|it| STUBS.contains(&it.as_str()))
            || self.sources.iter().any(|source| source == "resolve");
        self.has_resolved && is_asked
    }

    /// Whether the C library asks a server on this machine that is not resolved's stub.
    fn asks_loopback(&self) -> bool {
        let first = self.nameservers.first().map_or("127.0.0.1", String::as_str);
        !STUBS.contains(&first) && (first.starts_with("127.") || first == "::1")
    }

    /// Why NetworkManager's dnsmasq cannot be told.
    pub fn why_not_network_manager(&self) -> Option<String> {
        match self.network_manager_dns.as_deref() {
            Some("dnsmasq") if self.asks_loopback() => None,
            Some("dnsmasq") => Some(format!("{} resolves here, not NetworkManager's dnsmasq", self.who())),
            _ => Some("NetworkManager runs no dnsmasq (`dns=dnsmasq` is not set)".to_owned()),
        }
    }

    /// Why the machine's dnsmasq cannot be told.
    pub fn why_not_dnsmasq(&self) -> Option<String> {
        match (self.dnsmasq.is_some() && self.asks_loopback(), self.dnsmasq_reads_directory) {
            (true, true) => None,
            (true, false) => Some("its dnsmasq does not read /etc/dnsmasq.d".to_owned()),
            (false, _) => Some(format!("{} resolves here, not a dnsmasq", self.who())),
        }
    }

    /// Who resolves names here, for a sentence.
    pub fn who(&self) -> String {
        if self.asks_resolved() {
            return "systemd-resolved".to_owned();
        }
        match (&self.holder, self.nameservers.as_slice()) {
            (_, []) => "no name server".to_owned(),
            (Some(holder), [first, ..]) if self.asks_loopback() => format!("{holder} on {first}"),
            (_, servers) => servers.join(", "),
        }
    }

    /// What the machine's dnsmasq would say of its configuration, were it started again: then it would not come back.
    pub fn complaint_of_dnsmasq(&self) -> Option<String> {
        let words: Vec<&str> = self.dnsmasq.iter().flatten().skip(1).map(String::as_str).chain(["--test"]).collect();
        let program = process::find_system_program("dnsmasq")?;
        // In English, since what it says is read.
        let variables = [("LC_ALL", Some(OsStr::new("C")))];
        let tried = process::capture_with(&program, &words, &variables, PATIENCE).ok()?;
        if tried.is_success {
            return None;
        }
        let said = String::from_utf8_lossy(&tried.stderr).trim().trim_start_matches("dnsmasq: ").replace('\n', "; ");
        // What this user may not read says nothing of it.
        (!said.contains("Permission denied")).then_some(said)
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&files::read_limited(path, FILE_LIMIT).unwrap_or_default()).into_owned()
}

/// resolv.conf(5); without any, the C library asks 127.0.0.1.
fn nameservers(text: &str) -> Vec<String> {
    let words = text.lines().map(|line| line.split_whitespace());
    let servers = words.filter_map(|mut words| (words.next() == Some("nameserver")).then(|| words.next()).flatten());
    servers.map(str::to_owned).collect()
}

/// nsswitch.conf(5), without what stands in brackets.
fn host_sources(text: &str) -> Vec<String> {
    let Some(line) = text.lines().find_map(|line| line.trim().strip_prefix("hosts:")) else { return Vec::new() };
    let line = line.split('#').next().unwrap_or_default();
    line.split_whitespace().filter(|word| !word.starts_with('[')).map(str::to_owned).collect()
}

/// `dns=` in the section `[main]`; the files are read in the order of NetworkManager.conf(5), and the last one counts.
/// `None` where NetworkManager does not run.
fn network_manager_dns() -> Option<String> {
    if !files::is_dir(Path::new("/run/NetworkManager")) {
        return None;
    }
    let mut places = snippets(Path::new("/usr/lib/NetworkManager/conf.d"));
    places.extend(snippets(Path::new("/run/NetworkManager/conf.d")));
    places.push(PathBuf::from("/etc/NetworkManager/NetworkManager.conf"));
    places.extend(snippets(Path::new("/etc/NetworkManager/conf.d")));
    places.iter().filter_map(|path| main_dns(&read(path))).next_back()
}

fn snippets(directory: &Path) -> Vec<PathBuf> {
    let mut names = files::names_in(directory).unwrap_or_default();
    names.retain(|name| name.to_string_lossy().ends_with(".conf"));
    names.sort();
    names.into_iter().map(|name| directory.join(name)).collect()
}

fn main_dns(text: &str) -> Option<String> {
    let mut section = "";
    let mut found = None;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let Some((key, value)) = line.split_once('=')
            && section == "main"
            && key.trim() == "dns"
        {
            found = Some(value.trim().to_owned());
        }
    }
    found
}

/// The command line of the dnsmasq that is the machine's own: not of a container engine, of virtual machines, of
/// NetworkManager or of gantry, whose configurations all lie elsewhere.
fn plain_dnsmasq() -> Option<Vec<String>> {
    let names = files::names_in(Path::new("/proc")).ok()?;
    let processes = names.iter().filter_map(|name| name.to_str()?.parse().ok());
    processes.filter_map(process::command_line).find(|words| is_plain_dnsmasq(words))
}

fn is_plain_dnsmasq(words: &[String]) -> bool {
    let is_dnsmasq = words.first().is_some_and(|word| word.rsplit('/').next() == Some("dnsmasq"));
    let conf = option(words, "--conf-file", "-C");
    is_dnsmasq
        && conf.is_none_or(|conf| conf.starts_with("/etc/dnsmasq"))
        && option(words, "--conf-dir", "-7").is_none_or(|directory| directory.starts_with("/etc/dnsmasq"))
}

/// Whether it reads `/etc/dnsmasq.d`: said on its command line, as Debian does, or in its file.
fn reads_directory(words: &[String]) -> bool {
    let is_it = |value: &str| value.split(',').next().map(|it| it.trim_end_matches('/')) == Some("/etc/dnsmasq.d");
    if option(words, "--conf-dir", "-7").is_some_and(&is_it) {
        return true;
    }
    let conf = option(words, "--conf-file", "-C").unwrap_or("/etc/dnsmasq.conf");
    let text = read(Path::new(conf));
    let mut values = text.lines().filter_map(|line| line.trim().strip_prefix("conf-dir")?.trim().strip_prefix('='));
    values.any(|value| is_it(value.trim()))
}

/// The value of an option in any of the ways that getopt_long(3) reads it.
fn option<'a>(words: &'a [String], long: &str, short: &str) -> Option<&'a str> {
    let follows = |index: usize| words.get(index + 1).map(String::as_str);
    words.iter().enumerate().find_map(|(index, word)| match word.strip_prefix(long) {
        Some("") => follows(index),
        Some(rest) => rest.strip_prefix('='),
        None if word == short => follows(index),
        None => word.strip_prefix(short).filter(|_| !word.starts_with("--")),
    })
}

fn holder() -> Option<String> {
    let port = Port::new(53)?;
    listeners::listeners(Some(port)).ok()?.into_iter().next().map(|listener| listener.name)
}

fn ask_resolved(own: &Own) -> Option<Resolved> {
    let resolvectl = process::find_program("resolvectl")?;
    let ask = |words: &[&str]| {
        process::output(&resolvectl, words, PATIENCE).map(|said| String::from_utf8_lossy(&said).into_owned())
    };
    let (global_servers, has_link_servers) = settings_in(&ask(&["--no-pager", "dns"])?, own.address.as_deref());
    let domains = ask(&["--no-pager", "domain"]).unwrap_or_default();
    let (global_domains, _) = settings_in(&domains, own.domain.as_deref());
    let version = version_of(&ask(&["--version"]).unwrap_or_default());
    Some(Resolved { version, global_servers, global_domains, has_link_servers })
}

/// What `resolvectl dns` and `resolvectl domain` print, `Global: 10.0.0.1`, `Link 2 (eth0): 10.0.0.1 fe80::1`, without
/// gantry's own: the global ones, and whether a link has any.
fn settings_in(text: &str, own: Option<&str>) -> (Vec<String>, bool) {
    let mut global = Vec::new();
    let mut has_link = false;
    for (whose, values) in text.lines().filter_map(|line| line.split_once(": ")) {
        let values = values.split_whitespace().filter(|value| Some(*value) != own);
        let values: Vec<String> = values.map(str::to_owned).collect();
        match whose.trim() {
            "Global" => global = values,
            _ => has_link |= !values.is_empty(),
        }
    }
    (global, has_link)
}

/// `systemd 252 (252.39-1~deb12u1)`.
fn version_of(text: &str) -> Option<u32> {
    text.split_whitespace().nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|&word| word.to_owned()).collect()
    }

    /// A machine whose `/etc/resolv.conf` names these.
    pub fn other(nameservers: &[&str]) -> Facts {
        Facts {
            nameservers: texts(nameservers),
            resolv_conf: PathBuf::from("/etc/resolv.conf"),
            sources: texts(&["files", "dns"]),
            ..Facts::default()
        }
    }

    pub fn resolved(version: u32, global: &[&str], has_link_servers: bool) -> Facts {
        let global_servers = texts(global);
        let resolved =
            Resolved { version: Some(version), global_servers, global_domains: Vec::new(), has_link_servers };
        Facts { has_resolved: true, resolved: Some(resolved), ..other(&["127.0.0.53"]) }
    }

    pub fn network_manager() -> Facts {
        Facts { network_manager_dns: Some("dnsmasq".to_owned()), ..other(&["127.0.0.1"]) }
    }

    pub fn dnsmasq() -> Facts {
        Facts { dnsmasq: Some(texts(&["dnsmasq"])), dnsmasq_reads_directory: true, ..other(&["127.0.0.1"]) }
    }

    pub fn macos() -> Facts {
        Facts { is_macos: true, ..Facts::default() }
    }

    #[test]
    fn who_resolves() {
        #[track_caller]
        fn check(facts: &Facts, expected: &str) {
            assert_eq!(facts.who(), expected);
        }
        check(&resolved(252, &[], true), "systemd-resolved");
        check(&other(&["8.8.8.8", "1.1.1.1"]), "8.8.8.8, 1.1.1.1");
        check(&other(&[]), "no name server");
        check(&Facts { holder: Some("unbound".to_owned()), ..other(&["127.0.0.1"]) }, "unbound on 127.0.0.1");
        assert_eq!(Facts { nameservers: Vec::new(), ..dnsmasq() }.why_not_dnsmasq(), None);
        // resolved is there, but nothing leads to it.
        check(&Facts { has_resolved: true, ..other(&["8.8.8.8"]) }, "8.8.8.8");
    }

    #[test]
    fn what_the_files_say() {
        assert_eq!(
            nameservers("# nameserver 1.1.1.1\nnameserver 8.8.8.8\nsearch a b\n nameserver\t::1 # x\n"),
            ["8.8.8.8", "::1"]
        );
        let line = "passwd: files\nhosts:  files mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] dns # all\n";
        assert_eq!(host_sources(line), ["files", "mdns4_minimal", "resolve", "dns"]);
        assert_eq!(main_dns("[main]\nplugins=keyfile\ndns = dnsmasq\n[other]\ndns=none\n").as_deref(), Some("dnsmasq"));
        assert_eq!(main_dns("[main]\n#dns=dnsmasq\n"), None);
    }

    #[test]
    fn what_resolvectl_says() {
        let text = "Global: 10.0.0.1 127.0.0.1:5354\nLink 2 (eth0): 10.0.0.2\nLink 3 (wlan0):\n";
        assert_eq!(settings_in(text, Some("127.0.0.1:5354")), (texts(&["10.0.0.1"]), true));
        let text = "Global:\nLink 7 (gantry0): 127.0.0.1:5354\n";
        assert_eq!(settings_in(text, Some("127.0.0.1:5354")), (vec![], false));
        assert_eq!(settings_in("Global: ~test office.example\n", Some("~test")), (texts(&["office.example"]), false));
        assert_eq!(version_of("systemd 252 (252.39-1~deb12u1)\n+PAM +AUDIT\n"), Some(252));
        assert_eq!(version_of("systemd 258~rc1 (258~rc1-1)\n"), Some(258));
    }

    #[test]
    fn which_dnsmasq_is_the_machines() {
        #[track_caller]
        fn check(line: &str, is_plain: bool) {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(is_plain_dnsmasq(&words), is_plain, "{line}");
        }
        check(
            "/usr/sbin/dnsmasq -x /run/dnsmasq/dnsmasq.pid -u dnsmasq -7 /etc/dnsmasq.d,.dpkg-dist --local-service",
            true,
        );
        check("dnsmasq", true);
        check("dnsmasq --conf-file=/etc/dnsmasq.conf", true);
        check("/usr/sbin/dnsmasq --conf-file=/home/tess/.local/state/gantry/dns/dnsmasq.conf", false);
        check("/usr/sbin/dnsmasq --no-resolv --conf-file=/dev/null --conf-dir=/etc/NetworkManager/dnsmasq.d", false);
        check("/usr/sbin/dnsmasq --conf-file=/var/lib/libvirt/dnsmasq/default.conf", false);
        check("/bin/sh -c dnsmasq", false);
        let words = texts(&["dnsmasq", "-7", "/etc/dnsmasq.d,.dpkg-dist"]);
        assert!(reads_directory(&words));
        assert!(reads_directory(&texts(&["dnsmasq", "--conf-dir=/etc/dnsmasq.d/"])));
    }
}
