//! Trust stores that belong to the whole machine, changed and put back in a world of the test's own.

use std::path::Path;

use serde_json::Value;

use crate::browser::Browser;
use crate::sandbox::Sandbox;
use crate::world::{Snapshot, World, differences};

/// A world whose mkcert may change every store.
fn world() -> World {
    let mut sandbox = Sandbox::new();
    let root = sandbox.path("ca");
    sandbox.set("CAROOT", root);
    let world = World::around(sandbox);
    // Whatever the machine's store was left like.
    world.script("update-ca-certificates >&2").require_success();
    world
}

fn cert(world: &World, arguments: &str) -> crate::sandbox::Output {
    let arguments = std::iter::once("cert").chain(arguments.split_whitespace());
    world.gantry(&world.sandbox.path("home"), arguments)
}

fn trust(world: &World) -> Value {
    let status = cert(world, "status --json").json();
    let rows = status["stores"].as_array().unwrap().iter();
    rows.map(|row| (row["name"].as_str().unwrap().to_owned(), row["state"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Without gantry's own directories, and without Java's store, which keytool writes anew whatever changes.
fn of_the_machine(world: &World) -> Snapshot {
    let mut snapshot = world.snapshot();
    let home = world.sandbox.path("home");
    let java = Path::new("/etc/ssl/certs/java");
    let own = [home.join(".local"), home.join(".cache")];
    snapshot.retain(|path, _| !path.starts_with(java) && !own.iter().any(|own| path.starts_with(own)));
    snapshot
}

#[test]
fn the_system_trusts_it_until_it_is_taken_back() {
    let world = world();
    let before = of_the_machine(&world);
    let done = cert(&world, "setup --stores system --yes").require_success();
    assert!(done.stderr.contains("gantry:     update-ca-certificates\n"), "{done:?}");
    let stores = trust(&world);
    assert_eq!(
        (&stores["system"], &stores["python"], &stores["node"]),
        (&"trusted".into(), &"trusted".into(), &"not_trusted".into())
    );
    // The system's bundle has it: nothing needs to be written, and curl needs nothing to be told.
    let exported = world.gantry(&world.sandbox.path("home"), ["export", "--certs", "--json"]).json();
    assert_eq!(exported["REQUESTS_CA_BUNDLE"], "/etc/ssl/certs/ca-certificates.crt");
    assert!(exported.get("CURL_CA_BUNDLE").is_none() && exported.get("SSL_CERT_FILE").is_none());
    // Again, nothing is left to do.
    let again = cert(&world, "setup --stores system").require_success();
    assert_eq!(again.stderr, "gantry: certificates are set up; no trust store had to be changed\n");
    // Put in, and not counted: somebody stopped what makes it count.
    world.write("/etc/ssl/certs/ca-certificates.crt", "");
    let again = cert(&world, "trust --stores system --dry-run").require_success();
    assert!(again.stderr.starts_with("gantry: would change the system trust store:\n"), "{again:?}");
    cert(&world, "trust --stores system --yes").require_success();
    let root = world.read(world.sandbox.path("ca/rootCA.pem"));
    assert!(world.read("/etc/ssl/certs/ca-certificates.crt").contains(&root));
    cert(&world, "untrust --stores system --yes").require_success();
    let stores = trust(&world);
    // Debian has Java follow the system's store, and not back.
    assert_eq!((&stores["system"], &stores["java"]), (&"not_trusted".into(), &"not_trusted".into()));
    assert_eq!(differences(&before, &of_the_machine(&world)), [""; 0]);
}

#[test]
fn a_replaced_ca_is_taken_out_too() {
    let world = world();
    let before = of_the_machine(&world);
    let installed = || std::fs::read_dir(world.outside("/usr/local/share/ca-certificates")).unwrap().count();
    let others = installed();
    cert(&world, "setup --stores system --yes").require_success();
    std::fs::remove_dir_all(world.sandbox.path("ca")).unwrap();
    cert(&world, "setup --stores system --yes").require_success();
    assert_eq!(trust(&world)["system"], "trusted");
    assert_eq!(installed(), others + 2);
    cert(&world, "untrust --yes").require_success();
    assert_eq!(installed(), others);
    assert_eq!(differences(&before, &of_the_machine(&world)), [""; 0]);
}

#[test]
fn what_was_taken_out_halfway_is_taken_out_whole() {
    let world = world();
    let before = of_the_machine(&world);
    cert(&world, "setup --stores system --yes").require_success();
    // What rebuilds the bundle is interrupted, and does nothing.
    let begun = world.sandbox.path("begun").display().to_string();
    world.program("update-ca-certificates", &format!("touch {begun}; sleep 1; exit 130"));
    let script = format!(
        "gantry cert untrust --yes 2>&1 & until [ -e {begun} ]; do sleep 0.01; done; kill -TERM $!; wait $! || echo $?"
    );
    let interrupted = world.script(&script).require_success();
    let told = "error: interrupted, and the CA could not be taken out again of: system";
    assert!(
        interrupted.stdout.contains(told) && interrupted.stdout.ends_with("takes it out\n143\n"),
        "{interrupted:?}"
    );
    world.script(&format!("rm {}", world.sandbox.path("bin/update-ca-certificates").display())).require_success();
    assert_eq!(trust(&world)["system"], "trusted");
    let refused = cert(&world, "remove --ca --yes");
    assert!(refused.status == 1 && refused.stderr.contains("the CA is still trusted by: system"), "{refused:?}");
    cert(&world, "untrust --yes").require_success();
    assert_eq!(trust(&world)["system"], "not_trusted");
    assert_eq!(differences(&before, &of_the_machine(&world)), [""; 0]);
}

#[test]
fn java_trusts_it() {
    let world = world();
    cert(&world, "setup --stores java --yes").require_success();
    assert_eq!(trust(&world)["java"], "trusted");
    cert(&world, "untrust --stores java --yes").require_success();
    assert_eq!(trust(&world)["java"], "not_trusted");
}

#[test]
fn where_one_store_fails_the_others_are_put_back() {
    let world = world();
    let profile = world.sandbox.directory("home/.mozilla/firefox/a.default");
    world.script("certutil -N --empty-password -d sql:$HOME/.mozilla/firefox/a.default").require_success();
    // Java's store cannot be written.
    world
        .script(
            "cacerts=$(readlink -f $(dirname $(readlink -f $(command -v keytool)))/../lib/security/cacerts)\n\
                  mount --bind $(dirname $cacerts) $(dirname $cacerts)\n\
                  mount -o remount,bind,ro $(dirname $cacerts)",
        )
        .require_success();
    let before = of_the_machine(&world);
    let failed = cert(&world, "setup --stores nss,java --yes");
    assert_eq!(failed.status, 1, "{failed:?}");
    assert!(failed.stderr.contains("error: the java trust store was not changed: "), "{failed:?}");
    let listed = world.script("certutil -L -d sql:$HOME/.mozilla/firefox/a.default").require_success();
    assert!(!listed.stdout.contains("mkcert"), "{listed:?}");
    let left = differences(&before, &of_the_machine(&world));
    assert!(left.iter().all(|line| line.contains(profile.to_str().unwrap())), "{left:?}");
    assert!(!world.sandbox.path("ca").exists(), "the CA was made for it");
    assert_eq!(cert(&world, "status --json").json()["is_set_up"], false);
}

#[test]
fn a_refused_sudo_changes_nothing() {
    let world = world();
    let sudo = world.sandbox.write("bin/sudo", "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n");
    std::fs::set_permissions(&sudo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let root = world.sandbox.path("");
    world.script(&format!("chown -R nobody {}", root.display())).require_success();
    let before = of_the_machine(&world);
    let mut command = world.command("setpriv", Path::new("/"));
    command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "gantry"]);
    command.args(["cert", "setup", "--stores", "system", "--yes"]);
    let failed = world.run(&mut command);
    assert_eq!(failed.status, 1, "{failed:?}");
    assert!(failed.stderr.contains("gantry:     sudo update-ca-certificates\n"), "{failed:?}");
    assert!(failed.stderr.contains("error: the system trust store was not changed: "), "{failed:?}");
    assert!(failed.stderr.contains("sudo: a password is required\n"), "{failed:?}");
    assert_eq!(differences(&before, &of_the_machine(&world)), [""; 0]);
    assert!(!world.sandbox.path("ca").exists());
}

#[test]
fn a_java_of_the_users_own_needs_no_sudo() {
    let world = world();
    world.program("sudo", "echo called >>~/sudo; exit 1");
    let root = world.sandbox.path("");
    world.script(&format!("chown -R nobody {} /etc/ssl/certs/java", root.display())).require_success();
    let as_nobody = |arguments: &str| {
        let mut command = world.command("setpriv", Path::new("/"));
        command.args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "gantry", "cert"]);
        world.run(command.args(arguments.split_whitespace()))
    };
    as_nobody("setup --stores java --yes").require_success();
    let told = as_nobody("untrust --stores java --yes").require_success().stderr;
    assert!(told.contains("gantry:     keytool -delete -keystore "), "{told}");
    assert!(!world.sandbox.path("home/sudo").exists());
    assert_eq!(trust(&world)["java"], "not_trusted");
    // Another's is not touched without it.
    world.script("chown -R root /etc/ssl/certs/java").require_success();
    let refused = as_nobody("setup --stores java --yes");
    assert_eq!(refused.status, 1, "{refused:?}");
    assert!(refused.stderr.contains("gantry:     sudo keytool -importcert -keystore "), "{refused:?}");
}

#[test]
fn chromium_opens_a_project_without_a_warning() {
    let world = world();
    let home = world.sandbox.path("home");
    let project = world.sandbox.directory("shop");
    world.script("echo '127.0.0.1 shop.test' >>/etc/hosts").require_success();
    world.gantry(&project, ["register", "--hostname", "shop"]).require_success();
    // It has run before, and made a database where newer versions do.
    assert!(Browser::new(&world).open("https://shop.test/").error.is_some());
    cert(&world, "setup --stores none").require_success();
    world.script(SERVE).require_success();
    let page = Browser::new(&world).open("https://shop.test/");
    assert_eq!(page.error.as_deref(), Some("ERR_CERT_AUTHORITY_INVALID"));
    cert(&world, "trust --stores nss --yes").require_success();
    assert!(home.join(".local/share/pki/nssdb/cert9.db").exists() && !home.join(".pki").exists());
    let page = Browser::new(&world).open("https://shop.test/");
    assert_eq!(page.error, None, "{page:?}");
    cert(&world, "untrust --stores nss --yes").require_success();
    let page = Browser::new(&world).open("https://shop.test/");
    assert_eq!(page.error.as_deref(), Some("ERR_CERT_AUTHORITY_INVALID"));
}

#[test]
fn chromium_trusts_it_when_it_first_runs() {
    let world = world();
    let project = world.sandbox.directory("shop");
    world.script("echo '127.0.0.1 shop.test' >>/etc/hosts").require_success();
    world.gantry(&project, ["register", "--hostname", "shop"]).require_success();
    cert(&world, "setup --stores nss --yes").require_success();
    world.script(SERVE).require_success();
    let page = Browser::new(&world).open("https://shop.test/");
    assert_eq!(page.error, None, "{page:?}");
}

/// The project's certificate on port 443, once somebody listens there.
const SERVE: &str = "cd ~/.local/state/gantry/certs/issued/shop.test/current\n\
    openssl s_server -accept 127.0.0.1:443 -cert certificate.pem -key key.pem -www >/dev/null 2>&1 </dev/null &\n\
    for _ in {1..500}; do [[ $(</proc/net/tcp) == *0100007F:01BB* ]] && exit; sleep 0.01; done; exit 1";
