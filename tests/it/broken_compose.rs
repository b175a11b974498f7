//! Compose files and their company that cannot be read: the error names file and line, comes soon and within bounded
//! memory, and what is booked already is exported all the same.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use crate::booked::{Booked, SERVICES};
use crate::sandbox::{Output, Sandbox};

/// Seconds of processor time, past which the kernel ends it: what a debug build takes, whatever runs beside it.
const SOON: u32 = 8;

/// Kilobytes of address space.
const MEMORY: u32 = 512 * 1024;

impl Booked {
    /// `export --auto` under direnv, soon and in little memory.
    #[track_caller]
    fn export_soon(&self) -> Output {
        let script = format!("ulimit -v {MEMORY}; ulimit -t {SOON}; exec gantry export --auto");
        let mut command = self.sandbox.command("sh", &self.project);
        self.sandbox.run(command.args(["-c", &script]).env("DIRENV_IN_ENVRC", "1"))
    }

    /// The error names this place and says this; the ports are exported, and direnv watches `file`.
    #[track_caller]
    fn check(&self, file: &str, line: Option<u32>, message: &str) {
        let output = self.export_soon();
        let place = line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
        let expected = format!("error: [SANDBOX]/shop/{place}: {message}");
        assert!(output.stderr.starts_with(&expected), "wanted: {expected}\n{output:?}");
        assert!(output.stderr.len() < 10_000, "{} bytes of error", output.stderr.len());
        let (exports, watched) = output.stdout.split_once("watch_file ").expect("a call of watch_file");
        assert_eq!((exports, output.status), (self.exports.as_str(), 1), "{output:?}");
        assert!(watched.split_whitespace().any(|path| path == format!("[SANDBOX]/shop/{file}")), "{watched}");
        // Mended, all is well.
        let path = self.project.join(file);
        if path.is_dir() {
            fs::remove_dir(&path).unwrap()
        } else {
            fs::remove_file(&path).unwrap()
        }
        self.sandbox.write(self.project.join("compose.yaml"), SERVICES);
        assert!(self.export_soon().stdout.starts_with(&self.exports));
    }

    /// As [`Booked::check`], for what stands in the compose file.
    #[track_caller]
    fn check_text(&self, text: impl AsRef<[u8]>, line: Option<u32>, message: &str) {
        fs::write(self.project.join("compose.yaml"), text).unwrap();
        self.check("compose.yaml", line, message);
    }
}

#[test]
fn a_compose_file_that_is_none() {
    let booked = Booked::new();
    booked.check_text("services: [\n", Some(1), "");
    booked.check_text("services:\n  db: {\n    a: b: c\n", Some(3), "");
    booked.check_text("- services\n", Some(1), "the top level of a compose file must be a mapping");
    booked.check_text("just words", Some(1), "the top level of a compose file must be a mapping");
    booked.check_text("services: [db]\n", Some(1), "services must be a mapping");
    booked.check_text("services:\n  db: 1\n", Some(2), "services.db must be a mapping");
    booked.check_text(b"services:\n  db: {image: \xff\xfe}\n", Some(2), "not UTF-8");
    booked.check_text("services:\n  db: {image: a\0b}\n", Some(2), "");
    booked.check_text("\0\0\0\0", Some(1), "");
    booked.check_text(SERVICES.replace("5432", "70000"), Some(2), "invalid containerPort: 70000");
}

#[test]
fn a_compose_file_that_is_no_file() {
    let booked = Booked::new();
    let path = booked.project.join("compose.yaml");
    let remake = |make: &dyn Fn(&Path)| {
        fs::remove_file(&path).unwrap();
        make(&path);
    };
    remake(&|path| fs::create_dir(path).unwrap());
    booked.check("compose.yaml", None, "a directory, not a file");
    remake(&|path| nix::unistd::mkfifo(path, nix::sys::stat::Mode::S_IRWXU).unwrap());
    booked.check("compose.yaml", None, "cannot be read: not a regular file");
    remake(&|path| symlink("/dev/zero", path).unwrap());
    booked.check("compose.yaml", None, "cannot be read: not a regular file");
    remake(&|path| symlink("compose.yaml", path).unwrap());
    booked.check("compose.yaml", None, "");
    remake(&|path| symlink("nowhere.yaml", path).unwrap());
    booked.check("compose.yaml", None, "a dangling link: its target does not exist");
    remake(&|path| drop(std::os::unix::net::UnixListener::bind(path).unwrap()));
    booked.check("compose.yaml", None, "cannot be read: ");
}

