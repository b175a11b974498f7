//! `gantry cert` and the databases of browsers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::authority::{STATE, isolate, stand_before, step_aside, write_program};
use crate::sandbox::Sandbox;
use crate::terminal::converse;

#[test]
fn a_terminal_is_asked() {
    let mut sandbox = Sandbox::new();
    isolate(&mut sandbox);
    let home = sandbox.path("home");
    let profile = sandbox.directory("home/.pki/nssdb");
    certutil(&sandbox, &profile, &["-N", "--empty-password"]);
    let before = "gantry: to make a CA in [SANDBOX]/ca\n\
                  gantry: to change the nss trust store:\n\
                  gantry:     certutil -A -t C,, -d sql:[SANDBOX]/home/.pki/nssdb\n\
                  Set certificates up? [y/N] ";
    let setup = "gantry cert setup --stores nss";
    let (shown, status) = converse(&sandbox, &home, setup, "n");
    assert_eq!((shown, status), (format!("{before}n\ngantry: nothing was changed\n"), 0));
    assert!(!sandbox.path("ca").exists());
    let (shown, status) = converse(&sandbox, &home, setup, "y");
    let after = "gantry: certificates are set up; the CA is trusted now by: nss\n";
    assert_eq!((shown, status), (format!("{before}y\n{after}"), 0));
    let (shown, status) = converse(&sandbox, &home, "gantry cert untrust --stores nss", "y");
    assert!(
        shown.contains("certutil -D -d sql:[SANDBOX]/home/.pki/nssdb\nTake the CA out of them? [y/N] y\n"),
        "{shown}"
    );
    assert_eq!(status, 0);
}

