//! The main job, end to end: real direnv at the prompts of bash, zsh and fish.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::sandbox::{Output, Sandbox};
use crate::terminal::{Terminal, age};

const SHELLS: [(&str, &str); 3] = [
    ("bash", "eval \"$(direnv hook bash)\"\n"),
    ("zsh", "eval \"$(direnv hook zsh)\"\n"),
    ("fish", "direnv hook fish | source\n"),
];

const ENVRC: &str = "eval \"$(gantry export --auto)\"\n";

const COMPOSE: &str = r#"services:
  postgres:
    image: postgres:16
    ports: ["${PG_PORT:-5432}:5432"]
  web:
    image: nginx
    ports: ["3000:3000"]
  redis:
    image: redis:7
    ports: ["6379"]
"#;

const MAIL: &str = "  mail:\n    image: mailpit\n    ports: [\"8025\"]\n";

/// Variables that steer the loader and the shell, as a stranger's file may name them.
const STEERING: &str = r#"  evil:
    image: "$$(touch pwned)"
    container_name: "`touch pwned`"
    ports: ["${LD_PRELOAD:-8081}:81", "${PROMPT_COMMAND:-8082}:82"]
"#;

const PORTS: [&str; 3] = ["PG_PORT", "WEB_PORT", "REDIS_PORT"];

#[test]
fn ports_follow_directory_branch_and_compose_file_in_bash() {
    follow("bash", ENVRC);
}

#[test]
fn ports_follow_directory_branch_and_compose_file_in_zsh() {
    follow("zsh", ENVRC);
}

#[test]
fn ports_follow_directory_branch_and_compose_file_in_fish() {
    follow("fish", ENVRC);
}

#[test]
fn use_gantry_does_the_same_in_every_shell() {
    for (shell, _) in SHELLS {
        follow(shell, "use gantry\n");
    }
}

/// What a day with a checkout brings, at one shell's prompt.
fn follow(shell: &str, envrc: &str) {
    let sandbox = Sandbox::new();
    let checkout = checkout(&sandbox, "shop", envrc);
    let mut terminal = open(&sandbox, shell);
    let before = without_direnv(terminal.variables());

    terminal.enter(&format!("cd {}", checkout.display()));
    let main = terminal.variables();
    require_ports(&main);
    same_everywhere(&sandbox, &mut terminal, &checkout, &main["PG_PORT"]);

    terminal.enter("git switch --quiet --create other");
    let other = terminal.variables();
    require_ports(&other);
    for name in PORTS.iter().chain(&["GANTRY_CONTEXT", "COMPOSE_PROJECT_NAME"]) {
        assert_ne!(main[*name], other[*name], "{shell}: {name} of another branch");
    }

    assert_eq!(other.get("MAIL_PORT"), None);
    fs::write(checkout.join("compose.yaml"), format!("{COMPOSE}{MAIL}")).unwrap();
    // The prompt that stands there already may be older than the edit.
    terminal.enter("true");
    let edited = terminal.variables();
    assert!(edited.contains_key("MAIL_PORT"), "{shell}: {edited:?}");
    assert_eq!(PORTS.map(|name| &edited[name]), PORTS.map(|name| &other[name]), "{shell}");

    age(&checkout.join(".git/HEAD"));
    terminal.enter("true");
    terminal.enter("git switch --quiet main");
    let back = terminal.variables();
    assert_eq!(PORTS.map(|name| &back[name]), PORTS.map(|name| &main[name]), "{shell}");

    terminal.enter(&format!("cd {}", sandbox.path("home").display()));
    assert_eq!(without_direnv(terminal.variables()), before, "{shell}: leaving unloads");
}

/// A clone with the compose file and the `.envrc`, allowed, an hour old: direnv compares whole seconds.
fn checkout(sandbox: &Sandbox, name: &str, envrc: &str) -> PathBuf {
    let library = fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/shell/direnv.sh")).unwrap();
    sandbox.write("home/.config/direnv/lib/gantry.sh", library);
    let remote = sandbox.bare_remote("shop.git");
    let checkout = sandbox.clone_of(&remote, name);
    sandbox.directory(checkout.join("deep/down"));
    sandbox.write(checkout.join("compose.yaml"), COMPOSE);
    sandbox.write(checkout.join(".envrc"), envrc);
    for file in ["compose.yaml", ".envrc", ".git/HEAD", ".git/config"] {
        age(&checkout.join(file));
    }
    allow(sandbox, &checkout);
    checkout
}

fn allow(sandbox: &Sandbox, checkout: &Path) {
    let mut command = sandbox.command("direnv", checkout);
    sandbox.run(command.arg("allow")).require_success();
}

fn open(sandbox: &Sandbox, shell: &str) -> Terminal {
    let (_, hook) = SHELLS.iter().find(|(name, _)| *name == shell).unwrap();
    Terminal::open(sandbox, shell, hook, &sandbox.path("home"))
}

/// `DIRENV_FILE` and the like are direnv's own.
fn without_direnv(mut variables: BTreeMap<String, String>) -> BTreeMap<String, String> {
    variables.retain(|name, _| !name.starts_with("DIRENV_"));
    variables
}

#[track_caller]
fn require_ports(variables: &BTreeMap<String, String>) {
    for name in PORTS {
        let port = variables.get(name).and_then(|value| value.parse::<u16>().ok());
        assert!(port.is_some_and(|port| port > 0), "{name} in {variables:?}");
    }
    let context = variables.get("GANTRY_CONTEXT").map_or("", String::as_str);
    assert!(context.len() == 12 && context.bytes().all(|byte| byte.is_ascii_hexdigit()), "{variables:?}");
    assert!(variables.contains_key("COMPOSE_PROJECT_NAME"), "{variables:?}");
}

