//! The daemons that resolve names, as they run on machines of each kind, in a [`World`]. They are real; what starts them
//! is not: `world/systemctl.sh` stands in for systemd, with the units in `world/units`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::world::World;

/// The programs, units and settings, where they lie in the repository.
const WORLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/world");

/// What `NetworkManager.conf` says in worlds.
const NETWORK_MANAGER: &str = "\
[main]
plugins=keyfile
dns=dnsmasq
auth-polkit=false

[keyfile]
unmanaged-devices=interface-name:lo
";

const CONNECTION: &str = "\
[connection]
id=lan
type=ethernet
interface-name=lan0

[ipv4]
method=manual
address1=192.0.2.2/24
dns=192.0.2.1;

[ipv6]
method=disabled
";

impl World {
    /// A network beside loopback: `lan0` with 192.0.2.2, and in a namespace at its other end a provider's name server
    /// with 192.0.2.1, which knows `known.example` (192.0.2.80) and no other name. Nobody asks it yet.
    pub fn start_network(&self) {
        self.add_links();
        self.script("ip address add 192.0.2.2/24 dev lan0").require_success();
        self.start_upstream();
    }

    /// systemd-resolved with the name server of [`World::start_network`] on its link, asked by all programs.
    pub fn start_resolved(&self) {
        self.start_network();
        self.start_bus();
        self.append("/etc/passwd", "systemd-resolve:x:991:991::/:/usr/sbin/nologin\n", "systemd-resolve:");
        self.append("/etc/group", "systemd-resolve:x:991:\n", "systemd-resolve:");
        self.unpacked("systemd-resolved");
        self.unpacked("resolvectl");
        self.start("systemd-resolved");
        let ask = "resolvectl dns lan0 192.0.2.1; resolvectl default-route lan0 yes";
        self.script(&format!("{ask}; ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf")).require_success();
    }

    /// dnsmasq on port 53 of all addresses, reading `/etc/dnsmasq.d`, as Debian's package of that name runs it.
    pub fn start_dnsmasq_system(&self) {
        self.start_network();
        self.write("/etc/dnsmasq.d/README", "# All files in this directory will be read by dnsmasq.\n");
        self.write("/etc/dnsmasq.conf", "# Configuration file for dnsmasq.\n");
        self.write("/run/dnsmasq/resolv.conf", "nameserver 192.0.2.1\n");
        self.start("dnsmasq");
    }

    /// NetworkManager with `dns=dnsmasq`: its own dnsmasq on 127.0.0.1:53 reads `/etc/NetworkManager/dnsmasq.d`.
    pub fn start_network_manager(&self) {
        self.add_links();
        self.start_upstream();
        self.start_bus();
        let connection = "/etc/NetworkManager/system-connections/lan.nmconnection";
        self.write("/etc/NetworkManager/NetworkManager.conf", NETWORK_MANAGER);
        self.write(connection, CONNECTION);
        // It takes a /sys that is read-only for a container's, where no udev tells it of links.
        let prepare = "mkdir -p /etc/NetworkManager/{conf.d,dnsmasq.d} /var/lib/NetworkManager /run/network; touch \
                       /run/network/ifstate; mount -o remount,bind,ro /sys";
        self.script(&format!("chmod 600 {connection}; {prepare}")).require_success();
        self.unpacked("NetworkManager");
        self.unpacked("nmcli");
        self.start("NetworkManager");
    }

    /// A Docker engine of its own, with the image that `tests/run` makes. What its containers publish is reached inside.
    #[track_caller]
    pub fn start_engine(&self) {
        let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/image.tar");
        assert!(image.exists(), "no {}: run `tests/run`, which makes it", image.display());
        self.start("docker");
        let command = r#"CMD ["/bin/busybox","httpd","-f","-p","80","-h","/www"]"#;
        self.script(&format!("docker import --change '{command}' {} gantry-test/httpd", image.display()))
            .require_success();
    }

    /// `systemctl VERB UNIT`, as gantry would call it.
    #[track_caller]
    pub fn systemctl(&self, verb: &str, unit: &str) {
        self.script(&format!("systemctl {verb} {unit}")).require_success();
    }

    /// Starts a unit; the world has `systemctl` from the first one on.
    #[track_caller]
    fn start(&self, unit: &str) {
        let bin = self.sandbox.path("bin");
        let links =
            format!("ln -sf {WORLD}/systemctl.sh {}/systemctl; ln -sf {WORLD}/units/{unit} $units", bin.display());
        let script = format!("units=/run/world/units; mkdir -p $units; {links}; systemctl start {unit}");
        self.script(&script).require_success();
    }

    fn add_links(&self) {
        let server = "ip netns add provider; ip link add lan0 type veth peer name lan1 netns provider";
        let address = "ip -n provider address add 192.0.2.1/24 dev lan1; ip -n provider link set lan1 up";
        self.script(&format!("{server}; {address}; ip link set lan0 up")).require_success();
    }

    fn start_upstream(&self) {
        self.start("upstream");
    }

    fn start_bus(&self) {
        self.write("/run/world/dbus.conf", fs::read(Path::new(WORLD).join("dbus.conf")).unwrap());
        self.start("dbus");
    }

    /// Adds a line to a file where none begins so.
    fn append(&self, file: &str, line: &str, begin: &str) {
        let text = self.read(file);
        if !text.lines().any(|line| line.starts_with(begin)) {
            self.write(file, text + line);
        }
    }

