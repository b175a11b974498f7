//! `gantry completions` and `gantry man`: what is checked in under `completions/` is what the program prints.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::Sandbox;

const SHELLS: [(&str, &str); 3] = [("bash", "gantry.bash"), ("zsh", "_gantry"), ("fish", "gantry.fish")];

/// What makes the files anew; a failed test shows it.
const REFRESH: &str = "cargo build && for it in bash:gantry.bash zsh:_gantry fish:gantry.fish; do \
                       target/debug/gantry completions ${it%:*} > completions/${it#*:}; done && \
                       rm -rf completions/man && target/debug/gantry man --dir completions/man";

fn checked_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("completions")
}

/// The files of a directory by name; none where there is no directory.
fn files(directory: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(directory) else { return BTreeMap::new() };
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    paths
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap()))
        .collect()
}

#[track_caller]
fn require_same(found: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) {
    let stale: Vec<&String> =
        expected.keys().chain(found.keys()).filter(|it| found.get(*it) != expected.get(*it)).collect();
    assert!(stale.is_empty(), "{stale:?} in completions/ are not what the program prints; refresh them:\n  {REFRESH}");
}

#[test]
fn completions_are_fresh() {
    let sandbox = Sandbox::new();
    let print = |shell: &str| {
        let output = sandbox.gantry(&sandbox.path("home"), ["completions", shell]).require_success();
        assert_eq!(output.stderr, "");
        output.stdout
    };
    let expected = SHELLS.map(|(shell, file)| (file.to_owned(), print(shell))).into();
    require_same(&files(&checked_in()), &expected);
}

#[test]
fn man_pages_are_fresh() {
    let sandbox = Sandbox::new();
    let man = sandbox.path("man");
    sandbox.gantry(&sandbox.path("home"), ["man", "--dir", "../man"]).check("", "", 0);
    let expected = files(&man);
    assert!(expected.len() > 10, "{:?}", expected.keys());
    require_same(&files(&checked_in().join("man")), &expected);
}

#[test]
fn a_page_is_printed_by_name() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    sandbox.gantry(&home, ["man", "--dir", "man"]).require_success();
    let pages = files(&home.join("man"));
    sandbox.gantry(&home, ["man"]).check(&pages["gantry.1"], "", 0);
    sandbox.gantry(&home, ["man", "prune"]).check(&pages["gantry-prune.1"], "", 0);
    sandbox.gantry(&home, ["man", "gc"]).check(&pages["gantry-prune.1"], "", 0);
    let missing = "error: there is no manual page gantry-nope\nhint: `gantry help` lists the commands\n";
    sandbox.gantry(&home, ["man", "nope"]).check("", missing, 3);
}

#[test]
fn the_shells_load_their_completions() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    let directory = checked_in();
    let complete = |shell: &str, script: String| sandbox.script(shell, &home, &script);
    let bash = format!(
        ". {}/gantry.bash; COMP_WORDS=(gantry pru); COMP_CWORD=1; _gantry gantry pru gantry; echo ${{COMPREPLY[@]}}",
        directory.display()
    );
    complete("bash", bash).check("prune\n", "", 0);
    let fish =
        format!("source {}/gantry.fish; complete --do-complete 'gantry prune --st' | cut -f1", directory.display());
    complete("fish", fish).check("--stale\n", "", 0);
    let zsh =
        format!("fpath=({} $fpath); autoload -Uz compinit; compinit -u -D; echo $_comps[gantry]", directory.display());
    complete("zsh", zsh).check("_gantry\n", "", 0);
}

#[test]
fn hidden_commands_are_not_offered() {
    for text in files(&checked_in()).values().chain(files(&checked_in().join("man")).values()) {
        assert!(!text.contains("hook-env") && !text.contains("hook__env"), "{text}");
    }
}

#[test]
fn every_command_has_help_with_examples() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    let commands = [
        "export",
        "get",
        "book",
        "release",
        "status",
        "context",
        "discover",
        "prune",
        "gc",
        "which",
        "run",
        "init",
        "hook",
        "config",
        "completions",
        "man",
    ];
    for command in commands {
        for arguments in [[command, "--help"], ["help", command]] {
            let help = sandbox.gantry(&home, arguments).require_success();
            assert_eq!(help.stderr, "", "{command}");
            assert!(help.stdout.contains("\nExamples:\n  "), "{command}\n{}", help.stdout);
        }
    }
}

#[test]
fn without_a_command_the_help_is_an_error() {
    let sandbox = Sandbox::new();
    let output = sandbox.gantry(&sandbox.path("home"), [""; 0]);
    assert_eq!((output.stdout.as_str(), output.status), ("", 2), "{output:?}");
    assert!(output.stderr.contains("\nCommands:\n"), "{output:?}");
    let version = concat!("gantry ", env!("CARGO_PKG_VERSION"), "\n");
    sandbox.gantry(&sandbox.path("home"), ["--version"]).check(version, "", 0);
}
