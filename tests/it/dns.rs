//! `gantry dns` against real resolvers, each in a world of its own.

mod mishaps;
mod taking_back;

use std::path::Path;

use crate::sandbox::Output;
use crate::world::{Snapshot, World, differences};

/// The addresses of every name under the domain.
const HERE: [&str; 2] = ["127.0.0.1", "::1"];
/// The name that the world's upstream server knows.
const KNOWN: [&str; 1] = ["192.0.2.80"];
const UNKNOWN: [&str; 0] = [];

const DROP_IN: &str = "/etc/systemd/resolved.conf.d/gantry.conf";
const SNIPPET: &str = "/etc/dnsmasq.d/gantry.conf";

impl World {
    /// Runs gantry in the home, with words that hold no space.
    fn dns(&self, command: &str) -> Output {
        self.gantry(&self.sandbox.path("home"), command.split(' '))
    }

    /// systemd-resolved whose only servers are those of its link, as DHCP leaves it.
    fn start_plain_resolved(&self) {
        self.start_resolved();
        // It has read, as it started, a resolv.conf that was not its own.
        self.systemctl("restart", "systemd-resolved");
    }

    /// Names under the domain lead here, at any depth, and all others are asked for where they were before.
    #[track_caller]
    fn check_set_up(&self, tld: &str) {
        self.check_leads_to(&HERE, tld);
    }

    #[track_caller]
    fn check_leads_to(&self, here: &[&str], tld: &str) {
        for name in ["shop", "api.shop", "a.b.c.shop"] {
            assert_eq!(self.addresses(&format!("{name}.{tld}")), here, "{name}");
        }
        assert_eq!(self.addresses("known.example"), KNOWN);
        assert_eq!(self.addresses("unknown.example"), UNKNOWN);
    }

    /// Everything is as it was before the set-up.
    #[track_caller]
    fn check_untouched(&self, before: &Snapshot) {
        assert_eq!(differences(before, &self.kept()), UNKNOWN);
        assert_eq!(self.addresses("shop.test"), UNKNOWN);
        assert_eq!(self.addresses("known.example"), KNOWN);
        assert_eq!(self.gantrys_dnsmasq(), "");
        assert_eq!(self.script("ls /sys/class/net | grep gantry || true").stdout, "");
        assert!(!self.sandbox.path("home/.local/state/gantry/dns").exists());
    }

    /// What a set-up may touch: not what resolvers write as they run, and of gantry's own files those that matter to it.
    fn kept(&self) -> Snapshot {
        let home = self.sandbox.path("home");
        let mut snapshot = self.snapshot();
        snapshot.retain(|path, _| {
            !path.starts_with("/run/systemd/resolve") && (path == &home || !path.starts_with(home.join(".local")))
        });
        snapshot
    }

    /// The numbers of the processes, a line each.
    fn gantrys_dnsmasq(&self) -> String {
        let list = "ps -C dnsmasq -o pid=,args= | awk '/gantry.dns.dnsmasq.conf/ { print $1 }'";
        self.script(list).require_success().stdout
    }

    /// What `dns status --json` says of a layer: its state and text.
    #[track_caller]
    fn layer(&self, name: &str) -> (String, String) {
        let status: serde_json::Value = serde_json::from_str(&self.dns("dns status --json").stdout).unwrap();
        let layers = status["layers"].as_array().unwrap();
        let layer = layers.iter().find(|it| it["layer"] == name).unwrap_or_else(|| panic!("no layer {name}: {status}"));
        (layer["state"].as_str().unwrap().to_owned(), layer["text"].as_str().unwrap().to_owned())
    }
}

/// `gantry: ` before each line.
fn notes(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("gantry: {line}\n")).collect()
}