#[test]
fn a_compose_file_that_may_not_be_read() {
    let booked = Booked::new();
    fs::set_permissions(booked.project.join("compose.yaml"), fs::Permissions::from_mode(0o000)).unwrap();
    let mut command = booked.sandbox.command("sh", &booked.project);
    // Root without its power to pass over modes; any other user has none.
    let drop = "-dac_override,-dac_read_search";
    let script = format!(
        "[ $(id -u) != 0 ] || exec setpriv --bounding-set {drop} --inh-caps {drop} gantry export --auto\n\
         exec gantry export --auto"
    );
    booked.sandbox.run(command.args(["-c", &script])).check(
        &booked.exports,
        "error: [SANDBOX]/shop/compose.yaml: permission denied\n\
         hint: `docker compose -f [SANDBOX]/shop/compose.yaml config` checks it\n",
        1,
    );
}

#[test]
fn a_compose_file_made_to_exhaust() {
    let booked = Booked::new();
    let bomb = (1..9).fold("a0: &a0 [xxxxxxxxxx]\n".to_owned(), |text, level| {
        format!("{text}a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(","))
    });
    let too_many = "more than 100000 values, aliases counted each time";
    booked.check_text(bomb, Some(6), too_many);
    let merges = (0..300).map(|key| format!("  k{key}: 1\n")).collect::<String>();
    let merged = (0..1_000).map(|name| format!("  s{name}: {{<<: *x}}\n")).collect::<String>();
    booked.check_text(format!("x-x: &x\n{merges}services:\n{merged}"), Some(467), too_many);
    booked.check_text("[".repeat(10_000_000), None, "larger than 2097152 bytes");
    for opening in ["[", "{", "- ", "? ", "{a: "] {
        booked.check_text(opening.repeat(300_000), Some(1), "nested deeper than 64 levels");
    }
    // Sparse: it takes no room on the disk.
    fs::File::create(booked.project.join("compose.yaml")).unwrap().set_len(100 << 20).unwrap();
    booked.check("compose.yaml", None, "larger than 2097152 bytes");
}

#[test]
fn variables_made_to_exhaust() {
    let booked = Booked::new();
    let command = |text: &str| {
        format!("{SERVICES}    command: \"{text}\"\n")
            .replace("]}\n", "]\n")
            .replace("{image: postgres, ports", "\n    image: postgres\n    ports")
    };
    let nested = format!("{}x{}", "${A:-".repeat(100_000), "}".repeat(100_000));
    let too_long = "services.db.command: the value is too long, or its variables are nested too deep";
    booked.check_text(command(&nested), Some(5), too_long);
    booked.check_text(command(&"${".repeat(500_000)), Some(5), "services.db.command: invalid interpolation format");
    let mut env = format!("A={}\n", "x".repeat(200_000));
    booked.sandbox.write(booked.project.join(".env"), &env);
    let uses = "      - $A\n".repeat(90_000);
    booked.check_text(
        format!("{SERVICES}  web:\n    command:\n{uses}"),
        Some(52),
        "more than 300000 values, counted after include and extends",
    );
    env.extend((0..150_000).map(|number| format!("B{number}=$A\n")));
    booked.sandbox.write(booked.project.join(".env"), env);
    booked.check(".env", Some(84), "the values grow to more than 16777216 bytes");
}

/// A warning for each of ninety thousand values would be a file of its own.
#[test]
fn warnings_have_an_end() {
    let booked = Booked::new();
    let unset: String = (0..90_000).map(|number| format!("      - $A{number}\n")).collect();
    booked
        .sandbox
        .write(booked.project.join("compose.yaml"), format!("{SERVICES}  web:\n    image: x\n    command:\n{unset}"));
    let output = booked.export_soon();
    assert_eq!((output.status, output.stderr.lines().count()), (0, 100));
}

/// More ports than a program's environment can carry as variables: what is too much stays as it is written.
#[test]
fn ports_have_an_end() {
    let booked = Booked::new();
    let left = "too many ports to book: they are published as they are written, and so is the service";
    for ports in ["\"1-65535\"", "\"49152-65535:49152-65535/udp\"", "\"2000-2999\", {target: 80}", "\"2000-2999\", 80"]
    {
        let text = format!("services:\n  db:\n    image: x\n    ports: [{ports}]\n");
        booked.sandbox.write(booked.project.join("compose.yaml"), text);
        let output = booked.export_soon();
        assert_eq!((output.status, output.stderr), (0, format!("gantry: [SANDBOX]/shop/compose.yaml:4: {left}\n")));
    }
    let services: String = (0..2_000).map(|name| format!("  s{name}: {{image: x, ports: [\"1-65535\"]}}\n")).collect();
    booked.sandbox.write(booked.project.join("compose.yaml"), format!("services:\n{services}"));
    assert_eq!(booked.export_soon().status, 0);
    booked.sandbox.write(booked.project.join("compose.yaml"), "services: {db: {image: x, ports: [\"2000-2999\"]}}\n");
    let script = "eval \"$(gantry export --auto)\" && env | grep -c '^DB_.*_PORT=[0-9]*$'";
    booked.sandbox.script("bash", &booked.project, script).check("1000\n", "", 0);
}

#[test]
fn a_broken_env_file() {
    let booked = Booked::new();
    let env = booked.project.join(".env");
    nix::unistd::mkfifo(&env, nix::sys::stat::Mode::S_IRWXU).unwrap();
    booked.check(".env", None, "cannot be read: not a regular file");
    fs::write(&env, b"A=\xff\n").unwrap();
    booked.check(".env", None, "not UTF-8");
    fs::write(&env, "A=1\nB=\"open\n").unwrap();
    booked.check(".env", Some(2), "unterminated quoted value");
    fs::File::create(&env).unwrap().set_len(100 << 20).unwrap();
    booked.check(".env", None, "larger than 2097152 bytes");
    let doubling = (1..60).map(|level| format!("A{level}=${0}${0}\n", format!("A{}", level - 1))).collect::<String>();
    fs::write(&env, format!("A0=xx\n{doubling}")).unwrap();
    booked.check(".env", Some(19), "the value is too long, or its variables are nested too deep");
    // Compose passes over a directory of that name.
    fs::create_dir(&env).unwrap();
    let output = booked.export_soon();
    assert_eq!((output.status, output.stderr.as_str()), (0, ""), "{output:?}");
}

#[test]
fn a_broken_gantry_yml() {
    let booked = Booked::new();
    let file = booked.project.join("gantry.yml");
    fs::write(&file, "remap: auto\nidentiy: branch\n").unwrap();
    booked.check("gantry.yml", Some(2), "unknown key `identiy`; did you mean `identity`?");
    fs::write(&file, "identity: [").unwrap();
    booked.check("gantry.yml", Some(1), "");
    nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).unwrap();
    booked.check("gantry.yml", None, "cannot be read: not a regular file");
    fs::create_dir(&file).unwrap();
    booked.check("gantry.yml", None, "cannot be read: ");
    symlink("nowhere", &file).unwrap();
    booked.check("gantry.yml", None, "cannot be read: ");
    fs::File::create(&file).unwrap().set_len(100 << 20).unwrap();
    booked.check("gantry.yml", None, "cannot be read: larger than 2097152 bytes");
}