#[test]
fn browsers_profiles_trust_it() {
    let mut sandbox = Sandbox::new();
    isolate(&mut sandbox);
    let profiles = [
        "home/.pki/nssdb",
        "home/.mozilla/firefox/a.default",
        "home/snap/firefox/common/.mozilla/firefox/b",
        "home/.var/app/org.mozilla.firefox/.mozilla/firefox/c.default",
    ];
    for profile in profiles {
        let directory = sandbox.directory(profile);
        certutil(&sandbox, &directory, &["-N", "--empty-password"]);
    }
    // No profile, though it lies beside one.
    sandbox.directory("home/.mozilla/firefox/Crash Reports");
    let home = sandbox.path("home");
    let refused = sandbox.gantry(&home, ["cert", "setup", "--stores", "nss"]);
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(refused.stderr.ends_with(
        "error: trust stores are not changed without a word: nss\n\
         hint: `--yes` says it, `--dry-run` shows what would be changed\n"
    ));
    assert!(!sandbox.path("ca").exists());
    let done = sandbox.gantry(&home, ["cert", "setup", "--stores", "nss", "--yes"]).require_success();
    for profile in profiles {
        assert!(done.stderr.contains(&format!("certutil -A -t C,, -d sql:[SANDBOX]/{profile}\n")), "{done:?}");
    }
    let trust = |sandbox: &Sandbox| {
        let status = sandbox.gantry(&home, ["cert", "status", "--json"]).json();
        let rows = status["stores"].as_array().unwrap().clone().into_iter();
        let own =
            rows.filter(|row| ["chromium", "firefox"].iter().any(|it| row["name"].as_str().unwrap().starts_with(it)));
        own.map(|row| format!("{} {}", row["name"].as_str().unwrap(), row["state"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let all = |state: &str| {
        ["chromium", "firefox a.default", "firefox b", "firefox c.default"].map(|it| format!("{it} {state}"))
    };
    assert_eq!(trust(&sandbox), all("trusted"));
    // A profile that takes it for no CA of servers does not trust it.
    let listed = certutil(&sandbox, &sandbox.path(profiles[1]), &["-L"]);
    let name =
        listed.lines().find(|line| line.starts_with("mkcert")).unwrap().rsplit_once(' ').unwrap().0.trim().to_owned();
    let name = name.trim_end_matches("C,,").trim();
    certutil(&sandbox, &sandbox.path(profiles[1]), &["-M", "-n", name, "-t", ",,"]);
    assert!(trust(&sandbox).contains(&"firefox a.default not_trusted".to_owned()));
    sandbox.gantry(&home, ["cert", "trust", "--stores", "nss", "--yes"]).require_success();
    assert_eq!(trust(&sandbox), all("trusted"));
    sandbox.gantry(&home, ["cert", "untrust", "--stores", "nss", "--yes"]).require_success();
    assert_eq!(trust(&sandbox), all("not_trusted"));
    for profile in profiles {
        assert!(!certutil(&sandbox, &sandbox.path(profile), &["-L"]).contains("mkcert"));
    }
}

fn certutil(sandbox: &Sandbox, profile: &Path, arguments: &[&str]) -> String {
    let mut command: Command = sandbox.command("certutil", profile);
    command.args(arguments).arg("-d").arg(format!("sql:{}", profile.display()));
    sandbox.run(&mut command).require_success().stdout
}

/// A Chromium that is installed and has not run yet.
fn with_chromium() -> Sandbox {
    let mut sandbox = Sandbox::new();
    isolate(&mut sandbox);
    stand_before(&mut sandbox, "chromium", "");
    sandbox
}

/// Profiles of Firefox by these names, and a Chromium that has run.
fn with_profiles(names: &[&str]) -> (Sandbox, Vec<PathBuf>) {
    let mut sandbox = Sandbox::new();
    isolate(&mut sandbox);
    let shared = sandbox.directory("home/.pki/nssdb");
    certutil(&sandbox, &shared, &["-N", "--empty-password"]);
    let make = |name: &&str| {
        let directory = sandbox.directory(format!("home/.mozilla/firefox/{name}"));
        certutil(&sandbox, &directory, &["-N", "--empty-password"]);
        directory
    };
    let directories = names.iter().map(make).collect();
    (sandbox, directories)
}

/// gantry in the home, which has to do its work.
#[track_caller]
fn done(sandbox: &Sandbox, arguments: &str) -> crate::sandbox::Output {
    sandbox.gantry(&sandbox.path("home"), arguments.split_whitespace()).require_success()
}

#[track_caller]
fn check_failure(sandbox: &Sandbox, arguments: &str, words: &[&str], status: i32) {
    sandbox.gantry(&sandbox.path("home"), arguments.split_whitespace()).check_failure(words, status);
}

/// The CA's, as mkcert names it.
fn serial_number(sandbox: &Sandbox) -> u128 {
    let mut command = sandbox.command("openssl", &sandbox.path("ca"));
    command.args(["x509", "-in", "rootCA.pem", "-noout", "-serial"]);
    let serial = sandbox.run(&mut command).require_success().stdout;
    u128::from_str_radix(serial.trim().trim_start_matches("serial="), 16).unwrap()
}

fn former(sandbox: &Sandbox) -> serde_json::Value {
    done(sandbox, "cert info --ca --json").json()["former"].clone()
}

#[test]
fn chromium_trusts_it_before_it_first_runs() {
    let sandbox = with_chromium();
    done(&sandbox, "cert setup --stores nss --yes");
    assert!(certutil(&sandbox, &sandbox.path("home/.pki/nssdb"), &["-L"]).contains("mkcert development CA"));
    done(&sandbox, "cert untrust --yes");
    assert!(!sandbox.path("home/.pki").exists(), "it was gantry's, and nobody has used it");
}

#[test]
fn a_database_that_may_be_used_stays() {
    #[track_caller]
    fn check(kept: &str, use_it: impl FnOnce(&mut Sandbox, &Path)) {
        let mut sandbox = with_chromium();
        done(&sandbox, "cert setup --stores nss --yes");
        let database = sandbox.path("home/.pki/nssdb");
        use_it(&mut sandbox, &database);
        done(&sandbox, "cert untrust --stores nss --yes");
        assert!(database.join(kept).exists());
    }
    // It cannot be asked just then.
    check("key4.db", |sandbox, _| {
        stand_before(
            sandbox,
            "certutil",
            "[[ $1 != -L || ! -e ~/out ]] || exit 1; [[ $1 != -D ]] || touch ~/out; exec $real \"$@\"",
        );
    });
    // It holds a key whose certificate is gone.
    check("key4.db", |sandbox, database| {
        let script = "openssl req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -subj /CN=own -days 9\n\
                      openssl pkcs12 -export -inkey k.pem -in c.pem -name own -passout pass: -out p.p12\n\
                      pk12util -i p.p12 -W '' -d sql:$PWD && certutil -D -n own -d sql:$PWD && rm *.pem *.p12";
        sandbox.script("bash", database, &format!("set -e; {script}")).require_success();
    });
    // Something else lies in there.
    check("notes", |_, database| fs::write(database.join("notes"), "mine").unwrap());
}

#[test]
fn who_forgets_the_certificates_first_can_still_take_the_ca_out() {
    let sandbox = with_chromium();
    done(&sandbox, "cert setup --stores nss --yes");
    let told = done(&sandbox, "cert remove --yes");
    assert!(told.stderr.contains("is still trusted by: nss; `gantry cert untrust` changes that\n"), "{told:?}");
    assert_eq!(done(&sandbox, "cert status --json").json()["is_set_up"], false);
    fs::remove_dir_all(sandbox.path("ca")).unwrap();
    done(&sandbox, "cert untrust --yes");
    assert!(!sandbox.path("home/.pki").exists() && !sandbox.path(STATE).exists());
}

#[test]
fn each_profile_is_one_whichever_ways_lead_to_it() {
    let (sandbox, _) = with_profiles(&[]);
    let profile = sandbox.directory("home/.config/mozilla/firefox/a.default");
    certutil(&sandbox, &profile, &["-N", "--empty-password"]);
    let told = done(&sandbox, "cert setup --stores nss --yes").stderr;
    assert_eq!(told.matches("/firefox/a.default").count(), 1, "{told}");
    let status = done(&sandbox, "cert status --json").json();
    let names = status["stores"].as_array().unwrap().iter().filter(|row| row["name"] == "firefox a.default");
    assert_eq!(names.count(), 1);
}

#[test]
fn a_profile_with_a_password_is_left_and_told() {
    let (sandbox, profiles) = with_profiles(&["a", "b"]);
    let locked = sandbox.directory("home/.mozilla/firefox/locked");
    sandbox.write("home/password", "secret\n");
    certutil(&sandbox, &locked, &["-N", "-f", "../../../password"]);
    let before = fs::read(locked.join("cert9.db")).unwrap();
    let told = done(&sandbox, "cert setup --stores nss --yes").stderr;
    let advice = told.lines().find(|line| line.contains("firefox locked")).unwrap_or_else(|| panic!("{told}"));
    assert!(advice.contains("is locked by a primary password; `gantry cert trust` tells how"), "{told}");
    assert!(!told.contains("certutil -A -t C,, -d sql:[SANDBOX]/home/.mozilla/firefox/locked"), "{told}");
    for profile in &profiles {
        assert!(certutil(&sandbox, profile, &["-L"]).contains("mkcert development CA"));
    }
    assert_eq!(fs::read(locked.join("cert9.db")).unwrap(), before);
    let again = done(&sandbox, "cert trust --stores nss --yes").stderr;
    assert!(again.ends_with("gantry: certificates are set up; no trust store had to be changed\n"), "{again}");
    // What it says works, and is taken back without the password.
    let by_hand = again.lines().next().unwrap().split_once("by hand: ").unwrap().1.to_owned();
    let by_hand = by_hand.replace("[SANDBOX]", sandbox.path("").to_str().unwrap().trim_end_matches('/'));
    let home = sandbox.path("home");
    sandbox.script("bash", &home, &format!("{by_hand} -f password")).require_success();
    assert!(!done(&sandbox, "cert trust --stores nss").stderr.contains("locked"));
    done(&sandbox, "cert untrust --stores nss --yes");
    assert!(!certutil(&sandbox, &locked, &["-L"]).contains("mkcert"));
    for directory in profiles.iter().chain([&sandbox.path("home/.pki/nssdb")]) {
        fs::remove_dir_all(directory).unwrap();
    }
    fs::rename(locked, sandbox.path("home/.pki/nssdb")).unwrap();
    check_failure(&sandbox, "cert trust --stores nss --yes", &["was not changed: chromium is locked by"], 1);
}

/// Refuses to change the profile `b`.
const REFUSE: &str =
    "[[ $1 == -[LK] || $* != *firefox/b* ]] || { echo 'certutil: no: SOME_ERROR: not today' >&2; exit 1; }";

#[test]
fn where_one_profile_fails_the_others_are_as_they_were() {
    let (mut sandbox, profiles) = with_profiles(&["a", "b"]);
    done(&sandbox, "cert setup --stores none");
    let name = format!("mkcert development CA {}", serial_number(&sandbox));
    let file = sandbox.path("ca/rootCA.pem");
    certutil(&sandbox, &profiles[0], &["-A", "-t", ",,", "-n", &name, "-i", file.to_str().unwrap()]);
    let before = certutil(&sandbox, &profiles[0], &["-L"]);
    stand_before(&mut sandbox, "certutil", &format!("{REFUSE}; exec $real \"$@\""));
    let directory = "[SANDBOX]/home/.mozilla/firefox/b";
    let message = format!("error: the nss trust store was not changed: {directory}: no: SOME_ERROR: not today\n");
    check_failure(&sandbox, "cert trust --stores nss --yes", &[&message], 1);
    assert_eq!(certutil(&sandbox, &profiles[0], &["-L"]), before);
    assert_eq!(done(&sandbox, "cert status --json").json()["is_set_up"], true);
}

#[test]
fn what_cannot_be_put_back_is_told_and_stays_known() {
    let (mut sandbox, profiles) = with_profiles(&["a", "b"]);
    let stubborn = format!("{REFUSE}; [[ $1 != -D ]] || exit 1; exec $real \"$@\"");
    stand_before(&mut sandbox, "certutil", &stubborn);
    let words = [
        "SOME_ERROR: not today; and the CA could not be taken out again of: nss\n",
        "hint: `gantry cert untrust --stores nss` takes it out\n",
    ];
    check_failure(&sandbox, "cert setup --stores nss --yes", &words, 1);
    assert!(sandbox.path("ca/rootCA.pem").exists() && sandbox.path(STATE).join("authority.pem").exists());
    step_aside(&sandbox, "certutil");
    assert!(certutil(&sandbox, &profiles[0], &["-L"]).contains("mkcert"));
    done(&sandbox, "cert untrust --stores nss --yes");
    assert!(!certutil(&sandbox, &profiles[0], &["-L"]).contains("mkcert"));
}

#[test]
fn an_interruption_puts_everything_back() {
    let (mut sandbox, profiles) = with_profiles(&["a", "b"]);
    // As the terminal does, and as `kill` does.
    for signal in ["INT", "TERM"] {
        stand_before(
            &mut sandbox,
            "certutil",
            &format!(
                "$real \"$@\"; status=$?; [[ $1 != -A || $* != *firefox/a* ]] || kill -{signal} $PPID; exit $status"
            ),
        );
        let status = if signal == "INT" { 130 } else { 143 };
        check_failure(&sandbox, "cert setup --stores nss --yes", &["error: interrupted\n"], status);
        step_aside(&sandbox, "certutil");
        for profile in &profiles {
            assert!(!certutil(&sandbox, profile, &["-L"]).contains("mkcert"), "{signal}");
        }
        assert!(!sandbox.path("ca").exists() && !sandbox.path(STATE).exists(), "{signal}");
    }
}

#[test]
fn a_ca_that_somebody_else_made_meanwhile_stays() {
    let (mut sandbox, _) = with_profiles(&["a", "b"]);
    stand_before(&mut sandbox, "certutil", &format!("{REFUSE}; exec $real \"$@\""));
    let script = "mkfifo keys\n\
                  script --quiet --flush --return --command 'gantry cert setup --stores nss' screen <keys >/dev/null &\n\
                  exec 3>keys; until grep -q 'y/N' screen; do sleep 0.01; done\n\
                  mkcert -install && echo y >&3 && ! wait $! && grep -a 'not today' screen";
    sandbox.script("bash", &sandbox.path("home"), script).require_success();
    for name in ["rootCA.pem", "rootCA-key.pem"] {
        assert!(sandbox.path("ca").join(name).exists(), "{name} is not gantry's to remove");
    }
    assert_eq!(done(&sandbox, "cert status --json").json()["is_set_up"], false);
}

#[test]
fn a_former_ca_stays_known_while_a_store_may_hold_it() {
    let (sandbox, profiles) = with_profiles(&["a", "b"]);
    done(&sandbox, "cert setup --stores nss --yes");
    fs::remove_dir_all(sandbox.path("ca")).unwrap();
    done(&sandbox, "cert setup --stores nss --yes");
    assert_eq!(former(&sandbox), 1);
    done(&sandbox, "cert untrust --stores none");
    done(&sandbox, "cert untrust --stores system --yes");
    assert_eq!(former(&sandbox), 1);
    // One holds the old one alone; it is shown too.
    let listed = certutil(&sandbox, &profiles[0], &["-L"]);
    assert_eq!(listed.matches("mkcert development CA").count(), 2);
    let serial = serial_number(&sandbox);
    certutil(&sandbox, &profiles[0], &["-D", "-n", &format!("mkcert development CA {serial}")]);
    let told = done(&sandbox, "cert untrust --dry-run").stderr;
    assert_eq!(told.matches("certutil -D").count(), 3, "{told}");
    // What cannot be asked may hold it.
    fs::rename(profiles[1].join("cert9.db"), sandbox.path("aside")).unwrap();
    sandbox.write(profiles[1].join("cert9.db"), "no database");
    let told = done(&sandbox, "cert untrust --yes").stderr;
    let directory = "[SANDBOX]/home/.mozilla/firefox/b";
    assert!(told.contains(&format!("the nss trust store stays as it is: {directory}: ")), "{told}");
    assert!(!certutil(&sandbox, &profiles[0], &["-L"]).contains("mkcert"));
    assert_eq!(former(&sandbox), 1);
    fs::rename(sandbox.path("aside"), profiles[1].join("cert9.db")).unwrap();
    done(&sandbox, "cert untrust --yes");
    assert!(!certutil(&sandbox, &profiles[1], &["-L"]).contains("mkcert"));
    assert_eq!(former(&sandbox), 0);
}

#[test]
fn what_cannot_be_asked_is_not_taken_for_a_no() {
    let (mut sandbox, _) = with_profiles(&["a"]);
    done(&sandbox, "cert setup --stores nss --yes");
    let path = sandbox.variable("PATH");
    let mkcert = std::env::split_paths(&path).map(|it| it.join("mkcert")).find(|it| it.exists()).unwrap();
    let bin = sandbox.directory("bin");
    std::os::unix::fs::symlink(mkcert, bin.join("mkcert")).unwrap();
    let gantry = Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap().to_owned();
    sandbox.set("PATH", std::env::join_paths([gantry, bin]).unwrap());
    let missing = "certutil is not installed: the package libnss3-tools";
    let told = done(&sandbox, "cert untrust --yes").stderr;
    assert!(told.contains(&format!("the nss trust store stays as it is: {missing}")), "{told}");
    assert!(told.ends_with("no trust store that could be asked holds the CA\n"), "{told}");
    check_failure(&sandbox, "cert untrust --stores nss --yes", &[missing], 1);
    let refused = ["it cannot be told whether the CA is still trusted: nss: ", "hint: mend that, then `gantry cert"];
    check_failure(&sandbox, "cert remove --ca --yes", &refused, 1);
    assert!(sandbox.path("ca/rootCA.pem").exists());
    // A Java that does not answer is no other case.
    sandbox.set("JAVA_HOME", sandbox.path("java"));
    sandbox.set("PATH", path);
    write_program(&sandbox, &sandbox.path("java/bin/keytool"), "echo 'keytool error: no'; exit 1");
    done(&sandbox, "cert untrust --stores nss --yes");
    check_failure(&sandbox, "cert untrust --stores java --yes", &["the java trust store was not changed: keytool"], 1);
    check_failure(&sandbox, "cert remove --ca --yes", &["still trusted: java: keytool error: no\n"], 1);
    let status = done(&sandbox, "cert status --json").json();
    let java = status["stores"].as_array().unwrap().iter().find(|row| row["name"] == "java").unwrap();
    assert_eq!((&java["state"], &java["detail"]), (&json!("unknown"), &json!("keytool error: no")));
}
