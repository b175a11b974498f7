//! A machine of a test's own, as far as names are concerned: a network with nothing but loopback, an `/etc` that may be
//! written, daemons that end with the test. What is not private is read-only, so that the machine stays as it was.
//!
//! It is made of namespaces (`world/begin.sh`), whose first process ends with the test; with it ends all that runs in
//! there, and what was written goes with the mounts. Only root can make one.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::ErrorKind::NotFound;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;

use crate::sandbox::{Output, Sandbox};

/// Run by `unshare`, which makes the namespaces.
const BEGIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/world/begin.sh");

const NAMESPACES: [&str; 5] = ["--net", "--mount", "--pid", "--uts", "--ipc"];

/// The places where setting up names and certificates may leave something, beside the home.
const PLACES: [&str; 3] = ["/etc", "/run/systemd", "/usr/local/share/ca-certificates"];

/// Namespaces around a sandbox, which is the only directory that is the same inside and outside.
pub struct World {
    pub sandbox: Sandbox,
    unshare: Child,
    /// The first process inside, by its number outside.
    init: u32,
}

/// What lies in a world's places, by its path inside.
pub type Snapshot = BTreeMap<PathBuf, Entry>;

/// A file, link or directory, down to the last byte.
#[derive(PartialEq, Eq, Debug)]
pub struct Entry {
    /// Kind and permissions, as `st_mode` has them.
    pub mode: u32,
    pub owner: (u32, u32),
    /// A file's bytes, a link's target, nothing for the rest: what a directory holds has entries of its own.
    pub contents: Vec<u8>,
}

impl World {
    /// Nothing runs in it, and its resolver is asked at 127.0.0.1, where nobody answers.
    pub fn new() -> World {
        World::around(Sandbox::new())
    }

    /// A world around a sandbox that is there. No engine is in its reach.
    #[track_caller]
    pub fn around(mut sandbox: Sandbox) -> World {
        assert!(geteuid().is_root(), "a world of its own needs root: run `sudo --preserve-env tests/run`");
        sandbox.directory("world");
        let bin = sandbox.directory("bin");
        let path = std::env::join_paths(std::iter::once(bin).chain(std::env::split_paths(&sandbox.variable("PATH"))));
        sandbox.set("PATH", path.unwrap());
        sandbox.leave_engines();
        let mut command = sandbox.command("unshare", Path::new("/"));
        command.args(NAMESPACES).args(["--fork", "--kill-child", "bash", BEGIN]).arg(sandbox.path(""));
        let mut unshare = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(unshare.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let init = line.trim().parse().unwrap_or_else(|_| panic!("no world: {BEGIN} failed, see what it said"));
        World { sandbox, unshare, init }
    }

    pub fn gantry<A: AsRef<OsStr>>(&self, directory: &Path, arguments: impl IntoIterator<Item = A>) -> Output {
        let mut command = self.command("gantry", directory);
        command.args(arguments);
        self.run(&mut command)
    }

    /// A command that will run inside, with the sandbox's environment. A signal to it does not reach the program.
    pub fn command(&self, program: &str, directory: &Path) -> Command {
        let mut command = self.sandbox.command("nsenter", Path::new("/"));
        command.args(["--target", &self.init.to_string()]).args(NAMESPACES);
        command.arg("env").arg("--chdir").arg(directory).arg(program);
        command
    }

    /// [`Sandbox::run`].
    #[track_caller]
    pub fn run(&self, command: &mut Command) -> Output {
        self.sandbox.run(command)
    }

    /// Runs a script inside, in a bash that stops at the first error, in the home.
    #[track_caller]
    pub fn script(&self, script: &str) -> Output {
        let mut command = self.command("bash", &self.sandbox.path("home"));
        command.args(["--noprofile", "--norc", "-euo", "pipefail", "-c", script]);
        self.run(&mut command)
    }

    /// Where an absolute path inside is seen from outside; good for reading and writing.
    pub fn outside(&self, path: impl AsRef<Path>) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.init));
        root.join(path.as_ref().strip_prefix("/").expect("the path inside is absolute"))
    }

    /// A path below its `/etc`, as seen from outside.
    pub fn etc(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.outside(Path::new("/etc").join(relative))
    }

    /// Writes a file inside, and the directories above it.
    pub fn write(&self, path: impl AsRef<Path>, contents: impl AsRef<[u8]>) {
        let path = self.outside(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    /// The file's text; the test fails where there is none.
    #[track_caller]
    pub fn read(&self, path: impl AsRef<Path>) -> String {
        let path = path.as_ref();
        fs::read_to_string(self.outside(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// All of the home and of [`PLACES`], to be compared with a later one.
    pub fn snapshot(&self) -> Snapshot {
        let home = self.sandbox.path("home");
        let mut snapshot = Snapshot::new();
        for place in PLACES.map(Path::new).into_iter().chain([home.as_path()]) {
            self.collect(place, &mut snapshot);
        }
        snapshot
    }

    /// The control groups of an engine's containers, which namespaces do not take with them.
    pub fn control_groups(&self) -> Vec<PathBuf> {
        let root = Path::new("/sys/fs/cgroup");
        let trees = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
        let name = self.sandbox.path("home").parent().unwrap().file_name().unwrap().to_owned();
        trees.chain([root.to_owned()]).map(|tree| tree.join(&name)).filter(|group| group.is_dir()).collect()
    }

    fn collect(&self, path: &Path, snapshot: &mut Snapshot) {
        let outside = self.outside(path);
        // What a daemon takes away meanwhile is not there.
        let Ok(metadata) = outside.symlink_metadata() else { return };
        let mut contents = Vec::new();
        if metadata.is_dir() {
            for entry in fs::read_dir(&outside).unwrap() {
                self.collect(&path.join(entry.unwrap().file_name()), snapshot);
            }
        } else if metadata.is_symlink() {
            contents = fs::read_link(&outside).unwrap().into_os_string().into_encoded_bytes();
        } else if metadata.is_file() {
            contents = fs::read(&outside).unwrap();
        }
        let owner = (metadata.uid(), metadata.gid());
        snapshot.insert(path.to_owned(), Entry { mode: metadata.mode(), owner, contents });
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // At the end of its input the first process ends, the kernel kills all others in there, and `unshare` waits
        // until the last is gone. Where it does not, it is killed, with the same effect but for the waiting.
        drop(self.unshare.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.unshare.try_wait(), Ok(None)) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
        let _ = self.unshare.kill();
        let _ = self.unshare.wait();
        for group in self.control_groups() {
            remove_group(&group);
        }
    }
}

/// Removes a control group with those below it. The processes in there have been killed, and may take a moment to go.
fn remove_group(group: &Path) {
    for entry in fs::read_dir(group).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_group(&entry.path());
        }
    }
    let deadline = Instant::now() + Duration::from_secs(5);
    while fs::remove_dir(group).is_err_and(|error| error.kind() != NotFound) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(10));
    }
}

