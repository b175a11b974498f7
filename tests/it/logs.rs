//! `gantry logs`, of containers that a real engine runs.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::engine::require_engine;
use crate::ports::Block;
use crate::sandbox::{Output, Sandbox, await_true};

/// A checkout whose containers are gone when it is dropped.
struct Project {
    sandbox: Sandbox,
    path: PathBuf,
    name: String,
    block: Block,
}

/// A gantry that follows, and what it has printed so far.
struct Following {
    child: Child,
    printed: Arc<Mutex<String>>,
    readers: Vec<JoinHandle<()>>,
}

impl Project {
    /// A checkout whose services run these scripts of busybox's `sh`.
    fn new(services: &[(&str, &str)]) -> Project {
        require_engine();
        let (sandbox, block) = (Sandbox::new(), Block::take());
        // The tests share one engine, and Compose knows projects by their names alone.
        let name = format!("logs-{}", block.port(0));
        let path = sandbox.repository(&name, &format!("git@example.com:test/{name}.git"));
        let project = Project { sandbox, path, name, block };
        project.compose(services);
        project
    }

    /// The same, up.
    fn up(services: &[(&str, &str)]) -> Project {
        let project = Project::new(services);
        project.gantry("start --no-wait").require_success();
        project
    }

    fn compose(&self, services: &[(&str, &str)]) {
        let mut text =
            format!("services:\n  idle:\n    image: x\n    profiles: [never]\n    ports: [{}]\n", self.block.port(0));
        for (name, script) in services {
            let command = serde_json::json!(["/bin/busybox", "sh", "-c", script.replace('$', "$$")]);
            text += &format!(
                "  {name}:\n    image: gantry-test/httpd\n    init: true\n    stop_grace_period: 1s\n    command: {command}\n"
            );
        }
        self.sandbox.write(self.path.join("compose.yaml"), text);
    }

    /// The arguments stand between blanks.
    fn gantry(&self, arguments: &str) -> Output {
        self.sandbox.gantry(&self.path, arguments.split(' '))
    }

    fn stdout(&self, arguments: &str) -> String {
        self.gantry(arguments).require_success().stdout
    }

    /// Waits until a line has been written.
    fn await_line(&self, line: &str) {
        await_true(line, || self.stdout("logs").lines().any(|it| it.ends_with(line)));
    }

    fn follow(&self, arguments: &str) -> Following {
        let mut command = self.sandbox.command("gantry", &self.path);
        let mut child =
            command.args(arguments.split(' ')).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let printed = Arc::new(Mutex::new(String::new()));
        let stdout = collect(child.stdout.take().unwrap(), &printed);
        let stderr = collect(child.stderr.take().unwrap(), &printed);
        Following { child, printed, readers: vec![stdout, stderr] }
    }

    fn docker(&self, arguments: &str) {
        self.sandbox.script("bash", &self.path, &format!("docker {arguments}")).require_success();
    }

    /// The name of a service's first container.
    fn container(&self, service: &str) -> String {
        let ps = self.gantry("ps --json").json();
        let rows = ps["containers"].as_array().unwrap().clone();
        rows.iter().find(|it| it["service"] == service).unwrap()["name"].as_str().unwrap().to_owned()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let script = format!(
            "docker ps --all --quiet --filter name={} | xargs --no-run-if-empty docker rm --force --volumes",
            self.name
        );
        self.sandbox.script("bash", &self.sandbox.path("home"), &script);
        let script = format!(
            "docker network ls --quiet --filter name={} | xargs --no-run-if-empty docker network rm",
            self.name
        );
        self.sandbox.script("bash", &self.sandbox.path("home"), &script);
    }
}

impl Following {
    fn await_line(&self, line: &str) {
        await_true(&format!("{line} in {:?}", self.printed()), || self.printed().lines().any(|it| it == line));
    }

    fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    /// Ends it with the signal; its status, and what it printed.
    fn end(mut self, signal: Signal) -> (Option<i32>, String) {
        let id = self.child.id();
        assert!(children_of(id) > 0, "it has children before");
        kill(Pid::from_raw(id.try_into().unwrap()), signal).unwrap();
        self.wait()
    }

    fn wait(&mut self) -> (Option<i32>, String) {
        let mut status = None;
        await_true("the end of following", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        self.readers.drain(..).for_each(|reader| reader.join().unwrap());
        (status.unwrap().code(), self.printed())
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(stream: impl Read + Send + 'static, printed: &Arc<Mutex<String>>) -> JoinHandle<()> {
    let printed = Arc::clone(printed);
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            printed.lock().unwrap().push_str(&(line + "\n"));
        }
    })
}

