//! One change to the machine, the exact commands that make it, and those that take it back: plain values.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::daemon;
use crate::shell::quote_posix;

/// What `gantry dns setup` changes, one thing at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// gantry's own dnsmasq runs on the port, with these contents in its `config`.
    Daemon { port: u16, contents: String, config: PathBuf },
    /// A directory that was not there.
    Directory { path: PathBuf },
    /// A file that was not there. What it holds is first written to `draft`, which is the user's own.
    File { path: PathBuf, contents: String, draft: PathBuf },
    /// A link that carries the domain for systemd-resolved.
    Link { name: String, server: String, domain: String },
    /// What makes the resolver read its files again.
    Reload { command: Vec<String> },
}

/// A program and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub words: Vec<String>,
    /// It takes the rights of an administrator.
    pub as_root: bool,
    /// It may fail while what came before is still on its way through the system.
    pub is_patient: bool,
}

/// How commands get an administrator's rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privilege {
    /// This process has them.
    Root,
    /// `sudo`, which may ask for a password.
    Sudo,
    /// `sudo -n`: nobody sits there who could be asked.
    SilentSudo,
}

/// Of the addresses set aside for documentation (RFC 5737): nothing answers there. systemd-resolved passes over a link
/// without an address.
const LINK_ADDRESS: &str = "198.51.100.53/32";

impl Change {
    /// What it does, to follow "could not" and "will".
    pub fn summary(&self) -> String {
        match self {
            Change::Daemon { port, .. } => format!("start a dnsmasq of gantry's own on 127.0.0.1:{port}"),
            Change::Directory { path } => format!("make the directory {}", path.display()),
            Change::File { path, .. } => format!("write {}", path.display()),
            Change::Link { name, domain, .. } => format!("make the link {name}, which carries the domain {domain}"),
            Change::Reload { command } => format!("run {}", command.join(" ")),
        }
    }

    /// What taking it back does, to follow "will".
    pub fn undo_summary(&self) -> String {
        match self {
            Change::Daemon { port, .. } => format!("stop gantry's dnsmasq on 127.0.0.1:{port}"),
            Change::Directory { path } => format!("remove the directory {}", path.display()),
            Change::File { path, .. } => format!("remove {}", path.display()),
            Change::Link { name, .. } => format!("remove the link {name}"),
            Change::Reload { .. } => self.summary(),
        }
    }

    /// Whether it only makes others take effect.
    pub fn is_reload(&self) -> bool {
        matches!(self, Change::Reload { .. })
    }

    /// The commands that make it.
    pub fn commands(&self) -> Vec<Command> {
        match self {
            Change::Daemon { config, .. } => {
                let options = daemon::options(config);
                vec![Command::own(&["dnsmasq", &options[0], &options[1], &options[2]])]
            }
            Change::Directory { path } => vec![Command::root(&["install", "-d", "-m", "755", &text(path)])],
            Change::File { path, draft, .. } => {
                vec![Command::root(&["install", "-m", "644", &text(draft), &text(path)])]
            }
            Change::Link { name, server, domain } => link(name, server, domain),
            Change::Reload { command } => {
                let words: Vec<&str> = command.iter().map(String::as_str).collect();
                vec![Command::root(&words)]
            }
        }
    }

    /// The commands that take it back.
    pub fn undo_commands(&self) -> Vec<Command> {
        match self {
            Change::Daemon { config, .. } => {
                let pid = quote_posix(&text(&daemon::pid_file(config)));
                vec![Command::own(&["sh", "-c", &format!("kill \"$(cat {pid})\"")])]
            }
            Change::Directory { path } => vec![Command::root(&["rmdir", &text(path)])],
            Change::File { path, .. } => vec![Command::root(&["rm", &text(path)])],
            Change::Link { name, .. } => vec![Command::root(&["ip", "link", "delete", name])],
            Change::Reload { .. } => self.commands(),
        }
    }
}