#[test]
fn resolved_by_a_drop_in() {
    let world = World::new();
    world.start_plain_resolved();
    let before = world.kept();
    // What it says of a drop-in comes first.
    let set_up = [
        "install -d -m 755 /etc/systemd/resolved.conf.d",
        "install -m 644 [SANDBOX]/home/.local/state/gantry/dns/gantry.conf /etc/systemd/resolved.conf.d/gantry.conf",
        "systemctl restart systemd-resolved",
        "every name under .test is 127.0.0.1 and ::1 (resolved)",
        "after a reboot `gantry dns start` starts dnsmasq again",
    ];
    let first = world.dns("dns setup --method resolved --yes").require_success();
    let (warning, rest) = first.stderr.split_once('\n').unwrap();
    assert!(warning.starts_with("warning: systemd-resolved before version 258 asks"), "{first:?}");
    assert_eq!(rest, notes(&set_up));
    world.check_set_up("test");
    assert!(world.read(DROP_IN).ends_with("\n[Resolve]\nDNS=127.0.0.1:5354\nDomains=~test\n"));
    world.dns("dns test shop").check("shop.test is 127.0.0.1 and ::1\n", "", 0);
    let status = world.dns("dns status --json").json();
    assert_eq!((&status["ok"], &status["method"], &status["tld"]), (&true.into(), &"resolved".into(), &"test".into()));
    assert_eq!(world.layer("file"), ("good".to_owned(), DROP_IN.to_owned()));
    // Nothing changes the second time.
    let pid = world.gantrys_dnsmasq();
    let standing = world.kept();
    let again = ["every name under .test is 127.0.0.1 and ::1 already (resolved)", set_up[4]];
    world.dns("dns setup").check("", &notes(&again), 0);
    assert_eq!(differences(&standing, &world.kept()), UNKNOWN);
    assert_eq!(world.gantrys_dnsmasq(), pid);
    let removed = [
        "rm /etc/systemd/resolved.conf.d/gantry.conf",
        "rmdir /etc/systemd/resolved.conf.d",
        "systemctl restart systemd-resolved",
        "removed; names under .test are not resolved to this machine any more",
    ];
    world.dns("dns remove --yes").check("", &notes(&removed), 0);
    world.check_untouched(&before);
    world.dns("dns remove").check("", &notes(&["nothing is set up"]), 0);
}

#[test]
fn resolved_by_a_link() {
    let world = World::new();
    world.start_plain_resolved();
    world.write("/etc/systemd/resolved.conf.d/office.conf", "[Resolve]\nDNS=192.0.2.1\n");
    world.systemctl("restart", "systemd-resolved");
    let before = world.kept();
    // A drop-in would have resolved ask gantry's dnsmasq for every name.
    let refused = world.dns("dns setup --method resolved --yes");
    assert!(refused.status == 1 && refused.stderr.contains("asks 192.0.2.1 for all names"), "{refused:?}");
    assert_eq!(world.dns("dns setup --yes --json").json()["method"], "resolved-link");
    world.check_set_up("test");
    assert_eq!(differences(&before, &world.kept()), UNKNOWN);
    // As after a reboot.
    world.script("ip link delete gantry0").require_success();
    assert_eq!(world.layer("link").0, "bad");
    assert_eq!(world.addresses("shop.test"), UNKNOWN);
    assert_eq!(world.dns("dns setup --yes --json").json()["changed"], true);
    world.check_set_up("test");
    world.script("ip link delete gantry0").require_success();
    assert_eq!(world.dns("dns start --json").json()["changed"], true);
    world.check_set_up("test");
    world.dns("dns remove --yes").require_success();
    world.check_untouched(&before);
}

#[test]
fn no_other_name_is_asked_of_gantrys_port() {
    let world = World::new();
    world.start_plain_resolved();
    world.write("/etc/systemd/resolved.conf.d/office.conf", "[Resolve]\nDomains=example\n");
    world.systemctl("restart", "systemd-resolved");
    assert_eq!(world.addresses("known.example"), KNOWN);
    let refused = world.dns("dns setup --method resolved --yes");
    assert!(refused.status == 1 && refused.stderr.contains("systemd-resolved has example, and would"), "{refused:?}");
    world.dns("dns setup --yes").require_success();
    world.check_set_up("test");
    // Somebody else takes the port while dnsmasq is down, and claims every name.
    world.dns("dns stop").require_success();
    let log = "--log-queries --log-facility=/run/queries --pid-file=/run/other.pid --user=root";
    let listen = "--port=5354 --bind-interfaces --listen-address=127.0.0.1";
    let claim = "--conf-file=/dev/null --no-resolv --address=/#/203.0.113.66";
    world.script(&format!("dnsmasq {log} {listen} {claim}; resolvectl flush-caches")).require_success();
    for _ in 0..5 {
        assert_eq!(world.addresses("known.example"), KNOWN);
        assert_eq!(world.addresses("unknown.example"), UNKNOWN);
        world.script("resolvectl flush-caches").require_success();
    }
    assert_eq!(world.addresses("shop.test"), ["203.0.113.66"]);
    let queries = world.read("/run/queries");
    assert!(queries.contains("shop.test") && !queries.contains("known.example"), "{queries}");
}

