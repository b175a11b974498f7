//! What stands in the way of names, and what breaks them later.

use super::{DROP_IN, HERE, KNOWN, SNIPPET, UNKNOWN};
use crate::sandbox::Output;
use crate::world::{World, differences};

/// The kind of a failure told in JSON, and its exit status.
#[track_caller]
pub(super) fn failure(output: &Output) -> (String, i32) {
    let last = output.stderr.lines().last().unwrap_or_default();
    let error: serde_json::Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("{output:?}"));
    (error["error"]["kind"].as_str().unwrap().to_owned(), output.status)
}

/// The layer that `dns test` says has failed.
#[track_caller]
fn failed(world: &World, name: &str) -> String {
    let test = world.dns(&format!("dns test {name} --json"));
    assert_eq!(test.status, 1, "{test:?}");
    let answer: serde_json::Value = serde_json::from_str(&test.stdout).unwrap();
    answer["failed"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[test]
fn what_is_not_gantrys_stays() {
    let world = World::new();
    world.start_dnsmasq_system();
    world.write(SNIPPET, "address=/other.test/10.0.0.1\n");
    let before = world.kept();
    let refused = world.dns("dns setup --yes --json");
    assert_eq!(failure(&refused), ("dns_foreign".to_owned(), 4));
    world.check_untouched(&before);
    // A link likewise.
    let other = World::new();
    other.start_plain_resolved();
    other.script("ip link add gantry0 type veth peer name other0").require_success();
    let refused = other.dns("dns setup --method resolved-link --yes --json");
    assert_eq!(failure(&refused), ("dns_foreign".to_owned(), 4));
    assert_eq!(other.gantrys_dnsmasq(), "");
}

#[test]
fn a_file_that_somebody_has_edited() {
    let world = World::new();
    world.start_dnsmasq_system();
    let before = world.kept();
    world.dns("dns setup --yes").require_success();
    let edited = world.read(SNIPPET) + "address=/mine.example/127.0.0.1\n";
    world.write(SNIPPET, &edited);
    assert_eq!(world.layer("file").0, "bad");
    let refused = world.dns("dns remove --json");
    assert_eq!(failure(&refused), ("dns_edited".to_owned(), 1));
    assert_eq!(failure(&world.dns("dns setup --yes --json")), ("dns_edited".to_owned(), 1));
    assert_eq!(world.read(SNIPPET), edited);
    world.dns("dns remove --yes").require_success();
    world.check_untouched(&before);
}

#[test]
fn a_port_that_somebody_has() {
    let world = World::new();
    world.start_plain_resolved();
    let other =
        "--conf-file=/dev/null --no-resolv --pid-file=/run/other.pid --bind-interfaces --listen-address=127.0.0.1";
    world.script(&format!("dnsmasq --port=5354 {other}")).require_success();
    world.dns("dns setup --method resolved --yes").require_success();
    world.check_set_up("test");
    // resolved has the next one itself, for LLMNR.
    assert!(world.read(DROP_IN).contains("DNS=127.0.0.1:5356\n"));
    // The port was told to the resolver, and so it stays when the first one is free again.
    world.script("kill $(cat /run/other.pid)").require_success();
    assert_eq!(world.dns("dns setup --json").json()["changed"], false);
    // Somebody takes it while gantry's dnsmasq is down.
    world.dns("dns stop").require_success();
    world.script(&format!("dnsmasq --port=5356 {other}")).require_success();
    assert_eq!(failure(&world.dns("dns start --json")), ("dns_port".to_owned(), 4));
    world.dns("dns setup --yes").require_success();
    world.check_set_up("test");
    assert!(world.read(DROP_IN).contains("DNS=127.0.0.1:5354\n"));
}

#[test]
fn dns_test_names_the_layer() {
    let world = World::new();
    world.start_plain_resolved();
    assert_eq!(failed(&world, "shop"), "method");
    world.dns("dns setup --method resolved --yes").require_success();
    assert_eq!(failed(&world, "shop.example"), "name");
    // dnsmasq dies.
    world.script(&format!("kill -9 {}", world.gantrys_dnsmasq().trim())).require_success();
    assert_eq!(failed(&world, "shop"), "dnsmasq");
    let test = world.dns("dns test shop");
    assert!(test.stderr.ends_with("gantry: mend it: gantry dns start\n"), "{test:?}");
    world.dns("dns start").require_success();
    // The drop-in goes.
    world.script(&format!("rm {DROP_IN}; systemctl restart systemd-resolved")).require_success();
    assert_eq!(failed(&world, "shop"), "file");
    world.dns("dns setup --yes").require_success();
    world.check_set_up("test");
    // Another server is asked for the domain on a link.
    world.script("resolvectl domain lan0 '~shop.test'").require_success();
    assert_eq!(failed(&world, "shop"), "route");
    world.script("resolvectl domain lan0 ''; resolvectl default-route lan0 yes").require_success();
    // Programs do not ask resolved any more.
    world.script("rm /etc/resolv.conf; echo nameserver 192.0.2.1 >/etc/resolv.conf").require_success();
    assert_eq!(failed(&world, "shop"), "system");
}

#[test]
fn an_address_that_is_not_this_machine() {
    let world = World::new();
    world.start_dnsmasq_system();
    world.dns("dns setup --yes").require_success();
    world.script("echo '10.0.0.7 shop.test # the old server' >>/etc/hosts").require_success();
    let test = world.dns("dns test shop");
    assert!(test.status == 1 && test.stderr.contains("/etc/hosts says 10.0.0.7 for shop.test"), "{test:?}");
    world.dns("dns test api.shop.test").check("api.shop.test is 127.0.0.1 and ::1\n", "", 0);
}

#[test]
fn hostile_names() {
    let world = World::new();
    for name in
        ["a b", "shop.test\nserver=/test/10.0.0.1", "sh{op}", "\"shop\"", "-v", "*.shop.test", "", "..", "$(id)"]
    {
        let refused = world.gantry(&world.sandbox.path("home"), ["dns", "test", "--", name]);
        assert_eq!(refused.status, 2, "{name:?}: {refused:?}");
        assert!(refused.stdout.is_empty() && refused.stderr.lines().count() == 2, "{name:?}: {refused:?}");
    }
    for tld in ["com", "local", "test\naddress=/#/10.0.0.1", "te/st"] {
        let refused = world.gantry(&world.sandbox.path("home"), ["dns", "setup", "--yes", "--tld", tld]);
        assert_eq!(refused.status, 2, "{tld:?}: {refused:?}");
    }
}

#[test]
fn sudo_is_refused() {
    let world = World::new();
    world.start_plain_resolved();
    world.program("sudo", "echo \"sudo: a password is required\" >&2; exit 1");
    let home = world.sandbox.path("home").display().to_string();
    let bin = world.sandbox.path("bin").display().to_string();
    let (root, gantry) = (world.sandbox.path("").display().to_string(), env!("CARGO_BIN_EXE_gantry"));
    let give = format!("cp {gantry} {bin}/gantry; chmod 755 {root}; chown -R nobody:nogroup {home}");
    world.script(&give).require_success();
    let before = world.kept();
    let as_user = |command: &str| {
        world.script(&format!("setpriv --reuid=nobody --regid=nogroup --clear-groups -- {bin}/gantry {command}"))
    };
    let refused = as_user("dns setup --method resolved --yes");
    let why = "could not make the directory /etc/systemd/resolved.conf.d: sudo: a password is required";
    assert!(refused.status == 1 && refused.stderr.contains(&format!("error: {why}\nhint: ")), "{refused:?}");
    assert!(refused.stderr.contains("gantry: sudo -n install -d -m 755 "), "{refused:?}");
    world.check_untouched(&before);
    let script = as_user("dns setup --method resolved --print").require_success().stdout;
    assert!(script.contains("\nsudo systemctl restart systemd-resolved\n"), "{script}");
    // No sudo at all.
    world.script(&format!("rm {bin}/sudo")).require_success();
    assert_eq!(failure(&as_user("dns setup --yes --json")), ("dns_missing".to_owned(), 5));
    world.check_untouched(&before);
}

#[test]
fn a_resolver_that_does_not_restart() {
    let world = World::new();
    world.start_dnsmasq_system();
    let before = world.kept();
    world.first_systemctl("echo 'Job failed.' >&2; exit 1");
    let failed = world.dns("dns setup --yes");
    let why = "could not run systemctl restart dnsmasq: Job failed.";
    assert!(
        failed.status == 1 && failed.stderr.contains(&format!("error: {why}\nhint: everything was put back")),
        "{failed:?}"
    );
    world.check_untouched(&before);
    world.dns("dns setup --yes").require_success();
    world.check_set_up("test");
    // What replaces it fails, and so it stands again.
    world.script(&format!("rm {}", world.sandbox.path("count").display())).require_success();
    let standing = world.kept();
    let failed = world.dns("dns setup --tld internal --yes");
    assert_eq!(failed.status, 1, "{failed:?}");
    assert_eq!(differences(&standing, &world.kept()), UNKNOWN);
}

#[test]
fn two_at_once() {
    let world = World::new();
    world.start_plain_resolved();
    let before = world.kept();
    let both = world.script(
        "for it in 1 2; do (gantry dns setup --yes --json 2>&1 || true) & done; wait; gantry dns status >/dev/null",
    );
    // The second either comes in time to see that all is done, or is told to try again.
    let (done, changed) = (both.stdout.matches("\"method\"").count(), both.stdout.matches("\"changed\",").count());
    assert!(both.status == 0 && done >= 1 && done + changed == 2, "{both:?}");
    world.check_set_up("test");
    assert_eq!(world.gantrys_dnsmasq().lines().count(), 1);
    world.dns("dns remove --yes").require_success();
    world.check_untouched(&before);
}

#[test]
fn an_interruption_puts_everything_back() {
    let world = World::new();
    world.start_plain_resolved();
    let before = world.kept();
    let begun = world.sandbox.path("begun").display().to_string();
    let systemctl = std::fs::canonicalize(world.sandbox.path("bin/systemctl")).unwrap();
    let slow = format!("[ -e {begun} ] && exec {} \"$@\"; touch {begun}; exec sleep 1000", systemctl.display());
    world.script(&format!("rm {}", world.sandbox.path("bin/systemctl").display())).require_success();
    world.program("systemctl", &slow);
    let interrupt = format!(
        "gantry dns setup --method resolved --yes 2>&1 & until [ -e {begun} ]; do sleep 0.01; done; kill -TERM $!; wait $! || echo $?"
    );
    let interrupted = world.script(&interrupt);
    let end = "error: interrupted\nhint: everything was put back; `gantry dns setup --print` prints the commands, to run \
               them by hand; `--method localhost` needs none\n143\n";
    assert!(interrupted.stdout.ends_with(end), "{interrupted:?}");
    world.check_untouched(&before);
}

#[test]
fn a_name_that_is_not_found_after_all() {
    let world = World::new();
    world.start_plain_resolved();
    world.write("/etc/nsswitch.conf", "hosts: files\n");
    let before = world.kept();
    let failed = world.dns("dns setup --yes");
    assert!(failed.status == 1 && failed.stderr.contains("error: could not resolve a name: the system does not find"));
    assert_eq!(differences(&before, &world.kept()), UNKNOWN);
    assert_eq!(world.gantrys_dnsmasq(), "");
}

#[test]
fn programs_that_are_missing() {
    let world = World::new();
    world.start_plain_resolved();
    world.script("mount --bind /dev/null /usr/sbin/dnsmasq").require_success();
    let refused = world.dns("dns setup --yes");
    let hint = "install it: dnsmasq-base on Debian and Ubuntu (it starts nothing), dnsmasq elsewhere";
    assert!(refused.status == 5 && refused.stderr.contains(hint), "{refused:?}");
    assert!(refused.stderr.starts_with("error: dnsmasq is not installed\n"), "{refused:?}");
    world.systemctl("stop", "systemd-resolved");
    assert_eq!(failure(&world.dns("dns setup --yes --json")), ("dns_resolver".to_owned(), 5));
}

#[test]
fn a_record_that_is_damaged() {
    let world = World::new();
    world.start_dnsmasq_system();
    world.dns("dns setup --yes").require_success();
    world.sandbox.write("home/.local/state/gantry/dns/setup.json", "{");
    for command in ["dns setup --yes --json", "dns remove --yes --json", "dns status --json"] {
        assert_eq!(failure(&world.dns(command)), ("dns_record".to_owned(), 1), "{command}");
    }
    assert_eq!(world.addresses("shop.test"), HERE);
}

#[test]
fn a_record_that_is_lost() {
    let world = World::new();
    world.start_plain_resolved();
    let before = world.kept();
    world.dns("dns setup --yes").require_success();
    let record = world.sandbox.path("home/.local/state/gantry/dns/setup.json");
    std::fs::write(&record, "{").unwrap();
    let refused = world.dns("dns remove --yes");
    assert!(refused.stderr.contains("move it away; `gantry dns setup` then takes what stands"), "{refused:?}");
    // The record, and all that gantry keeps.
    for lost in [record.as_path(), record.parent().unwrap()] {
        world.script(&format!("rm -r {}", lost.display())).require_success();
        world.dns("dns setup --yes").require_success();
        world.check_set_up("test");
        assert_eq!(world.gantrys_dnsmasq().lines().count(), 1);
    }
    world.dns("dns remove --yes").require_success();
    world.check_untouched(&before);
}

#[test]
fn a_dnsmasq_that_hangs() {
    let world = World::new();
    world.start_plain_resolved();
    world.dns("dns setup --yes").require_success();
    world.script(&format!("kill -STOP {}", world.gantrys_dnsmasq().trim())).require_success();
    let (state, text) = world.layer("dnsmasq");
    assert!(state == "bad" && text.ends_with("does not answer"), "{text}");
    world.dns("dns stop").require_success();
    world.dns("dns start").require_success();
    world.check_set_up("test");
}

#[test]
fn a_configuration_that_is_broken_already() {
    let world = World::new();
    world.start_dnsmasq_system();
    // It runs as it was read before.
    world.write("/etc/dnsmasq.d/theirs.conf", "no such setting\n");
    let before = world.kept();
    let refused = world.dns("dns setup --yes --json");
    assert_eq!(failure(&refused), ("dns_broken".to_owned(), 1));
    assert!(refused.stderr.contains("theirs.conf"), "{refused:?}");
    world.check_untouched(&before);
    assert_eq!(world.addresses("known.example"), KNOWN);
}

#[test]
fn killed_before_the_resolver_has_read_it() {
    let world = World::new();
    world.start_dnsmasq_system();
    let before = world.kept();
    world.first_systemctl("kill -9 $PPID; exit 1");
    assert_ne!(world.script("gantry dns setup --yes").status, 0);
    assert!(world.outside(SNIPPET).exists());
    assert_eq!(world.addresses("shop.test"), UNKNOWN);
    assert_eq!(failed(&world, "shop"), "answer");
    world.dns("dns setup --yes").require_success();
    world.check_set_up("test");
    // It has read it once, and somebody has it read something else.
    world
        .script(&format!("mv {SNIPPET} /run/away; systemctl restart dnsmasq; mv /run/away {SNIPPET}"))
        .require_success();
    assert_eq!(world.addresses("shop.test"), UNKNOWN);
    assert_eq!(world.dns("dns setup --yes --json").json()["changed"], true);
    world.check_set_up("test");
    world.dns("dns remove --yes").require_success();
    world.check_untouched(&before);
}

#[test]
fn many_starts_at_once() {
    let world = World::new();
    world.start_plain_resolved();
    world.dns("dns setup --yes").require_success();
    for _ in 0..3 {
        world.dns("dns stop").require_success();
        let all = world.script("for it in 1 2 3 4; do gantry dns start --json 2>&1 & done; wait");
        assert_eq!(all.stdout.matches("\"changed\": true").count(), 1, "{all:?}");
        assert_eq!(all.stdout.matches("\"changed\": false").count(), 3, "{all:?}");
        assert_eq!(world.gantrys_dnsmasq().lines().count(), 1);
    }
}

#[test]
fn who_waits_is_interrupted() {
    let world = World::new();
    world.start_dnsmasq_system();
    world.dns("dns setup --yes").require_success();
    let lock = world.sandbox.path("home/.local/state/gantry/locks/dns.lock").display().to_string();
    let wait = "until grep -q waiting /run/said; do sleep 0.01; done";
    let script = format!(
        "exec 9>>{lock}; flock 9; gantry dns remove --yes --json 2>/run/said & {wait}; kill -TERM $!; wait $! || echo $?; \
         tail -n 1 /run/said >&2"
    );
    let interrupted = world.script(&script);
    assert_eq!(interrupted.stdout, "143\n");
    assert_eq!(failure(&interrupted).0, "interrupted");
    assert_eq!(world.addresses("shop.test"), HERE);
}

#[test]
fn a_project_with_a_domain_of_its_own() {
    let world = World::new();
    world.start_dnsmasq_system();
    world.dns("dns setup --yes").require_success();
    let checkout = world.sandbox.repository("shop", "git@example.com:test/shop.git");
    world.sandbox.write("shop/gantry.yml", "tld: localhost\n");
    world.gantry(&checkout, ["register"]).require_success();
    // The C library here knows no name under it; what is asked for is right.
    for name in ["shop", "shop.localhost"] {
        let test = world.dns(&format!("dns test {name} --json"));
        let answer: serde_json::Value = serde_json::from_str(&test.stdout).unwrap();
        assert_eq!((&answer["name"], &answer["layers"][0]["state"]), (&"shop.localhost".into(), &"good".into()));
    }
    world.dns("dns test other").check("other.test is 127.0.0.1 and ::1\n", "", 0);
}
