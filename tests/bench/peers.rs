//! gantry beside the other tools that give checkouts ports, and beside what runs at every prompt anyway: each in the
//! same repository, asked for what comes nearest to `gantry export --auto`. `tests/peers` installs them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::checkout::{Checkout, remove};
use crate::sample::{Sample, Scenario, interleave};
use crate::size::Size;
use crate::table::{microseconds, table};

/// Some of them take a third of a second.
const PATIENCE: Duration = Duration::from_secs(40);

/// A command line, how it asks for its version, and what it does.
struct Peer {
    line: &'static str,
    version: &'static str,
    does: &'static str,
    /// Below the home; removed before each run.
    forgets: &'static [&'static str],
    /// Below the repository.
    directory: &'static str,
}

const fn peer(line: &'static str, version: &'static str, does: &'static str) -> Peer {
    Peer { line, version, does, forgets: &[], directory: "" }
}

const PEERS: [Peer; 15] = [
    peer("/bin/true", "", "nothing"),
    peer("gantry export --auto", "gantry --version", "five ports, as variables"),
    peer("gantry get s0 -q", "gantry --version", "one port"),
    peer("git rev-parse --abbrev-ref HEAD", "git --version", "the branch, and no port"),
    peer("wt step eval {{branch|hash_port}}", "wt --version", "one port: a hash of the branch, taken or not"),
    peer("portool exec -- /bin/true", "portool --version", "five ports, to a program that does nothing"),
    peer("portool sync --quiet", "portool --version", "five ports, into a file that needs no program to read"),
    peer("portman get s0 -q", "portman --version", "one port"),
    peer("portman export --auto", "portman --version", "five ports, as variables"),
    peer("portless get s0", "portless --version", "a URL with the worktree's name, and no port"),
    Peer { directory: "plain", ..peer("direnv export json", "direnv version", "an `.envrc` of one `export`") },
    Peer { directory: "with", ..peer("direnv export json", "direnv version", "the same and `gantry export --auto`") },
    Peer {
        forgets: &[".local/share/gantry", ".cache/gantry/memo"],
        ..peer("gantry export --auto", "gantry --version", "books five ports")
    },
    Peer {
        forgets: &[".local/state/portool"],
        ..peer("portool sync --quiet", "portool --version", "books a block of five ports")
    },
    Peer {
        forgets: &[".local/share/portman"],
        ..peer("portman export --auto", "portman --version", "books five ports")
    },
];

/// The table of what each takes.
pub fn compare(program: &Path, installed: &Path) -> String {
    let installed = std::path::absolute(installed).unwrap();
    let path = search_path(program, &installed);
    let checkout = Checkout::new(program, Size::ALONE);
    let gone = Checkout::new(program, Size::ALONE);
    for checkout in [&checkout, &gone] {
        prepare(checkout, &path);
    }
    let place = |peer: &Peer| if peer.forgets.is_empty() { &checkout } else { &gone };
    let mut scenarios: Vec<Scenario<'_>> = PEERS.iter().map(|peer| peer.scenario(place(peer), &path)).collect();
    for scenario in &mut scenarios {
        for _ in 0..3 {
            scenario.run();
        }
    }
    eprintln!("measuring for {PATIENCE:?}");
    let samples = interleave(&mut scenarios, PATIENCE);
    let heads = ["command", "version", "what it does", "median", "x /bin/true", "x gantry"].map(str::to_owned);
    let rows = PEERS.iter().zip(&samples).map(|(peer, sample)| peer.row(&checkout, &path, sample, &samples));
    table(&std::iter::once(heads.to_vec()).chain(rows).collect::<Vec<_>>())
}

/// gantry as it is released, the peers, and the machine's own programs.
fn search_path(program: &Path, installed: &Path) -> OsString {
    let own = program.parent().unwrap().to_owned();
    let peers = ["bin", "python/bin", "npm/node_modules/.bin"].map(|folder| installed.join(folder));
    let machine = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(own).chain(peers).chain(std::env::split_paths(&machine));
    std::env::join_paths(all).unwrap()
}

fn find(program: &str, path: &OsString) -> PathBuf {
    let found = std::env::split_paths(path).map(|folder| folder.join(program)).find(|file| file.is_file());
    found.unwrap_or_else(|| panic!("{program} is not installed: run `tests/peers`"))
}

/// What each needs before it can answer.
fn prepare(checkout: &Checkout, path: &OsString) {
    let ports: String = (0..5).map(|number| format!("s{number} = {number}\n")).collect();
    checkout.sandbox().write("shop/.portool.toml", format!("[ports]\n{ports}"));
    checkout.sandbox().write("shop/plain/.envrc", "export PLAIN=yes\n");
    checkout.sandbox().write("shop/with/.envrc", "export PLAIN=yes\neval \"$(gantry export --auto)\"\n");
    for (line, directory) in [("direnv allow", "plain"), ("direnv allow", "with"), ("portool init", "")] {
        Peer { directory, ..peer(line, "", "") }.scenario(checkout, path).run();
    }
}

fn command(line: &str, checkout: &Checkout, path: &OsString) -> Command {
    let mut words = line.split(' ');
    let mut command = checkout.silent(&find(words.next().unwrap_or_default(), path));
    command.args(words).env("PATH", path);
    command
}

impl Peer {
    fn scenario<'a>(&self, checkout: &'a Checkout, path: &OsString) -> Scenario<'a> {
        let forgets: Vec<PathBuf> =
            self.forgets.iter().map(|name| checkout.sandbox().path("home").join(name)).collect();
        let before = move || forgets.iter().for_each(|directory| remove(directory));
        let directory = checkout.directory().join(self.directory);
        Scenario::new(command(self.line, checkout, path), &directory, Box::new(before))
    }

    fn row(&self, checkout: &Checkout, path: &OsString, sample: &Sample, all: &[Sample]) -> Vec<String> {
        vec![
            format!("`{}`", self.line),
            if self.version.is_empty() { String::new() } else { self.version(checkout, path) },
            self.does.to_owned(),
            format!("{:.1} ms", microseconds(sample.median) / 1e3),
            format!("{:.1}", sample.ratio(&all[0])),
            format!("{:.1}", sample.ratio(&all[1])),
        ]
    }

    /// The first word that has a dot.
    fn version(&self, checkout: &Checkout, path: &OsString) -> String {
        let output = command(self.version, checkout, path).stdout(std::process::Stdio::piped()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        text.split_whitespace().find(|word| word.contains('.')).unwrap_or_default().to_owned()
    }
}