/// A broken `gantry.yml` may have meant either identity: what is booked under it is found.
#[test]
fn a_broken_gantry_yml_that_keyed_by_worktree() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("shop", "https://host.test/shop.git");
    sandbox.write(repository.join("compose.yaml"), SERVICES);
    sandbox.write(repository.join("gantry.yml"), "identity: worktree\n");
    let before = sandbox.gantry(&repository, ["export", "--auto"]).require_success();
    sandbox.write(repository.join("gantry.yml"), "identity: worktree\nremap: 1\n");
    let after = sandbox.gantry(&repository, ["export", "--auto"]);
    assert_eq!((after.stdout.as_str(), after.status), (before.stdout.as_str(), 1), "{after:?}");
}

/// The hook keeps what it set while a file is broken, and never what another checkout had.
#[test]
fn the_hook_while_files_are_broken() {
    let booked = Booked::new();
    let other = booked.sandbox.directory("other");
    booked.sandbox.write(other.join("compose.yaml"), "services: [");
    let hook = "eval \"$(gantry hook-env --shell bash)\"";
    let script = format!(
        "{hook}; echo $DB_PORT\n\
         echo 'services: [' >compose.yaml; {hook}; echo $DB_PORT\n\
         echo 'x: y' >gantry.yml; {hook}; echo $DB_PORT\n\
         cd ../other; {hook}; echo ${{DB_PORT-unset}} ${{GANTRY_CONTEXT-unset}} ${{COMPOSE_PROJECT_NAME-unset}}\n"
    );
    let port = booked.exports.lines().find_map(|line| line.strip_prefix("export DB_PORT=")).unwrap();
    booked.sandbox.script("bash", &booked.project, &script).check(
        &format!("{port}\n{port}\n{port}\nunset unset unset\n"),
        "",
        0,
    );
}

