//! A stranger's repository: its names reach shells and terminals, and run nothing there, whatever they say.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ports::{Block, Foreign};
use crate::sandbox::{Output, Sandbox};

/// What would make a file called `pwned` where any of it ran.
const NAMES: [&str; 16] = [
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    "\"; touch pwned; \"",
    "x;touch${IFS}pwned",
    "a\ntouch pwned\n",
    "a\r\ttouch pwned",
    "9lives",
    "",
    "-n",
    "süß 日本",
    "PATH",
    "a=b",
    "a\\",
    "\u{1b}]0;pwned\u{7}",
    "\u{202e}desrever",
];

/// Names that a compose file may give to the variable of a port, and that no shell may be given.
const STEERING: [&str; 22] = [
    "PATH",
    "LD_PRELOAD",
    "HOME",
    "IFS",
    "DIRENV_DIFF",
    "COMPOSE_FILE",
    "status",
    "UID",
    "EUID",
    "PPID",
    "BASH_ENV",
    "ENV",
    "PROMPT_COMMAND",
    "PS1",
    "PS4",
    "SHELLOPTS",
    "TMOUT",
    "ZDOTDIR",
    "fish_user_paths",
    "argv",
    "GANTRY_HOOK",
    "COMPOSE_PROFILES",
];

const SHELLS: [(&str, &str); 4] = [("bash", "shell"), ("zsh", "shell"), ("dash", "shell"), ("fish", "fish")];

/// A project in a directory of this name, with a service of every name and a port under every variable.
fn project(sandbox: &Sandbox, name: &OsStr) -> PathBuf {
    let project = sandbox.directory(name);
    let services: serde_json::Map<String, serde_json::Value> = NAMES
        .iter()
        .map(|name| ((*name).to_owned(), serde_json::json!({ "image": "x", "ports": ["80"] })))
        .chain([("x".repeat(10_000), serde_json::json!({ "image": "x", "ports": ["80"] }))])
        .chain(STEERING.iter().enumerate().map(|(number, name)| {
            let ports = [format!("${{{name}:-{}}}:80", 40_000 + number)];
            (format!("steer{number}"), serde_json::json!({ "image": "x", "ports": ports }))
        }))
        .collect();
    // JSON is YAML, but for a key longer than a kilobyte, which YAML wants behind a `?`.
    let text: String =
        services.iter().map(|(name, service)| format!("? {}\n: {service}\n", serde_json::json!(name))).collect();
    sandbox.write(
        project.join("compose.yaml"),
        format!("services:\n{}", text.replace("? ", "  ? ").replace(": {", "  : {")),
    );
    project
}