/// Where the kernel has no dummy links, one end of a pair serves; it needs its other end to be up.
fn link(name: &str, server: &str, domain: &str) -> Vec<Command> {
    let make = format!(
        "ip link add {name} type dummy 2>/dev/null || \
         {{ ip link add {name} type veth peer name {name}p && ip link set {name}p up; }}"
    );
    let resolvectl = |words: &[&str]| Command { is_patient: true, ..Command::root(&[&["resolvectl"], words].concat()) };
    vec![
        Command::root(&["sh", "-c", &format!("ip link show {name} >/dev/null 2>&1 || {make}")]),
        Command::root(&["ip", "address", "replace", LINK_ADDRESS, "dev", name]),
        Command::root(&["ip", "link", "set", name, "up"]),
        resolvectl(&["dns", name, server]),
        resolvectl(&["domain", name, domain]),
        resolvectl(&["default-route", name, "false"]),
    ]
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

impl Command {
    fn root(words: &[&str]) -> Command {
        Command { as_root: true, ..Command::own(words) }
    }

    fn own(words: &[&str]) -> Command {
        Command { words: words.iter().map(|&word| word.to_owned()).collect(), as_root: false, is_patient: false }
    }

    /// The words as they are run.
    pub fn with(&self, privilege: Privilege) -> Vec<String> {
        let sudo: &[&str] = match privilege {
            _ if !self.as_root => &[],
            Privilege::Root => &[],
            Privilege::Sudo => &["sudo"],
            Privilege::SilentSudo => &["sudo", "-n"],
        };
        sudo.iter().map(|&word| word.to_owned()).chain(self.words.iter().cloned()).collect()
    }

    /// The line that does the same in a shell.
    pub fn shown(&self, privilege: Privilege) -> String {
        self.with(privilege).iter().map(|word| quote_posix(word)).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: &Change, made: &[&str], undone: &[&str]) {
        let shown = |commands: Vec<Command>| -> Vec<String> {
            commands.iter().map(|command| command.shown(Privilege::Sudo)).collect()
        };
        assert_eq!(shown(change.commands()), made);
        assert_eq!(shown(change.undo_commands()), undone);
    }

    #[test]
    fn the_commands_of_each_change() {
        let path = PathBuf::from("/etc/dnsmasq.d/gantry.conf");
        let draft = PathBuf::from("/home/te ss/gantry.conf");
        let file = Change::File { path, contents: String::new(), draft };
        check(
            &file,
            &["sudo install -m 644 '/home/te ss/gantry.conf' /etc/dnsmasq.d/gantry.conf"],
            &["sudo rm /etc/dnsmasq.d/gantry.conf"],
        );
        assert_eq!(file.commands()[0].with(Privilege::SilentSudo)[..3], ["sudo", "-n", "install"]);
        check(
            &Change::Directory { path: PathBuf::from("/etc/resolver") },
            &["sudo install -d -m 755 /etc/resolver"],
            &["sudo rmdir /etc/resolver"],
        );
        let restart = ["systemctl", "restart", "dnsmasq"].map(str::to_owned).to_vec();
        check(
            &Change::Reload { command: restart },
            &["sudo systemctl restart dnsmasq"],
            &["sudo systemctl restart dnsmasq"],
        );
        let config = PathBuf::from("/d/dnsmasq.conf");
        check(
            &Change::Daemon { port: 5354, contents: String::new(), config },
            &["dnsmasq '--conf-file=/d/dnsmasq.conf' '--pid-file=/d/dnsmasq.pid' '--log-facility=/d/dnsmasq.log'"],
            &["sh -c 'kill \"$(cat /d/dnsmasq.pid)\"'"],
        );
        let link = Change::Link { name: "g0".into(), server: "127.0.0.1:5354".into(), domain: "~test".into() };
        check(
            &link,
            &[
                "sudo sh -c 'ip link show g0 >/dev/null 2>&1 || ip link add g0 type dummy 2>/dev/null || \
                 { ip link add g0 type veth peer name g0p && ip link set g0p up; }'",
                "sudo ip address replace 198.51.100.53/32 dev g0",
                "sudo ip link set g0 up",
                "sudo resolvectl dns g0 127.0.0.1:5354",
                "sudo resolvectl domain g0 '~test'",
                "sudo resolvectl default-route g0 false",
            ],
            &["sudo ip link delete g0"],
        );
    }
}