/// As an editor, a crash or a stranger may leave it; each is an error that says where, never a hang or a panic.
#[test]
fn a_damaged_repository() {
    #[track_caller]
    fn check(damage: impl Fn(&Path), error: &str) {
        let sandbox = Sandbox::new();
        let repository = sandbox.repository("shop", "https://host.test/shop.git");
        sandbox.write(repository.join("compose.yaml"), SERVICES);
        sandbox.gantry(&repository, ["export", "--auto"]).require_success();
        damage(&repository);
        let mut command = sandbox.command("gantry", &repository);
        let output = sandbox.run(command.args(["export", "--auto"]).env("DIRENV_IN_ENVRC", "1"));
        assert!(output.stderr.starts_with(&format!("error: {error}")), "{output:?}");
        assert!(output.stderr.contains("\nhint: "), "{output:?}");
        assert!(output.stdout.starts_with("watch_file "), "{output:?}");
        assert_eq!(output.status, 1);
    }
    let damaged = "the git repository at [SANDBOX]/shop/.git is damaged: ";
    check(|it| fs::write(it.join(".git/HEAD"), "").unwrap(), damaged);
    check(|it| fs::write(it.join(".git/HEAD"), b"ref: \xff\0").unwrap(), damaged);
    check(|it| fs::remove_file(it.join(".git/HEAD")).unwrap(), damaged);
    check(|it| fs::remove_dir_all(it.join(".git/objects")).unwrap(), damaged);
    check(
        |it| fs::write(it.join(".git/config"), "[remote \"origin").unwrap(),
        "[SANDBOX]/shop/.git/config cannot be read: ",
    );
    let fifo = |path: PathBuf| {
        fs::remove_file(&path).unwrap();
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    };
    check(|it| fifo(it.join(".git/HEAD")), "[SANDBOX]/shop/.git/HEAD cannot be read: not a regular file");
    check(|it| fifo(it.join(".git/config")), "[SANDBOX]/shop/.git/config cannot be read: not a regular file");
    let huge = |path: PathBuf| fs::File::create(path).unwrap().set_len(100 << 20).unwrap();
    check(|it| huge(it.join(".git/HEAD")), "[SANDBOX]/shop/.git/HEAD cannot be read: larger than 65536 bytes");
    check(|it| huge(it.join(".git/config")), "[SANDBOX]/shop/.git/config cannot be read: larger than 16777216 bytes");
    let file = |it: &Path, text: &str| {
        fs::rename(it.join(".git"), it.join("../elsewhere")).unwrap();
        fs::write(it.join(".git"), text).unwrap();
    };
    check(|it| file(it, "gitdir: nowhere\n"), "the git directory [SANDBOX]/shop/nowhere is gone");
    check(|it| file(it, "gitdir: \n"), "");
    check(|it| file(it, "nonsense"), "the git repository at [SANDBOX]/shop is damaged: ");
    check(
        |it| fs::write(it.join(".git/config"), "[include]\n\tpath = config\n[remote \"a\"]\n\turl = b\n").unwrap(),
        "[SANDBOX]/shop/.git/config cannot be read: ",
    );
}
