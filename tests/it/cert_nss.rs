//! `gantry cert` and the databases of browsers.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::authority::{isolate, stand_before};
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

/// gantry in the home, which has to do its work.
#[track_caller]
fn done(sandbox: &Sandbox, arguments: &str) -> crate::sandbox::Output {
    sandbox.gantry(&sandbox.path("home"), arguments.split_whitespace()).require_success()
}

#[test]
fn each_profile_is_one_whichever_ways_lead_to_it() {
    let mut sandbox = Sandbox::new();
    isolate(&mut sandbox);
    let profile = sandbox.directory("home/.config/mozilla/firefox/a.default");
    certutil(&sandbox, &profile, &["-N", "--empty-password"]);
    let told = done(&sandbox, "cert setup --stores nss --yes").stderr;
    assert_eq!(told.matches("/firefox/a.default").count(), 1, "{told}");
    let status = done(&sandbox, "cert status --json").json();
    let names = status["stores"].as_array().unwrap().iter().filter(|row| row["name"] == "firefox a.default");
    assert_eq!(names.count(), 1);
}

/// A Chromium that is installed and has not run yet.
fn with_chromium() -> Sandbox {
    let mut sandbox = Sandbox::new();
    isolate(&mut sandbox);
    stand_before(&mut sandbox, "chromium", "");
    sandbox
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