/// How many processes have that parent.
fn children_of(parent: u32) -> usize {
    let pgrep = Command::new("ps").args(["--no-headers", "--ppid", &parent.to_string()]).output().unwrap();
    String::from_utf8_lossy(&pgrep.stdout).lines().filter(|line| !line.contains("defunct")).count()
}

/// How many `logs` of an engine run for these containers.
fn listeners(containers: &str) -> usize {
    let ps = Command::new("ps").args(["-ewwo", "args"]).output().unwrap();
    let text = String::from_utf8_lossy(&ps.stdout).into_owned();
    text.lines().filter(|line| line.contains("logs --timestamps") && line.contains(containers)).count()
}

#[test]
fn lines_of_two_services_stand_in_order_of_time() {
    let project = Project::up(&[
        ("web", "for i in 1 3 5 7; do echo $i; sleep 0.4; done; echo web is done"),
        ("db", "sleep 0.2; for i in 2 4 6; do echo $i >&2; sleep 0.4; done"),
    ]);
    project.await_line("web is done");
    let stdout = project.stdout("logs --timestamps");
    let times: Vec<&str> = stdout.lines().map(|line| line.split(' ').rfind(|it| it.contains("T")).unwrap()).collect();
    assert!(times.len() == 8 && times.is_sorted(), "{stdout}");
    assert!(stdout.starts_with("web | 2") && stdout.contains("\ndb  | 2"), "{stdout}");

    assert_eq!(project.stdout("logs web --tail 2"), "web | 7\nweb | web is done\n");
    assert_eq!(project.stdout("logs -n 1 db"), "db | 6\n");
    assert_eq!(project.stdout("logs --tail 2 --grep ^7$"), "web | 7\n", "the tail counts before the filter");
    assert_eq!(project.stdout("logs --tail 0"), "");
    assert_eq!(project.stdout("logs --until 1h"), "");
    assert_eq!(project.stdout("logs --since 1h"), project.stdout("logs"));
    assert_eq!(project.stdout("logs --since 2099-01-01"), "");
    let since = times[6];
    let late: String = stdout.lines().skip(6).map(|line| line.to_owned() + "\n").collect();
    assert_eq!(project.stdout(&format!("logs -t --since {since}")), late);

    let lines: Vec<serde_json::Value> =
        project.stdout("logs --json --tail 1 web").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let container = project.container("web");
    let expected = serde_json::json!({
        "time": times[7], "container": container, "service": "web", "level": null, "text": "web is done",
    });
    assert_eq!(lines, [expected]);

    project.gantry("logs wbe").check(
        "",
        &format!("error: {0}/main has no service `wbe`\nhint: did you mean `web`?\n", project.name),
        3,
    );
    // The engine knows the containers without the file.
    fs::remove_file(project.path.join("compose.yaml")).unwrap();
    assert_eq!(project.stdout("logs -n 1 db"), "db | 6\n");
}

#[test]
fn a_level_takes_its_stack_trace_along() {
    let project = Project::up(&[(
        "web",
        "echo INFO ready; echo 'ERROR broken' >&2; sleep 0.1; echo INFO more; sleep 0.1; echo '  at main' >&2; \
         echo 'INFO no error' >&2; echo end",
    )]);
    project.await_line("end");
    assert_eq!(project.stdout("logs --level error"), "web | ERROR broken\nweb |   at main\n");
    assert_eq!(project.stdout("logs --level info --grep error$"), "web | INFO no error\n");
}

