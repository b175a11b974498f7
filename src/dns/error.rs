//! Why names cannot be set up, or not be changed.

use std::fmt;
use std::path::PathBuf;

use super::method::{LINK, Method};
use crate::model::Tld;

/// What stands in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DnsError {
    /// Something resolves here that gantry does not tell anything.
    Unsupported { who: String, file: PathBuf },
    /// systemd-resolved would leave the servers that it uses as soon as it is told of another.
    OnlyFallback,
    /// `/etc/resolv.conf` or nsswitch lead to a systemd-resolved that does not answer.
    ResolvedSilent,
    /// The method that the user named does not work here.
    Unavailable { method: Method, why: String },
    /// `.localhost` is what needs no method, and the method for it sets up no other domain.
    Mismatch { method: Method, tld: Tld },
    /// There is something of that name already, and it is not gantry's.
    Foreign { what: String },
    /// A program that is needed is not there.
    Missing { program: &'static str },
    /// No port from the first to the last is free.
    NoPort { first: u16, last: u16 },
    /// Somebody else listens on the port that the resolver was told.
    PortTaken { port: u16, holder: Option<String> },
    /// dnsmasq was started and says this instead.
    NotStarted { why: String },
    /// Nothing of gantry's is set up.
    NotSetUp,
    /// The machine's dnsmasq would not come back from a restart.
    BrokenDnsmasq { why: String },
    /// The link that leads systemd-resolved to dnsmasq is gone, and these commands, which make it, fail.
    NoLink { why: String, commands: Vec<String> },
    /// What is set up needs no dnsmasq of gantry's own.
    NoOwnDnsmasq { method: Method },
    /// A change failed; all that was changed has been taken back, but for what `left` says.
    Failed { change: String, why: String, left: Vec<String> },
    /// A signal came; as with [`DnsError::Failed`].
    Interrupted { signal: i32, left: Vec<String> },
    /// Another gantry has set up something meanwhile, or removed it.
    Changed,
    /// Some of it could not be taken back.
    Left { left: Vec<String>, why: String },
    /// What was set up is not what there is now: these were changed by somebody.
    Edited { files: Vec<PathBuf> },
    /// The record of what was set up cannot be read.
    Record { path: PathBuf, why: String },
}

impl DnsError {
    /// The way out.
    pub fn hint(&self) -> String {
        match self {
            DnsError::Unsupported { .. } => {
                "`gantry dns setup --method localhost` changes nothing there: names end in \
                                             .localhost then, which browsers and curl know"
                    .to_owned()
            }
            DnsError::OnlyFallback => {
                "connect to a network first; or `gantry dns setup --method localhost`, whose names \
                                       need no set-up"
                    .to_owned()
            }
            DnsError::ResolvedSilent => "`systemctl status systemd-resolved` tells more".to_owned(),
            DnsError::Unavailable { .. } => "without --method the way is chosen by what resolves here".to_owned(),
            DnsError::Mismatch { .. } => "leave one of --method and --tld out".to_owned(),
            DnsError::Foreign { what } if what.ends_with(LINK) => {
                format!("`sudo ip link delete {LINK}` takes it away, or set up another method; nothing was changed")
            }
            DnsError::Foreign { .. } => "move it away, or set up another method; nothing was changed".to_owned(),
            DnsError::Missing { program } => hint_of_program(program),
            DnsError::NoPort { .. } => "`gantry which PORT` tells who listens there".to_owned(),
            DnsError::PortTaken { port, .. } => {
                format!("`gantry which {port}` tells who it is; `gantry dns setup` moves to another port")
            }
            DnsError::NotStarted { .. } => "`gantry dns status` shows the layers".to_owned(),
            DnsError::NotSetUp => "`gantry dns setup` sets it up".to_owned(),
            DnsError::BrokenDnsmasq { .. } => {
                "nothing was changed; mend that first, and `dnsmasq --test` says when it is whole".to_owned()
            }
            DnsError::NoLink { commands, .. } => format!("these make it: {}", commands.join("; ")),
            DnsError::NoOwnDnsmasq { .. } => "`gantry dns status` shows what answers".to_owned(),
            DnsError::Failed { left, .. } | DnsError::Interrupted { left, .. } if left.is_empty() => {
                "everything was put back; `gantry dns setup --print` prints the commands, to run them by hand; \
                 `--method localhost` needs none"
                    .to_owned()
            }
            DnsError::Failed { left, .. } | DnsError::Interrupted { left, .. } | DnsError::Left { left, .. } => {
                format!("what is left to do: {}", left.join("; "))
            }
            DnsError::Edited { .. } => {
                "look at them first; `gantry dns remove --yes` removes them all the same".to_owned()
            }
            DnsError::Changed => "try again; nothing was changed".to_owned(),
            DnsError::Record { .. } => {
                "move it away; `gantry dns setup` then takes what stands as it was made for its own, and `gantry dns \
                 remove` takes that back"
                    .to_owned()
            }
        }
    }
}