/// Evaluates what gantry prints and gives the environment of a program started after it.
fn environment_after(sandbox: &Sandbox, shell: &str, directory: &Path, eval: &str) -> BTreeMap<String, String> {
    let output = sandbox.script(shell, directory, &format!("{eval}\nenv -0"));
    assert_eq!(output.status, 0, "{shell}: {output:?}");
    let pairs = output.stdout.split_terminator('\0').map(|pair| pair.split_once('=').expect("a pair"));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Nobody has made a file of that name, git's own of a branch apart.
#[track_caller]
fn require_nothing_ran(sandbox: &Sandbox) {
    let mut command = sandbox.command("find", &sandbox.path("."));
    let found =
        sandbox.run(command.args([".", "-name", ".git", "-prune", "-o", "-name", "*pwned*", "-type", "f", "-print"]));
    found.check("", "", 0);
}

#[test]
fn names_of_services_run_nothing_in_any_shell() {
    let sandbox = Sandbox::new();
    let project = project(&sandbox, OsStr::new("shop"));
    let output = sandbox.gantry(&project, ["export", "--auto", "--format", "json"]).require_success();
    let told: BTreeMap<String, String> = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(
        told.len(),
        NAMES.len() + 1 + STEERING.len() + 3,
        "a variable each, and three of gantry's own: {told:?}"
    );
    let told: BTreeMap<String, String> =
        told.into_iter().map(|(name, value)| (name, value.replace("[SANDBOX]", ""))).collect();
    for (shell, format) in SHELLS {
        let evals = match format {
            "fish" => vec![
                "gantry export --auto --format fish 2>/dev/null | source",
                "eval (gantry export --auto --format fish 2>/dev/null)",
            ],
            _ => vec!["eval \"$(gantry export --auto 2>/dev/null)\""],
        };
        for eval in evals {
            let before = environment_after(&sandbox, shell, &project, "true");
            let after = environment_after(&sandbox, shell, &project, eval);
            let restless = |name: &&String| *name != "_" && *name != "SHLVL" && *name != "PWD";
            for (name, value) in &before {
                assert!(!restless(&name) || after.get(name) == Some(value), "{shell}: {name} was {value:?}");
            }
            let new: BTreeMap<String, String> = after
                .into_iter()
                .filter(|(name, _)| restless(&name) && !before.contains_key(name))
                .map(|(name, value)| (name, value.replace("[SANDBOX]", "")))
                .collect();
            assert_eq!(new, told, "{shell}: {eval}");
            require_nothing_ran(&sandbox);
        }
    }
    for name in STEERING.into_iter().filter(|name| *name != "COMPOSE_FILE") {
        assert!(name == "COMPOSE_PROJECT_NAME" || !told.contains_key(name), "{name}");
    }
}

#[test]
fn the_hook_runs_nothing_and_leaves_nothing() {
    let sandbox = Sandbox::new();
    let project = project(&sandbox, OsStr::new("shop"));
    for shell in ["bash", "zsh", "fish"] {
        let hook = match shell {
            "fish" => "gantry hook-env --shell fish | source".to_owned(),
            _ => format!("eval \"$(gantry hook-env --shell {shell})\""),
        };
        let before = environment_after(&sandbox, shell, &project, "cd ..");
        let inside = environment_after(&sandbox, shell, &project, &hook);
        assert!(inside.contains_key("GANTRY_CONTEXT") && inside.len() > before.len() + NAMES.len(), "{shell}");
        assert_eq!(inside["PATH"], before["PATH"], "{shell}");
        let after = environment_after(&sandbox, shell, &project, &format!("{hook}\n{hook}\ncd ..\n{hook}"));
        assert_eq!(after, before, "{shell}");
        require_nothing_ran(&sandbox);
    }
}

/// A memory of the hook that somebody else has written puts back nothing that steers.
#[test]
fn a_forged_memory_of_the_hook() {
    let sandbox = Sandbox::new();
    for memory in [
        r#"{"PATH":"/evil","LD_PRELOAD":"/evil.so","A;touch pwned":"x","B[$(touch pwned)]":"x","C_PORT":"$(touch pwned)"}"#,
        "{",
        "[]",
        "null",
        r#"{"C_PORT":1}"#,
    ] {
        let script =
            format!("export GANTRY_HOOK='{memory}'\neval \"$(gantry hook-env --shell bash)\"\necho $PATH $LD_PRELOAD");
        let path = sandbox.script("bash", &sandbox.path("home"), "echo $PATH").stdout;
        sandbox.script("bash", &sandbox.path("home"), &script).check(&path, "", 0);
    }
    require_nothing_ran(&sandbox);
}

/// direnv's own bash evaluates the paths of directories that are not UTF-8, or would run something.
#[test]
fn names_of_directories_run_nothing() {
    let sandbox = Sandbox::new();
    let names: [&[u8]; 6] =
        [b"\xff\xfe", b"$(touch pwned)", b"`touch pwned`", b"it's \"; touch pwned; \"", b"a\nb", b"-n\x1b[31m"];
    for name in names {
        let project = project(&sandbox, OsStr::from_bytes(name));
        sandbox.gantry(&project, ["status", "--json"]).json();
        let watch = "watch_file() { printf '%s\\n' \"$#\"; }; export DIRENV_IN_ENVRC=1\n\
                     eval \"$(gantry export --auto 2>/dev/null)\"";
        let output = sandbox.script("bash", &project, watch).require_success();
        assert!(output.stdout.trim().parse::<u32>().is_ok_and(|watched| watched > 5), "{name:?} {output:?}");
        require_nothing_ran(&sandbox);
    }
}

#[test]
fn names_of_branches_run_nothing() {
    let sandbox = Sandbox::new();
    let repository = sandbox.repository("shop", "https://host.test/shop.git");
    sandbox.write(repository.join("compose.yaml"), "services: {db: {ports: [\"5432\"]}}\n");
    let branches: [&[u8]; 7] = [
        b"Feat/x;touch${IFS}pwned",
        b"`touch${IFS}pwned`",
        b"$(touch${IFS}pwned)",
        b"it's\"&|<>(pwned)",
        b"\xff\xfe-latin",
        "süß/日本\u{202e}".as_bytes(),
        b"-n",
    ];
    for branch in branches {
        // By hand: git refuses some of these names, a stranger's tool may not.
        fs::write(repository.join(".git/HEAD"), [b"ref: refs/heads/", branch, b"\n"].concat()).unwrap();
        let json: BTreeMap<String, String> =
            serde_json::from_str(&sandbox.gantry(&repository, ["export", "--auto", "--format", "json"]).stdout)
                .unwrap();
        let name = &json["COMPOSE_PROJECT_NAME"];
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte)),
            "{name}"
        );
        for (shell, format) in SHELLS {
            let eval =
                if format == "fish" { "gantry export --format fish | source" } else { "eval \"$(gantry export)\"" };
            let after = environment_after(&sandbox, shell, &repository, eval);
            for (name, value) in &json {
                assert_eq!(after.get(name), Some(value), "{shell} {name}");
            }
        }
        require_nothing_ran(&sandbox);
    }
    let contexts = sandbox.gantry(&repository, ["status", "--all", "--json"]).json();
    assert_eq!(contexts["allocations"].as_array().unwrap().len(), branches.len());
}