#[test]
fn a_file_for_the_machines_dnsmasq() {
    let world = World::new();
    world.start_dnsmasq_system();
    let before = world.kept();
    world.dns("dns setup --tld internal --yes").require_success();
    world.check_set_up("internal");
    let kept = differences(&before, &world.kept());
    assert_eq!(kept, [format!("+ {SNIPPET}")]);
    assert_eq!(world.gantrys_dnsmasq(), "");
    world.dns("dns test shop").check("shop.internal is 127.0.0.1 and ::1\n", "", 0);
    let nothing = "there is nothing to start: what is set up needs no dnsmasq of gantry's";
    world.dns("dns start").check("", &notes(&[nothing]), 0);
    let refused = world.dns("dns stop");
    assert!(refused.status == 3 && refused.stderr.contains("the method dnsmasq has no dnsmasq"), "{refused:?}");
    world.dns("dns remove --yes").require_success();
    world.check_untouched(&before);
    // The domain is what it was before, too.
    assert!(world.dns("dns test shop").stdout.contains("shop.test is under .test"));
}

#[test]
fn a_file_for_network_managers_dnsmasq() {
    let world = World::new();
    world.start_network_manager();
    let before = world.kept();
    world.dns("dns setup --yes").require_success();
    // Its link has no IPv6 address, and for ::1 alone the C library does not ask for any.
    world.check_leads_to(&HERE[..1], "test");
    assert!(world.script("getent hosts shop.test").stdout.starts_with("::1 "));
    let file = "+ /etc/NetworkManager/dnsmasq.d/gantry.conf";
    assert_eq!(differences(&before, &world.kept()), [file]);
    world.dns("dns remove --yes").require_success();
    world.check_untouched(&before);
}

#[test]
fn names_that_need_no_set_up() {
    let world = World::new();
    world.start_network();
    world.write("/etc/resolv.conf", "nameserver 192.0.2.1\n");
    let before = world.kept();
    let why = "192.0.2.1 resolves names here, by /etc/resolv.conf, and gantry does not change that";
    let refused = world.dns("dns setup --yes");
    assert!(refused.status == 1 && refused.stderr.starts_with(&format!("error: {why}\nhint: ")), "{refused:?}");
    world.check_untouched(&before);
    let known = "names end in .localhost: browsers, curl and systemd-resolved know them, programs that ask the C library \
                 alone do not";
    world.dns("dns setup --method localhost").check("", &notes(&[known]), 0);
    let test = world.dns("dns test shop --json");
    assert!(test.status == 1 && test.stdout.contains("\"shop.localhost\""), "{test:?}");
    assert_eq!(world.dns("dns status").status, 0);
    world.dns("dns setup --tld localhost").require_success();
    world.dns("dns remove").require_success();
    assert!(world.dns("dns test shop").stdout.contains("shop.test"));
    world.check_untouched(&before);
    let mismatch = world.dns("dns setup --method localhost --tld test --yes");
    assert!(mismatch.status == 2 && mismatch.stderr.contains("the method localhost does not set up .test"));
}

#[test]
fn another_way_and_another_domain_take_the_place_of_the_first() {
    let world = World::new();
    world.start_plain_resolved();
    let before = world.kept();
    world.dns("dns setup --method resolved --yes").require_success();
    world.dns("dns setup --tld home.arpa --yes").require_success();
    world.check_set_up("home.arpa");
    assert_eq!(world.addresses("shop.test"), UNKNOWN);
    world.dns("dns setup --method resolved-link --yes").require_success();
    world.check_set_up("home.arpa");
    assert!(!world.outside(DROP_IN).exists());
    world.dns("dns test shop").check("shop.home.arpa is 127.0.0.1 and ::1\n", "", 0);
    world.dns("dns remove --yes").require_success();
    world.check_untouched(&before);
}

#[test]
fn a_script_does_the_same() {
    let world = World::new();
    world.start_plain_resolved();
    let before = world.kept();
    let script = world.dns("dns setup --print").require_success();
    assert_eq!(script.stderr, "");
    world.check_untouched(&before);
    world.script("gantry dns setup --method resolved --print | sh").require_success();
    world.check_set_up("test");
    assert_eq!(world.dns("dns setup --json").json()["changed"], false);
    let removal = world.dns("dns remove --print").require_success().stdout;
    assert!(removal.contains("\nrmdir /etc/systemd/resolved.conf.d || :\n"), "{removal}");
    world.script("gantry dns remove --print | sh").require_success();
    world.check_untouched(&before);
    world.script("gantry dns setup --print --tld internal | sh").require_success();
    world.dns("dns test shop").check("shop.internal is 127.0.0.1 and ::1\n", "", 0);
    // Again, as after a reboot, and with another domain: what it was at first is not forgotten.
    world.script("ip link delete gantry0; gantry dns setup --print | sh").require_success();
    world.check_set_up("internal");
    world.script("gantry dns setup --print --tld home.arpa | sh").require_success();
    world.check_set_up("home.arpa");
    world.script("gantry dns remove --print | sh").require_success();
    world.check_untouched(&before);
    assert!(world.dns("dns test shop").stdout.contains("shop.test"));
}

