//! `gantry doctor`.

use serde_json::Value;

use crate::served::Served;

/// The verdict of each finding of a part.
fn verdicts(served: &Served, part: &str) -> Vec<String> {
    let answer: Value = serde_json::from_str(&served.gantry("doctor --json").stdout).unwrap();
    let section =
        answer["sections"].as_array().unwrap().iter().find(|section| section["name"] == part).unwrap().clone();
    let findings = section["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["verdict"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_machine_where_nothing_is_set_up() {
    let served = Served::new();
    let output = served.gantry("doctor --json");
    let answer: Value = serde_json::from_str(&output.stdout).unwrap();
    let names = answer["sections"].as_array().unwrap().iter().map(|section| section["name"].as_str().unwrap());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["registry", "ranges", "direnv", "engine", "dns", "proxy", "certificates"],
        "{output:?}"
    );
    for part in ["registry", "direnv", "proxy", "certificates"] {
        assert_eq!(verdicts(&served, part), ["not_set_up"], "{part}");
    }
    assert_eq!(verdicts(&served, "ranges"), ["good"]);
    assert!(!served.world.sandbox.registry().exists(), "looking makes no registry");
    let table = served.gantry("doctor").stdout;
    assert!(
        table.starts_with("PART ") && table.contains("not set up: names lead nowhere (`gantry proxy setup`)"),
        "{table}"
    );
}

#[test]
fn what_is_bad_and_how_to_mend_it() {
    let served = Served::started();
    assert_eq!(verdicts(&served, "registry"), ["good"]);
    assert_eq!(verdicts(&served, "proxy"), ["good"]);
    served.done("proxy stop");
    served.branch("gone", "gone");
    served.world.sandbox.git(&served.checkout, ["worktree", "remove", "--force", "../gone"]);
    served.done("config --set-range http:5000-5000");
    served.done("config --set-range own:33000-33010");
    served.branch("shop-api", "api");
    let output = served.gantry("doctor");
    assert_eq!(output.status, 1, "{output:?}");
    for words in [
        "gantry: unneeded ports: `gantry prune` gives their ports back",
        "gantry: range http: `gantry prune` gives back what nobody needs, `gantry config --set-range http:START-END`",
        "gantry: range own: `gantry config --set-range own:START-END` with other ports",
        "gantry: proxy: `gantry proxy start`",
        "gantry: routes: rename a branch or a service",
    ] {
        assert!(output.stderr.contains(words), "no `{words}` in\n{}{}", output.stdout, output.stderr);
    }
}

#[test]
fn a_broken_part_does_not_hide_the_rest() {
    let served = Served::new();
    served
        .world
        .sandbox
        .write("home/.local/share/gantry/registry.db", "no database, but long enough to be one".repeat(50));
    let output = served.gantry("doctor --json");
    assert_eq!(output.status, 1, "{output:?}");
    assert_eq!(verdicts(&served, "registry"), ["bad"]);
    assert!(output.stdout.contains("start anew: mv "), "{output:?}");
    assert_eq!(verdicts(&served, "direnv"), ["not_set_up"]);
}

#[test]
fn direnv_at_work_and_not() {
    let mut served = Served::new();
    served.world.sandbox.write("shop/.envrc", "eval \"$(gantry export --auto)\"\n");
    let output = served.gantry("doctor");
    assert!(output.stderr.contains("gantry: direnv: `direnv allow`"), "{output:?}");
    served.world.script("cd ../shop && direnv allow").require_success();
    let table = served.gantry("doctor").stdout;
    assert!(table.contains("it is not at work in this shell (`eval"), "{table}");
    served.world.sandbox.set("DIRENV_DIR", "-/somewhere");
    assert_eq!(verdicts(&served, "direnv"), ["good"]);
}
