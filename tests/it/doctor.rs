//! `gantry doctor`.

use serde_json::Value;

use crate::served::Served;

/// What was found in a part.
fn findings(served: &Served, part: &str) -> Vec<Value> {
    let answer: Value = serde_json::from_str(&served.gantry("doctor --json").stdout).unwrap();
    let sections = answer["sections"].as_array().unwrap();
    sections.iter().find(|section| section["name"] == part).unwrap()["findings"].as_array().unwrap().clone()
}

/// The verdict of each finding of a part.
fn verdicts(served: &Served, part: &str) -> Vec<String> {
    findings(served, part).iter().map(|finding| finding["verdict"].as_str().unwrap().to_owned()).collect()
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
        "gantry: proxy: `gantry proxy start`",
        "gantry: routes: rename a branch or a service",
    ] {
        assert!(output.stderr.contains(words), "no `{words}` in\n{}{}", output.stdout, output.stderr);
    }
    assert!(!output.stderr.contains("range own"), "{output:?}");
}

#[test]
fn ranges_that_the_kernel_gives_from() {
    let served = Served::new();
    let kernels = "/proc/sys/net/ipv4/ip_local_port_range";
    let writable = "mount --bind /proc/sys/net /proc/sys/net; mount -o remount,bind,rw /proc/sys/net";
    served.world.script(&format!("{writable}; echo 6400 12000 >{kernels}")).require_success();
    served.done("config --set-range own:7000-7009");
    let table = served.gantry("doctor").stdout;
    for words in ["range default: 10000-19999 meets 6400-12000, ", "range redis: 6379-6449 meets 6400-12000, "] {
        assert!(table.contains(words), "{table}");
    }
    assert!(
        table.contains(
            "range own: 7000-7009 meets 6400-12000, from which the kernel serves outgoing connections; it was set so"
        ),
        "{table}"
    );
    let findings = findings(&served, "ranges");
    let own = findings.iter().find(|finding| finding["subject"] == "range own").unwrap();
    assert_eq!(own["verdict"], "good");
}

#[test]
fn certificates_that_are_bad_say_why() {
    let served = Served::new();
    served.done("register --hostname shop");
    served.done("cert setup --stores none");
    let of = |subject: &str| {
        let findings = findings(&served, "certificates");
        findings.into_iter().find(|finding| finding["subject"] == subject).unwrap_or_default()
    };
    assert_eq!((&of("CA")["verdict"], &of("shop.test")["verdict"]), (&"good".into(), &"good".into()));
    let root = "~/.local/share/mkcert";
    served.world.script(&format!("mv {root} {root}.old; TRUST_STORES=none mkcert -install")).require_success();
    assert_eq!((&of("CA")["verdict"], &of("shop.test")["verdict"]), (&"bad".into(), &"good".into()));
    let output = served.gantry("doctor");
    assert_eq!(output.status, 1, "{output:?}");
    assert!(output.stderr.contains("gantry: CA: `gantry cert setup` takes the new one"), "{output:?}");
    served.world.script(&format!("rm -r {root}; mv {root}.old {root}; rm {root}/rootCA-key.pem")).require_success();
    let (ca, node) = (of("CA"), of("trust: system"));
    assert_eq!(
        (&ca["text"], &ca["verdict"], &node["verdict"]),
        (&"its key is gone".into(), &"bad".into(), &"not_set_up".into())
    );
    let why = "unknown: the CA cannot issue certificates: no rootCA-key.pem in [SANDBOX]/home/.local/share/mkcert";
    assert_eq!((&node["text"], &node["mend"]), (&why.into(), &ca["mend"]));
    let issue = "~/.local/state/gantry/certs/issued/shop.test/current/certificate.pem";
    served.world.script(&format!("echo nothing >{issue}")).require_success();
    let shop = of("shop.test");
    assert_eq!((&shop["verdict"], &shop["mend"]), (&"bad".into(), &"`gantry cert renew shop.test`".into()));
}

#[test]
fn engine_and_names_have_verdicts() {
    let served = Served::new();
    served.world.start_dnsmasq_system();
    let first = |part: &str| findings(&served, part).remove(0);
    assert_eq!(first("dns")["verdict"], "not_set_up");
    served.done("dns setup --yes");
    assert!(verdicts(&served, "dns").iter().all(|verdict| verdict == "good"));
    served.world.script("rm /etc/dnsmasq.d/gantry.conf").require_success();
    assert!(verdicts(&served, "dns").contains(&"bad".to_owned()));
    // No engine answers in a world; then there is none, as far as it can be told.
    served.world.program("docker", "exit 1");
    served.world.program("podman", "exit 1");
    let engine = first("engine");
    assert_eq!((&engine["verdict"], engine["mend"].is_string()), (&"bad".into(), true), "{engine}");
    served.world.script("rm ../bin/docker ../bin/podman").require_success();
    let bare = served.world.script("PATH=$(dirname $(command -v gantry)); gantry doctor --json || true");
    let answer: Value = serde_json::from_str(&bare.stdout).unwrap();
    let engine = answer["sections"].as_array().unwrap().iter().find(|section| section["name"] == "engine").unwrap();
    assert_eq!(engine["findings"][0]["verdict"], "not_set_up", "{engine}");
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