#[test]
fn gantrys_dnsmasq_is_the_users_to_start_and_stop() {
    let world = World::new();
    world.start_plain_resolved();
    for command in ["dns start", "dns stop"] {
        let refused = world.dns(command);
        assert!(refused.status == 3 && refused.stderr.starts_with("error: DNS is not set up\n"), "{refused:?}");
    }
    world.dns("dns setup --yes").require_success();
    let pid = world.gantrys_dnsmasq().trim().to_owned();
    // Its number is lost.
    std::fs::remove_file(world.sandbox.path("home/.local/state/gantry/dns/dnsmasq.pid")).unwrap();
    let already = format!("dnsmasq runs already on 127.0.0.1:5354 (process {pid})");
    world.dns("dns start").check("", &notes(&[&already]), 0);
    world.dns("dns stop").check("", &notes(&["dnsmasq has ended"]), 0);
    world.dns("dns stop").check("", &notes(&["dnsmasq did not run"]), 0);
    assert_eq!((world.gantrys_dnsmasq().as_str(), world.layer("dnsmasq").0.as_str()), ("", "bad"));
    assert_eq!(world.dns("dns start --json").json()["changed"], true);
    world.check_set_up("test");
    // It refuses what it is not for, and its session is its own.
    let pid = world.gantrys_dnsmasq().trim().to_owned();
    let session = world.script(&format!("ps -o ppid=,tty= -p {pid}")).stdout;
    assert_eq!(session.split_whitespace().collect::<Vec<_>>(), ["1", "?"]);
    // A number that another process has by now is left alone.
    world.script(&format!("kill {pid}; while kill -0 {pid} 2>/dev/null; do :; done")).require_success();
    let file = world.sandbox.path("home/.local/state/gantry/dns/dnsmasq.pid");
    let innocent = world.script("setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo $!").stdout;
    std::fs::write(file, &innocent).unwrap();
    world.dns("dns stop").check("", &notes(&["dnsmasq did not run"]), 0);
    world.script(&format!("kill -0 {innocent}")).check("", "", 0);
}

#[test]
fn the_old_names_of_the_commands() {
    let world = World::new();
    world.start_dnsmasq_system();
    world.dns("dns-setup --yes").require_success();
    assert_eq!(world.dns("dns-status --json").json()["ok"], true);
    world.dns("dns-test shop").check("shop.test is 127.0.0.1 and ::1\n", "", 0);
    let help = world.dns("help").require_success().stdout;
    assert!(help.contains("\n  dns ") && !help.contains("dns-"), "{help}");
}

#[test]
fn it_asks_at_a_terminal_and_nowhere_else() {
    let world = World::new();
    world.start_dnsmasq_system();
    let before = world.kept();
    let refused = world.dns("dns setup");
    assert_eq!(refused.status, 2, "{refused:?}");
    assert!(refused.stderr.contains("gantry: will write /etc/dnsmasq.d/gantry.conf:\ngantry:     # Written by"));
    assert!(refused.stderr.contains("gantry:     address=/test/::1\ngantry:     $ install -m 644 "), "{refused:?}");
    assert!(refused.stderr.contains("\nerror: `gantry dns setup` changes how this machine resolves names"));
    world.check_untouched(&before);
    let answer = |command: &str, answer: &str| {
        let typed = format!("script -qec '{command}' /dev/null");
        crate::terminal::answer(&world.sandbox, world.command("bash", Path::new("/")).args(["-c", &typed]), answer)
    };
    let (shown, status) = answer("gantry dns setup", "n");
    let end = "Have names under .test resolved this way (dnsmasq)? [y/N] n\ngantry: nothing was changed\n";
    assert!(shown.ends_with(end) && status == 0, "{shown}");
    world.check_untouched(&before);
    assert_eq!(answer("gantry dns setup", "y").1, 0);
    world.check_set_up("test");
    assert_eq!(world.dns("dns remove").status, 2);
    let (shown, status) = answer("gantry dns remove", "y");
    assert!(shown.contains("will remove /etc/dnsmasq.d/gantry.conf:") && status == 0, "{shown}");
    world.check_untouched(&before);
}