/// What differs: `+ PATH` is new, `- PATH` is gone, `* PATH` is another. Empty where everything is as it was.
pub fn differences(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let gone = before.keys().filter(|path| !after.contains_key(*path)).map(|path| format!("- {}", path.display()));
    let other = after.iter().filter_map(|(path, entry)| match before.get(path) {
        None => Some(format!("+ {}", path.display())),
        Some(earlier) if earlier != entry => Some(format!("* {}", path.display())),
        Some(_) => None,
    });
    gone.chain(other).collect()
}

#[test]
fn it_has_nothing_but_loopback() {
    let world = World::new();
    world.script("ls /sys/class/net; ip -brief link | cut -d' ' -f1").check("lo\nlo\n", "", 0);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let curl = format!("curl --silent --output /dev/null http://127.0.0.1:{port}/");
    assert_eq!(world.script(&curl).status, 7, "what listens on the machine is not to be reached");
    assert_eq!(world.script("ps -e --format comm=").require_success().stdout.lines().count(), 2, "bash and ps");
}

#[test]
fn what_it_writes_stays_in_it() {
    let world = World::new();
    let before = world.snapshot();
    assert!(before.contains_key(Path::new("/etc/ssl/certs")) && before.len() > 100, "{}", before.len());
    let name = format!("gantry-it-{}", std::process::id());
    world.script(&format!("for it in /etc /tmp /run /var/lib /usr/local /dev/shm; do touch $it/{name}; done"));
    assert!(world.etc(&name).exists());
    assert_eq!(differences(&before, &world.snapshot()), [format!("+ /etc/{name}")]);
    for place in ["/etc", "/tmp", "/run", "/var/lib", "/usr/local", "/dev/shm"] {
        assert!(!Path::new(place).join(&name).exists(), "{place} is the machine's");
    }
    for place in ["/", "/usr", "/root", "/boot"] {
        let touched = world.script(&format!("touch {place}/{name}"));
        assert!(touched.stderr.contains("Read-only file system"), "{place}: {touched:?}");
    }
}

#[test]
fn home_is_the_same_inside_and_outside() {
    let world = World::new();
    world.write("/etc/dnsmasq.d/a", "b\n");
    let before = world.snapshot();
    world.script("echo inside >~/file; rm /etc/dnsmasq.d/a; chmod 600 /etc/hosts").check("", "", 0);
    assert_eq!(fs::read_to_string(world.sandbox.path("home/file")).unwrap(), "inside\n");
    let home = world.sandbox.path("home").display().to_string();
    let file = format!("+ {home}/file");
    assert_eq!(differences(&before, &world.snapshot()), ["- /etc/dnsmasq.d/a", "* /etc/hosts", &file]);
    assert_eq!(world.gantry(&world.sandbox.path("home"), ["context", "--json"]).json()["path"], "[SANDBOX]/home");
}

#[test]
fn dnsmasq_answers_for_it() {
    let world = World::new();
    world.write("/etc/dnsmasq.d/gantry.conf", "address=/test/127.0.0.1\naddress=/test/::1\n");
    let files = "--conf-file=/dev/null --conf-dir=/etc/dnsmasq.d --pid-file --user=root";
    world.script(&format!("dnsmasq {files} --no-resolv --listen-address=127.0.0.1 --bind-interfaces")).check("", "", 0);
    let ask = "getent ahosts any.shop.test | awk '{ print $1 }' | sort -u; getent hosts shop.example || echo none";
    world.script(ask).check("127.0.0.1\n::1\nnone\n", "", 0);
}

#[test]
fn it_ends_with_its_test() {
    let world = World::new();
    let (root, path) = (world.outside("/"), world.sandbox.path(""));
    world.script("setsid sleep 1000 >/dev/null 2>&1 </dev/null & echo $! >~/pid").check("", "", 0);
    let ended = std::panic::catch_unwind(move || {
        let _world = world;
        panic!("as a test that fails");
    });
    assert!(ended.is_err());
    assert!(!root.exists() && !path.exists());
}