    /// Makes a program that `tests/run` has unpacked one of the world's, with its own libraries.
    #[track_caller]
    fn unpacked(&self, program: &str) {
        let [unpacked, libraries] = ["GANTRY_UNPACKED", "GANTRY_UNPACKED_LIBRARIES"].map(|name| {
            std::env::var(name).unwrap_or_else(|_| panic!("no {program}: {name} is not set. Run `tests/run`"))
        });
        let places = ["lib/systemd", "usr/lib/systemd", "usr/bin", "usr/sbin"];
        let paths = places.map(|place| PathBuf::from(format!("{unpacked}/{place}/{program}")));
        let path = paths.iter().find(|path| path.is_file()).unwrap_or_else(|| panic!("no {program} in {unpacked}"));
        let path = path.display();
        self.program(program, &format!("LD_LIBRARY_PATH='{libraries}' exec '{path}' \"$@\""));
    }

    /// Puts a program before all others of its name: a script for `sh`.
    #[track_caller]
    pub fn program(&self, name: &str, script: &str) {
        let file = self.sandbox.path("bin").join(name);
        let file = file.display();
        // Not written by this process: another thread's child, about to start, could hold the file open for writing,
        // and then it does not run.
        self.script(&format!("cat >{file} <<'EOF'\n#!/bin/sh\n{script}\nEOF\nchmod +x {file}")).require_success();
    }

    /// The addresses that programs get for a name, sorted; none where it is not known.
    pub fn addresses(&self, name: &str) -> Vec<String> {
        let asked = self.script(&format!("getent ahosts {name} || [ $? = 2 ]")).require_success();
        let mut addresses: Vec<String> =
            asked.stdout.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
        addresses.sort();
        addresses.dedup();
        addresses
    }
}

const KNOWN: [&str; 1] = ["192.0.2.80"];
const UNKNOWN: [&str; 0] = [];

/// The world's network is whole, and nothing answers for `.test`.
fn check_untouched(world: &World) {
    assert_eq!(world.addresses("known.example"), KNOWN);
    assert_eq!(world.addresses("shop.test"), UNKNOWN);
}

/// A dnsmasq of nobody's, on port 5354, which answers for `.test`.
fn start_dnsmasq_high(world: &World) {
    let answer = "--conf-file=/dev/null --no-resolv --address=/test/127.0.0.1 --pid-file --user=root";
    let listen = "--port=5354 --bind-interfaces --listen-address=127.0.0.1";
    world.script(&format!("dnsmasq {answer} {listen}")).require_success();
}

#[test]
fn resolved_reads_a_drop_in_when_it_restarts() {
    let world = World::new();
    world.start_resolved();
    check_untouched(&world);
    start_dnsmasq_high(&world);
    world.write("/etc/systemd/resolved.conf.d/gantry.conf", "[Resolve]\nDNS=127.0.0.1:5354\nDomains=~test\n");
    check_untouched(&world);
    world.systemctl("restart", "systemd-resolved.service");
    assert_eq!(world.addresses("a.shop.test"), ["127.0.0.1"]);
    assert_eq!(world.addresses("known.example"), KNOWN);
}

#[test]
fn resolved_takes_a_domain_on_a_link() {
    let world = World::new();
    world.start_resolved();
    let up = "ip link set gantry0 up; ip link set gantry1 up; ip address add 198.51.100.1/32 dev gantry0";
    world.script(&format!("ip link add gantry0 type veth peer name gantry1; {up}")).require_success();
    start_dnsmasq_high(&world);
    world.script("resolvectl dns gantry0 127.0.0.1:5354; resolvectl domain gantry0 '~test'").require_success();
    assert_eq!(world.addresses("a.shop.test"), ["127.0.0.1"]);
    assert_eq!(world.addresses("known.example"), KNOWN);
    world.script("resolvectl revert gantry0").require_success();
    check_untouched(&world);
}

#[test]
fn dnsmasq_reads_its_directory_when_it_restarts() {
    let world = World::new();
    world.start_dnsmasq_system();
    check_untouched(&world);
    world.write("/etc/dnsmasq.d/gantry.conf", "address=/test/127.0.0.1\n");
    check_untouched(&world);
    world.systemctl("restart", "dnsmasq");
    assert_eq!(world.addresses("a.shop.test"), ["127.0.0.1"]);
    assert_eq!(world.addresses("known.example"), KNOWN);
    world.write("/etc/dnsmasq.d/gantry.conf", "no such setting\n");
    let refused = world.script("systemctl restart dnsmasq");
    assert!(refused.status == 1 && refused.stderr.contains("Job for dnsmasq.service failed"), "{refused:?}");
    assert_eq!(world.script("systemctl is-active dnsmasq").stdout, "inactive\n");
}

#[test]
fn network_manager_runs_a_dnsmasq() {
    let world = World::new();
    world.start_network_manager();
    check_untouched(&world);
    world.write("/etc/NetworkManager/dnsmasq.d/gantry.conf", "address=/test/127.0.0.1\n");
    check_untouched(&world);
    world.systemctl("restart", "NetworkManager");
    assert_eq!(world.addresses("a.shop.test"), ["127.0.0.1"]);
    assert_eq!(world.addresses("known.example"), KNOWN);
}

#[test]
fn an_engine_publishes_ports_in_it() {
    let world = World::new();
    world.start_engine();
    let checkout = world.sandbox.repository("shop", "git@example.com:test/shop.git");
    let compose = "services:\n  web:\n    image: gantry-test/httpd\n    stop_signal: SIGKILL\n    ports: [\"80:80\"]\n";
    world.sandbox.write(checkout.join("compose.yaml"), compose);
    world.gantry(&checkout, ["start"]).require_success();
    world.script("curl --silent http://127.0.0.1/").check("gantry test page\n", "", 0);
    let groups = world.control_groups();
    assert!(!groups.is_empty() && groups.iter().all(|group| group.exists()), "{groups:?}");
    drop(world);
    assert!(!groups.iter().any(|group| group.exists()), "{groups:?}");
}
