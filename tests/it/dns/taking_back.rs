//! What was set up is taken back, whatever has happened meanwhile.

use super::mishaps::failure;
use super::{DROP_IN, KNOWN, SNIPPET, UNKNOWN};
use crate::world::{World, differences};

impl World {
    /// The first call of systemctl from here on that is no question runs this before it.
    pub(super) fn first_systemctl(&self, script: &str) {
        let count = self.sandbox.path("count").display().to_string();
        let link = self.sandbox.path("bin/systemctl");
        let systemctl = std::fs::canonicalize(&link).unwrap();
        self.script(&format!("rm {}", link.display())).require_success();
        let is_later = format!("[ \"$1\" = is-active ] || [ -e {count} ]");
        let once = format!("{is_later} || {{ touch {count}; {script}; }}; exec {} \"$@\"", systemctl.display());
        self.program("systemctl", &once);
    }
}

#[test]
fn a_resolver_that_does_not_restart_is_restarted_the_next_time() {
    let world = World::new();
    world.start_plain_resolved();
    let before = world.kept();
    world.dns("dns setup --method resolved --yes").require_success();
    world.first_systemctl("echo 'Job failed.' >&2; exit 1");
    let failed = world.dns("dns remove --yes");
    let why = "error: not all of it could be removed: Job failed.\nhint: what is left to do: systemctl restart";
    assert!(failed.status == 1 && failed.stderr.contains(why), "{failed:?}");
    assert!(world.script("resolvectl dns").stdout.contains("127.0.0.1:5354"));
    world.dns("dns remove --yes").require_success();
    world.check_untouched(&before);
    assert!(!world.script("resolvectl dns").stdout.contains("127.0.0.1:5354"));
}

#[test]
fn a_service_that_was_stopped_stays_so() {
    let world = World::new();
    world.start_dnsmasq_system();
    world.dns("dns setup --yes").require_success();
    world.systemctl("stop", "dnsmasq");
    world.write("/etc/resolv.conf", "nameserver 192.0.2.1\n");
    world.dns("dns remove --yes").require_success();
    assert_eq!(world.script("systemctl is-active dnsmasq").stdout, "inactive\n");
    assert!(!world.outside(SNIPPET).exists());
    assert_eq!(world.addresses("known.example"), KNOWN);
}

#[test]
fn a_service_that_is_gone() {
    let world = World::new();
    world.start_dnsmasq_system();
    world.dns("dns setup --yes").require_success();
    world.systemctl("stop", "dnsmasq");
    world.script("rm /run/world/units/dnsmasq").require_success();
    world.write("/etc/resolv.conf", "nameserver 192.0.2.1\n");
    world.dns("dns setup --method localhost --yes").require_success();
    assert!(!world.outside(SNIPPET).exists());
    world.dns("dns remove --yes").require_success();
    assert!(!world.sandbox.path("home/.local/state/gantry/dns").exists());
}

#[test]
fn another_set_up_has_come_in_between() {
    let world = World::new();
    world.start_plain_resolved();
    world.dns("dns setup --method resolved --yes").require_success();
    // It waits while another gantry replaces what it was asked to take back.
    let lock = world.sandbox.path("home/.local/state/gantry/locks/dns.lock").display().to_string();
    let record = "home/.local/state/gantry/dns/setup.json";
    let script = format!(
        "exec 9>>{lock}; flock 9; gantry dns remove --yes --json 2>/run/said & until grep -q waiting /run/said; do sleep \
         0.01; done; sed -i 's/\"tld\": \"test\"/\"tld\": \"internal\"/' ../{record}; flock -u 9; wait $! || tail -n 1 \
         /run/said >&2"
    );
    let refused = world.script(&script);
    assert_eq!(failure(&refused).0, "changed", "{refused:?}");
    assert!(world.outside(DROP_IN).exists() && world.sandbox.path(record).exists());
}

#[test]
fn a_directory_that_somebody_uses_stays() {
    let world = World::new();
    world.start_plain_resolved();
    world.dns("dns setup --method resolved --yes").require_success();
    world.write("/etc/systemd/resolved.conf.d/mine.conf", "[Resolve]\nCache=yes\n");
    world.script("gantry dns remove --print | sh").require_success();
    assert_eq!(world.addresses("shop.test"), UNKNOWN);
    assert_eq!(world.gantrys_dnsmasq(), "");
    assert!(world.outside("/etc/systemd/resolved.conf.d/mine.conf").exists() && !world.outside(DROP_IN).exists());
    // A file that was edited is not printed away either.
    world.dns("dns setup --method resolved --yes").require_success();
    world.write(DROP_IN, "[Resolve]\nDNS=192.0.2.1\n");
    assert_eq!(failure(&world.dns("dns remove --print --json")).1, 2);
    assert!(world.dns("dns remove --print").stderr.contains("changed since gantry wrote it"));
}

#[test]
fn sudo_does_what_needs_it() {
    let world = World::new();
    world.start_plain_resolved();
    let (bin, home) = (world.sandbox.path("bin"), world.sandbox.path("home"));
    let (bin, home) = (bin.display(), home.display());
    // As sudo without a password: a program that any user runs as root.
    world.script(&format!("cp $(command -v setpriv) {bin}/rise; chmod 4755 {bin}/rise")).require_success();
    world.program(
        "sudo",
        &format!("[ \"$1\" != -n ] || shift; exec {bin}/rise --reuid=0 --regid=0 --clear-groups -- \"$@\""),
    );
    let (root, gantry) = (world.sandbox.path("").display().to_string(), env!("CARGO_BIN_EXE_gantry"));
    let give = format!("cp {gantry} {bin}/gantry; chmod 755 {root}; chown -R nobody:nogroup {home}");
    world.script(&give).require_success();
    let before = world.kept();
    let as_user = |command: &str| {
        let user = "setpriv --reuid=nobody --regid=nogroup --clear-groups --";
        world.script(&format!("{user} {bin}/gantry {command}")).require_success()
    };
    for method in ["resolved", "resolved-link"] {
        let set_up = as_user(&format!("dns setup --method {method} --yes"));
        assert!(set_up.stderr.contains("gantry: sudo -n "), "{set_up:?}");
        world.check_set_up("test");
        let owner = world.script(&format!("ps -o user= -p {}", world.gantrys_dnsmasq().trim())).stdout;
        assert_eq!(owner, "nobody\n");
        let removed = as_user("dns remove --yes").stderr;
        assert_eq!(removed.contains("sudo -n systemctl restart systemd-resolved\n"), method == "resolved", "{removed}");
        assert_eq!(differences(&before, &world.kept()), UNKNOWN);
    }
    world.check_untouched(&before);
}