fn hint_of_program(program: &str) -> String {
    match program {
        "dnsmasq" => "install it: dnsmasq-base on Debian and Ubuntu (it starts nothing), dnsmasq elsewhere, \
                      `brew install dnsmasq` on macOS"
            .to_owned(),
        "sudo" => "run it as root, or run what `gantry dns setup --print` prints".to_owned(),
        "getent" => "it comes with the C library: libc-bin on Debian and Ubuntu, glibc-common on Fedora".to_owned(),
        _ => format!("install {program}"),
    }
}

impl fmt::Display for DnsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |files: &[PathBuf]| files.iter().map(|it| it.display().to_string()).collect::<Vec<_>>().join(", ");
        match self {
            DnsError::Unsupported { who, file } => {
                write!(f, "{who} resolves names here, by {}, and gantry does not change that", file.display())
            }
            DnsError::OnlyFallback => f.write_str(
                "systemd-resolved has no DNS server but those it was built with, and would leave them for gantry's",
            ),
            DnsError::ResolvedSilent => {
                f.write_str("names are resolved by systemd-resolved here, and it does not answer")
            }
            DnsError::Unavailable { method, why } => write!(f, "the method {method} does not work here: {why}"),
            DnsError::Mismatch { method, tld } => write!(f, "the method {method} does not set up .{tld}"),
            DnsError::Foreign { what } => write!(f, "{what} is there already, and it is not gantry's"),
            DnsError::Missing { program } => write!(f, "{program} is not installed"),
            DnsError::NoPort { first, last } => write!(f, "no port from {first} to {last} is free on 127.0.0.1"),
            DnsError::PortTaken { port, holder } => {
                let holder = holder.as_deref().unwrap_or("another process");
                write!(f, "gantry's dnsmasq cannot start: {holder} listens on its port {port}")
            }
            DnsError::NotStarted { why } => write!(f, "dnsmasq did not start: {why}"),
            DnsError::NotSetUp => f.write_str("DNS is not set up"),
            DnsError::BrokenDnsmasq { why } => {
                write!(f, "this machine's dnsmasq would not start again with the configuration it has: {why}")
            }
            DnsError::NoLink { why, .. } => write!(f, "the link for systemd-resolved cannot be made: {why}"),
            DnsError::NoOwnDnsmasq { method } => {
                write!(f, "the method {method} has no dnsmasq that gantry starts or stops")
            }
            DnsError::Failed { change, why, left } => {
                let end = if left.is_empty() { "" } else { ", and not all of it could be put back" };
                write!(f, "could not {change}: {why}{end}")
            }
            DnsError::Interrupted { left, .. } if left.is_empty() => f.write_str("interrupted"),
            DnsError::Interrupted { .. } => f.write_str("interrupted, and not all of it could be put back"),
            DnsError::Changed => f.write_str("another gantry has changed the set-up meanwhile"),
            DnsError::Left { why, .. } => write!(f, "not all of it could be removed: {why}"),
            DnsError::Edited { files } => write!(f, "changed since gantry wrote it: {}", list(files)),
            DnsError::Record { path, why } => write!(f, "{} cannot be read: {why}", path.display()),
        }
    }
}

impl std::error::Error for DnsError {}