#[test]
fn hostile_lines_come_through() {
    let project = Project::up(&[(
        "web",
        "printf 'caf\\351\\377 \\033[31mred\\033[2J\\r\\n'; yes x | head -c 2000000 | tr -d '\\n'; echo; \
         printf 'no '; sleep 0.2; printf 'newline'; sleep 0.2; echo ' but now'; echo; printf 'end'",
    )]);
    project.await_line("end");
    let lines: Vec<String> = project.stdout("logs").lines().map(str::to_owned).collect();
    assert_eq!(lines[0], "web | caf\u{fffd}\u{fffd} red\\u{1b}[2J");
    assert_eq!(lines[1].len(), "web | ".len() + 1_000_000);
    assert!(lines[1].ends_with("xx") && !lines[1].contains('2'), "no stamp of a piece is left in it");
    assert_eq!(lines[2..], ["web | no newline but now", "web | ", "web | end"]);

    project.gantry("logs --export all.log").check("", "gantry: wrote 5 lines to all.log\n", 0);
    let bytes = fs::read(project.path.join("all.log")).unwrap();
    // What is no UTF-8 docker itself does not keep.
    let start = "web | caf\u{fffd}\u{fffd} \x1b[31mred\x1b[2J\r\nweb | ";
    assert!(bytes.starts_with(&[start.as_bytes(), &[b'x'; 1_000_000]].concat()));
    project.gantry("logs --export all.log").check(
        "",
        "error: all.log is there already\nhint: --force replaces it; so does `rm all.log` first\n",
        1,
    );
    assert_eq!(fs::read(project.path.join("all.log")).unwrap(), bytes);
    project.gantry("logs --export all.log --force --grep now").check("", "gantry: wrote 1 line to all.log\n", 0);
    assert_eq!(fs::read(project.path.join("all.log")).unwrap(), b"web | no newline but now\n");
    let full = project.gantry("logs --export /dev/full --force");
    full.check("", "error: /dev/full cannot be written: No space left on device (os error 28)\n", 1);
    let object = project.stdout("logs --json --tail 1");
    assert!(object.contains(r#""text":"end""#), "{object}");
}

#[test]
fn following_survives_a_restart_and_ends_with_ctrl_c() {
    let script = "echo begun; trap 'echo ending; exit 0' TERM; while :; do sleep 0.1; done";
    let project = Project::up(&[("web", script), ("db", "echo db; exec sleep 1000")]);
    project.await_line("begun");
    project.await_line("db");
    let following = project.follow("logs --follow web");
    following.await_line("web | begun");
    project.docker(&format!("restart {}", project.container("web")));
    following.await_line("gantry: web runs again");
    await_true("the second beginning", || following.printed().matches("web | begun\n").count() == 2);
    // Another container takes its place.
    project.docker(&format!("rm --force {}", project.container("web")));
    project.gantry("start --no-wait").require_success();
    following.await_line("gantry: web has come");
    await_true("the third beginning", || following.printed().matches("web | begun\n").count() == 3);
    let (status, printed) = following.end(Signal::SIGINT);
    assert_eq!(status, Some(0), "{printed}");
    assert!(printed.contains("web | ending\n"), "{printed}");
    assert_eq!(printed.matches("web | begun\n").count(), 3, "{printed}");
    await_true("no child is left", || listeners(&project.name) == 0);
}

#[test]
fn following_ends_with_what_is_followed() {
    let project = Project::up(&[("web", "echo begun; exec sleep 1000")]);
    project.await_line("begun");
    let mut following = project.follow("logs -f");
    following.await_line("web | begun");
    project.gantry("stop --timeout 1").require_success();
    let (status, printed) = following.wait();
    assert_eq!(status, Some(0), "{printed}");
    assert!(printed.ends_with(&format!("gantry: nothing of {}/main runs any more\n", project.name)), "{printed}");
    let again = project.gantry("logs -f");
    again.check("web | begun\n", &format!("gantry: nothing of {}/main runs any more\n", project.name), 0);
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let project = Project::up(&[("web", "echo begun; exec sleep 1000"), ("db", "yes; exec sleep 1000")]);
    project.await_line("begun");
    let id = project.stdout("ps --json");
    let id = serde_json::from_str::<serde_json::Value>(&id).unwrap()["compose_project"].as_str().unwrap().to_owned();
    for options in ["", "-f", "-f web"] {
        let script = format!("gantry logs {options} | head -n 1 | cut -c 1-5; echo ${{PIPESTATUS[0]}}");
        let output = project.sandbox.script("bash", &project.path, &script);
        assert!(output.stdout.ends_with("\n0\n") && output.stderr.is_empty(), "{options}: {output:?}");
    }
    assert_eq!(listeners(&id), 0);
}

#[test]
fn what_cannot_be_is_refused() {
    let project = Project::new(&[("web", "echo x")]);
    let none = format!("gantry: {}/main has no containers; `gantry start` makes them\n", project.name);
    project.gantry("logs").check("", &none, 0);
    project.gantry("logs web").check("", &none, 0);
    assert_eq!(project.gantry("logs wb").status, 3);
    let check = |arguments: &str, part: &str| {
        let output = project.gantry(arguments);
        assert!(output.status == 2 && output.stderr.contains(part), "{arguments}: {output:?}");
    };
    check("logs --grep foo(", "`foo(` is no pattern: unclosed group (at character 4)");
    check("logs --since yesterday", "`yesterday` is no time");
    check("logs --level loud", "`loud` is no level");
    check("logs --tail few", "--tail");
    check("logs --follow --until 1h", "--until");
    check("logs --force", "--export");
    project.gantry("export --auto").require_success();
    let mut command = project.sandbox.command("gantry", &project.path);
    command.args(["logs", "--engine", "docker"]).env("DOCKER_HOST", "unix:///nowhere.sock");
    let gone = project.sandbox.run(&mut command);
    assert_eq!((gone.status, gone.stdout.as_str()), (5, ""), "{gone:?}");
}