/// A script is told the same number in this shell, in a subdirectory, and in shells that direnv knows nothing of.
#[track_caller]
fn same_everywhere(sandbox: &Sandbox, terminal: &mut Terminal, checkout: &Path, port: &str) {
    let expected = format!("{port}\n");
    assert_eq!(terminal.ask("gantry get postgres -q"), expected);
    terminal.enter("cd deep/down");
    assert_eq!(terminal.ask("gantry get postgres -q"), expected);
    terminal.enter("cd ../..");
    for shell in ["bash", "dash", "zsh", "fish"] {
        for directory in [checkout.to_owned(), checkout.join("deep/down")] {
            sandbox.script(shell, &directory, "gantry get postgres -q").check(&expected, "", 0);
        }
    }
}

#[test]
fn a_hostile_branch_directory_or_service_runs_nothing_in_any_shell() {
    for (shell, _) in SHELLS {
        let sandbox = Sandbox::new();
        // No `$(…)` in the directory's name: direnv 2.32 itself would run that.
        let checkout = checkout(&sandbox, "shop;touch pwned;", ENVRC);
        sandbox.write(checkout.join("compose.yaml"), format!("{COMPOSE}{STEERING}"));
        let mut terminal = open(&sandbox, shell);
        for branch in ["Feat/x;touch${IFS}pwned", "`touch${IFS}pwned`", "$(touch${IFS}pwned)", "it's\"&|<>pwned"] {
            sandbox.git(&checkout, ["switch", "--quiet", "--create", branch]);
            terminal.enter(&format!("cd '{}'", checkout.display()));
            let loaded = terminal.variables();
            require_ports(&loaded);
            assert_eq!(loaded.get("LD_PRELOAD"), None, "{shell}");
            terminal.enter(&format!("cd {}", sandbox.path("home").display()));
        }
        // A name that Compose refuses too; what is booked is loaded, and the name goes nowhere but into the error.
        sandbox.write(checkout.join("compose.yaml"), format!("{COMPOSE}  \"$(touch pwned);`touch pwned`\": {{}}\n"));
        terminal.enter(&format!("cd '{}'", checkout.display()));
        require_ports(&terminal.variables());
        assert_eq!(find(&sandbox, "pwned").stdout, "", "{shell}");
    }
}

/// Files of that name, git's own of the branches apart.
fn find(sandbox: &Sandbox, name: &str) -> Output {
    let mut command = sandbox.command("find", &sandbox.path("."));
    sandbox.run(command.args([".", "-name", ".git", "-prune", "-o", "-name", name, "-print"]))
}

#[test]
fn a_broken_compose_file_leaves_the_booked_ports() {
    let sandbox = Sandbox::new();
    let checkout = checkout(&sandbox, "shop", ENVRC);
    let mut terminal = open(&sandbox, "bash");
    terminal.enter(&format!("cd {}", checkout.display()));
    let before = terminal.variables();
    fs::write(checkout.join("compose.yaml"), "services: [").unwrap();
    terminal.enter("true");
    let after = terminal.variables();
    assert_eq!(PORTS.map(|name| after.get(name)), PORTS.map(|name| before.get(name)), "{after:?}");
    assert!(terminal.screen().contains("compose.yaml:1"), "the error names file and line");
}

#[test]
fn direnv_is_told_what_to_watch_in_one_call() {
    let sandbox = Sandbox::new();
    let checkout = checkout(&sandbox, "shop", ENVRC);
    let plain = sandbox.gantry(&checkout, ["export", "--auto"]).require_success();
    assert_eq!(calls_of_watch_file(&plain), 0, "{plain:?}");
    let mut command = sandbox.command("gantry", &checkout);
    command.args(["export", "--auto"]).env("DIRENV_IN_ENVRC", "1");
    let watching = sandbox.run(&mut command).require_success();
    assert_eq!(calls_of_watch_file(&watching), 1, "{watching:?}");
}

fn calls_of_watch_file(output: &Output) -> usize {
    output.stdout.lines().filter(|line| line.trim_start().starts_with("watch_file ")).count()
}

#[test]
fn loading_starts_direnv_once_more_than_an_envrc_of_one_line() {
    let sandbox = Sandbox::new();
    let trivial = "export PLAIN=yes\n";
    let plain = checkout(&sandbox, "plain", trivial);
    // The second load is what every later prompt sees: the first one books.
    let with = sandbox.clone_of(&sandbox.path("shop.git"), "with");
    sandbox.write(with.join("compose.yaml"), COMPOSE);
    sandbox.write(with.join(".envrc"), format!("{trivial}{ENVRC}"));
    allow(&sandbox, &with);
    let counts = [&plain, &with, &with].map(|checkout| direnv_processes(&sandbox, checkout));
    assert!(counts[0] > 0, "strace sees direnv itself");
    assert!(counts[1] <= counts[0] + 1 && counts[2] <= counts[0] + 1, "{counts:?}");
}

/// How often direnv is started, by itself or by what it evaluates, while it loads the checkout's `.envrc`.
fn direnv_processes(sandbox: &Sandbox, checkout: &Path) -> usize {
    let calls = sandbox.path("calls");
    let mut command = sandbox.command("strace", checkout);
    command.args(["-f", "-qq", "-e", "trace=execve", "-o"]).arg(&calls).args(["direnv", "export", "json"]);
    let loaded = sandbox.run(&mut command).json();
    assert_eq!(loaded["PLAIN"], "yes");
    let calls = fs::read_to_string(calls).unwrap();
    // One that another process interrupts has its result on a later line.
    calls.lines().filter(|call| call.contains("/direnv\", [") && !call.contains(" = -1 ")).count()
}