/// No byte of a human answer steers a terminal, turns the text around, or makes a line of its own.
#[test]
fn nothing_steers_the_terminal() {
    let sandbox = Sandbox::new();
    let project = project(&sandbox, OsStr::from_bytes(b"shop\x1b[2J\nforged: row"));
    sandbox.write(project.join("gantry.yml"), "remap: auto\n");
    let check = |arguments: &[&str]| {
        let output = sandbox.gantry(&project, arguments);
        let text = output.stdout.clone() + &output.stderr;
        let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert_eq!(text.chars().find(|c| steers(*c)), None, "{arguments:?}: {output:?}");
        let forged = text.lines().find(|line| line.starts_with("touch pwned") || line.starts_with("forged: row"));
        assert_eq!(forged, None, "{arguments:?}: {output:?}");
        output
    };
    let lines = |output: &Output| output.stdout.lines().count();
    let services = NAMES.len() + 1 + STEERING.len();
    assert_eq!(lines(&check(&["book", "--auto"])), services);
    assert_eq!(lines(&check(&["status"])), services + 1);
    assert_eq!(lines(&check(&["status", "--all", "--live", "--color", "never"])), services + 1);
    assert_eq!(lines(&check(&["discover"])), services + 1);
    check(&["context"]);
    check(&["config"]);
    check(&["get", "\u{1b}[31mnobody\u{7}"]);
    check(&["get", NAMES[14], "--no-book"]);
    check(&["release", NAMES[5]]);
    check(&["book", "--port", "22", "--strict", NAMES[14]]);
    check(&["release", "--all", "--dry-run"]);
    fs::write(project.join("gantry.yml"), "\"\\e[31m\\a\\nforged: row\": 1\n").unwrap();
    assert_eq!(check(&["status"]).status, 1);
    fs::write(project.join("gantry.yml"), "").unwrap();
    fs::write(project.join("compose.yaml"), "services: {db: {ports: [\"\\e[31m\\nforged: row:80\"]}}\n").unwrap();
    assert_eq!(check(&["discover"]).status, 1);
    fs::remove_dir_all(&project).unwrap();
    let home = sandbox.path("home");
    for arguments in [["prune", "--dry-run"], ["prune", "--yes"], ["prune", "--undo"]] {
        let output = sandbox.gantry(&home, arguments);
        let text = output.stdout.clone() + &output.stderr;
        assert!(output.status == 0 && !text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']), "{output:?}");
        assert!(
            !text.lines().any(|line| line.starts_with("touch pwned") || line.starts_with("forged: row")),
            "{output:?}"
        );
    }
}

/// Whatever is printed and whatever is stored: the password is in none of it, nor in the hash.
#[test]
fn a_password_in_the_url_goes_nowhere() {
    let hash = |url: &str| {
        let sandbox = Sandbox::new();
        let repository = sandbox.repository("shop", url);
        sandbox.write(repository.join("compose.yaml"), "services: {db: {ports: [\"5432\"]}}\n");
        let mut told = String::new();
        for arguments in [
            &["export", "--auto"][..],
            &["export", "--format", "json"],
            &["hook-env", "--shell", "bash"],
            &["context"],
            &["context", "--json"],
            &["status", "--json"],
            &["discover", "--json"],
            &["release", "--all", "--dry-run"],
        ] {
            let output = sandbox.gantry(&repository, arguments);
            told += &(output.stdout + &output.stderr);
        }
        fs::remove_file(repository.join("compose.yaml")).unwrap();
        let hash = sandbox.gantry(&repository, ["context", "--json"]).json()["hash"].to_string();
        fs::remove_dir_all(&repository).unwrap();
        let pruned = sandbox.gantry(&sandbox.path("home"), ["prune", "--yes", "--json"]);
        told += &(pruned.stdout + &pruned.stderr);
        for entry in fs::read_dir(sandbox.registry().parent().unwrap()).unwrap() {
            told += &String::from_utf8_lossy(&fs::read(entry.unwrap().path()).unwrap());
        }
        assert!(!told.contains("s3cr3t") && !told.contains("t0k3n"), "{url}: {told}");
        hash
    };
    let plain = hash("https://host.test/shop.git");
    assert_eq!(hash("https://user:s3cr3t@host.test/shop.git"), plain);
    assert_eq!(hash("https://t0k3n@host.test/shop.git"), plain);
    assert_eq!(hash("https://t0k3n:s3cr3t@evil@host.test/shop.git"), plain);
    hash("ssh://git:s3cr3t@host.test/shop.git");
    hash("git:s3cr3t@host.test:shop.git");
    hash("https://host.test/shop.git?private_token=t0k3n");
    hash("https://host.test/shop.git#t0k3n");
}

/// What is no port is wrong usage; what is one is honoured, a privileged one too, while nobody listens on it.
#[test]
fn ports_that_are_none() {
    let sandbox = Sandbox::new();
    let project = sandbox.directory("shop");
    for port in ["0", "70000", "65536", "-1", "abc", "", "5432.0", "+22", " 22", "0x16", "99999999999999999999"] {
        for arguments in [
            vec!["book".to_owned(), "db".to_owned(), format!("--port={port}")],
            vec!["which".to_owned(), "--".to_owned(), port.to_owned()],
        ] {
            let output = sandbox.gantry(&project, &arguments);
            assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{arguments:?} {output:?}");
            assert!(output.stderr.contains("is not a port: a port is a number from 1 to 65535"), "{output:?}");
        }
        let output = sandbox.gantry(&project, ["config", &format!("--set-range=db:{port}-{port}")]);
        assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{port:?} {output:?}");
    }
    assert!(!sandbox.registry().exists(), "wrong usage has made a registry");
    // Nobody on a test machine speaks the protocols of these.
    sandbox.gantry(&project, ["book", "old", "--port", "19", "--strict"]).check("19\n", "", 0);
    let block = Block::take();
    let foreign = Foreign::listen(block.port(0));
    let output = sandbox.gantry(&project, ["book", "db", "--strict", "--port", &foreign.port.to_string()]);
    assert_eq!((output.status, output.stdout.as_str()), (4, ""), "{output:?}");
    sandbox.gantry(&project, ["get", "db"]).check(
        "",
        "error: no service is called `db`\nhint: `gantry discover` lists the services, `gantry book db` books any name\n",
        3,
    );
}

#[test]
fn a_full_range() {
    let sandbox = Sandbox::new();
    let project = sandbox.directory("shop");
    let block = Block::take();
    let (one, two) = (block.port(0), block.port(1));
    for range in [format!("web:{one}-{two}"), format!("default:{one}-{two}")] {
        sandbox.gantry(&project, ["config", "--set-range", &range]).require_success();
    }
    sandbox.gantry(&project, ["book", "a"]).check(&format!("{one}\n"), "", 0);
    sandbox.gantry(&project, ["book", "b"]).check(&format!("{two}\n"), "", 0);
    let output = sandbox.gantry(&project, ["book", "web"]);
    assert_eq!((output.status, output.stdout.as_str()), (4, ""), "{output:?}");
    assert!(output.stderr.contains("web") && output.stderr.contains("\nhint: give ports back"), "{output:?}");
    sandbox.write(project.join("compose.yaml"), "services: {web: {ports: [\"9000\"]}}\n");
    let output = sandbox.gantry(&project, ["export", "--auto"]);
    assert_eq!(output.status, 4, "{output:?}");
    assert!(output.stdout.contains(&format!("export A_PORT={one}\nexport B_PORT={two}\n")), "{output:?}");
    assert!(!output.stdout.contains("WEB_PORT"), "{output:?}");
    sandbox.gantry(&project, ["run", "--", "true"]).check("", &output.stderr, 4);
}

/// Arguments that are not UTF-8 end in an error, not a panic.
#[test]
fn arguments_that_are_not_text() {
    let sandbox = Sandbox::new();
    let home = sandbox.path("home");
    for command in ["get", "book", "release", "which", "export", "config", "hook", "man", "completions"] {
        let mut line: Command = sandbox.command("gantry", &home);
        let output = sandbox.run(line.arg(command).arg(OsStr::from_bytes(b"\xff")));
        assert_eq!((output.status, output.stdout.as_str()), (2, ""), "{command}: {output:?}");
        assert!(!output.stderr.contains("panicked"), "{output:?}");
    }
    let mut line = sandbox.command("gantry", &home);
    sandbox.run(line.args(["run", "--", "printf", "%s"]).arg(OsStr::from_bytes(b"a\xffb"))).check("a\u{fffd}b", "", 0);
}
