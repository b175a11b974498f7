//! A proxy in trouble: Caddy refuses, dies, hangs or is missing, and many come at once.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::sandbox::{Sandbox, await_true};
use crate::served::Served;

#[test]
fn a_configuration_that_caddy_refuses_leaves_the_old_one_serving() {
    let served = Served::started();
    let _web = served.upstream("127.0.0.1", 8080, "main");
    // Somebody takes the port between gantry's look and Caddy's.
    let take = "python3 -m http.server 8888 --bind 127.0.0.1 >/dev/null 2>&1 &";
    let await_it = "until curl --silent --output /dev/null http://127.0.0.1:8888/; do sleep 0.05; done";
    served.before_caddy(&format!("[ \"$1\" != reload ] || [ -e ~/took ] || {{ touch ~/took; {take} {await_it}; }}"));
    let registry = rusqlite_of(&served.world.sandbox);
    registry.execute("INSERT INTO settings (name, value) VALUES ('http_port', '8888')", ()).unwrap();
    served.check_failure("proxy reload", &["error: Caddy refuses the configuration: ", "address already in use"], 1);
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"));
    let down = served.page("http://api.shop.test/");
    assert!(down.contains("port 8000"), "its pages belong to it: {down}");
    // The command that made the change has done its own work.
    let output = served.gantry("book extra");
    assert!(
        output.status == 0 && output.stderr.contains("warning: the proxy was not told: port 8888 is taken: python3"),
        "{output:?}"
    );
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"));
    registry.execute("DELETE FROM settings", ()).unwrap();
    served.done("proxy reload");
    assert!(served.page("http://shop.test/").contains("<h1>main</h1>"));
}

/// Caddy has loaded the configuration, and who asked it to was killed before that could be told.
#[test]
fn a_client_that_was_killed_has_not_refused() {
    let served = Served::started();
    let _main = served.upstream("127.0.0.1", 8080, "of main");
    let wrapper = served.before_caddy("[ \"$1\" != reload ] || { \"$caddy\" \"$@\"; kill -KILL $$; }");
    served.switch("--create next");
    let output = served.done("export --auto");
    assert!(output.stderr.contains("Caddy did not load the configuration: a signal ended it"), "{output:?}");
    let page = served.page("http://web.shop.test/");
    assert!(page.contains("nothing answers on port 5000"), "it has: {page}");
    fs::remove_file(wrapper).unwrap();
    served.switch("main");
    await_true("the proxy is told of the branch", || {
        served.done("export --auto");
        served.page("http://web.shop.test/").contains("<h1>of main</h1>")
    });
}

#[test]
fn a_caddy_that_dies() {
    let served = Served::started();
    let pid = served.gantry("proxy status --json").json()["pid"].as_u64().unwrap();
    served.world.script(&format!("kill -9 {pid}"));
    await_true("it is gone", || served.gantry("proxy status --json").json()["is_running"] == false);
    let status = served.gantry("proxy status");
    assert!(status.stdout.contains("does not run") && status.stderr.contains("`gantry proxy start` starts it"));
    served.check_failure("proxy reload", &["error: the proxy does not run", "`gantry proxy start`"], 5);
    served.gantry("url").check(
        "http://shop.test\n",
        "warning: the proxy does not run, so this does not answer; `gantry proxy start` starts it\n",
        0,
    );
    served.done("book one");
    served.done("proxy start");
    assert_eq!(served.status_of("http://shop.test/"), "502");
    served.gantry("proxy stop").check("", "gantry: the proxy is stopped\n", 0);
    served.gantry("proxy stop").check("", "gantry: the proxy does not run\n", 0);
    assert_eq!(served.world.script("pgrep caddy").status, 1);
}

#[test]
fn an_admin_socket_that_is_taken() {
    let served = Served::new();
    served.done("proxy setup");
    let socket = served.proxy_file("admin.sock");
    let somebody = UnixListener::bind(&socket).unwrap();
    served.check_failure("proxy start", &["admin.sock is where Caddy's admin socket belongs", "hint: move "], 4);
    drop(somebody);
    // Nobody answers there any more.
    served.done("proxy start");
    // What a tidy user took away.
    fs::remove_file(served.proxy_file("caddy.pid")).unwrap();
    assert_eq!(served.gantry("proxy status --json").json()["is_running"], true);
    served.done("proxy reload");
    served.done("proxy stop");
    served.done("proxy start");
    fs::remove_file(&socket).unwrap();
    let words = ["error: the proxy runs (process ", "does not answer", "hint: `gantry proxy stop`, then"];
    served.check_failure("proxy start", &words, 5);
    served.done("proxy stop");
    fs::create_dir(&socket).unwrap();
    served.check_failure("proxy start", &["admin.sock is where Caddy's admin socket belongs"], 4);
    assert!(socket.is_dir());
}

/// The kernel takes connections for a Caddy that hangs.
#[test]
fn a_caddy_that_is_stopped_holds_nobody_up() {
    let served = Served::started();
    let pid = served.gantry("proxy status --json").json()["pid"].as_u64().unwrap();
    served.world.script(&format!("kill -STOP {pid}"));
    served.switch("--create next");
    let way_out = format!(
        "warning: the proxy was not told: the proxy runs (process {pid}) and does not answer; `gantry proxy stop`, then \
         `gantry proxy start`\n"
    );
    for command in ["export --auto", "book another -q", "book more -q"] {
        let began = Instant::now();
        let output = served.done(command);
        assert!(began.elapsed() < Duration::from_secs(5), "{command}: {:?}", began.elapsed());
        assert!(output.stderr.ends_with(&way_out), "{output:?}");
    }
    let status = served.gantry("proxy status");
    assert!(status.stdout.contains("does not answer") && status.stderr.contains("`gantry proxy stop`"), "{status:?}");
    let found = served.gantry("doctor");
    assert!(found.stdout.contains("the proxy runs") && found.stdout.contains("does not answer"), "{found:?}");
    for command in ["proxy start", "proxy reload", "proxy setup --high-ports"] {
        served.check_failure(command, &["does not answer", "hint: `gantry proxy stop`, then `gantry proxy start`"], 5);
    }
    let url = served.done("url");
    assert!(url.stderr.contains("does not answer; `gantry proxy stop`, then"), "{url:?}");
    // Whoever reads JSON finds the error at the end.
    let failed = served.gantry("cert renew nosuch --json");
    let last = failed.stderr.lines().last().unwrap();
    assert!(
        failed.stderr.contains("the proxy was not told") && last.starts_with("{\"format_version\":1,\"error\":"),
        "{failed:?}"
    );
    served.world.script(&format!("kill -CONT {pid}"));
    served.done("proxy reload");
    assert!(served.page("http://shop.test/").contains("shop/next"));
}

impl Served {
    /// What a shell hook asks for, which never says anything.
    #[track_caller]
    fn prompt(&self) {
        let output = self.done("hook-env --shell bash");
        assert_eq!(output.stderr, "");
    }
}

#[test]
fn what_failed_at_a_prompt_is_tried_again() {
    let served = Served::started();
    served.prompt();
    let wrapper = served.before_caddy("[ \"$1\" != adapt ] || sleep 4");
    served.switch("--create next");
    // Twice, since what has just changed is not remembered.
    served.prompt();
    served.prompt();
    fs::remove_file(wrapper).unwrap();
    await_true("the proxy is told", || {
        served.prompt();
        served.page("http://shop.test/").contains("shop/next")
    });
    // And now there is nothing more to do.
    fs::remove_dir_all(served.world.sandbox.path("home/.cache/gantry/memo")).unwrap();
    await_true("the answer is remembered", || {
        served.prompt();
        served.world.sandbox.path("home/.cache/gantry/memo").exists()
    });
}

#[test]
fn a_caddy_that_is_broken_holds_few_prompts_up() {
    let served = Served::started();
    served.before_caddy("[ \"$1\" != adapt ] || { echo >>~/asked; sleep 4; }");
    served.switch("--create next");
    (0..6).for_each(|_| served.prompt());
    let asked = fs::read_to_string(served.world.sandbox.path("home/asked")).unwrap().lines().count();
    assert!(asked <= 3, "asked {asked} times");
}

#[test]
fn who_meets_somebody_else_at_it_tries_again() {
    let served = Served::started();
    let script = "flock ~/.local/state/gantry/locks/proxy.lock sh -c 'touch ~/held; exec sleep 600' & echo $!";
    let holder = served.world.script(&format!("({script}) 2>/dev/null >~/holder"));
    assert_eq!(holder.status, 0, "{holder:?}");
    let held = served.world.sandbox.path("home/held");
    await_true("somebody has the lock", || held.exists());
    served.switch("--create next");
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        served.prompt();
    }
    assert!(served.page("http://shop.test/").contains("shop/main"));
    served.world.script("pkill -P $(cat ~/holder); kill $(cat ~/holder)");
    await_true("the proxy is told", || {
        served.prompt();
        served.page("http://shop.test/").contains("shop/next")
    });
}

/// What somebody else wants by then is loaded, though what was wanted first is refused.
#[test]
fn who_is_at_it_does_it_again_after_a_refusal() {
    let served = Served::started();
    let again = served.proxy_file("again");
    let refuse = format!("touch ~/refused '{}'; echo 'Error: not this one' >&2; exit 1", again.display());
    served.before_caddy(&format!("[ \"$1\" != adapt ] || [ -e ~/refused ] || {{ {refuse}; }}"));
    served.gantry("proxy reload").check("", "gantry: loaded\n", 0);
    assert!(served.world.sandbox.path("home/refused").exists() && !again.exists());
}

/// Whoever comes while another one loads is served by that one.
#[test]
fn many_at_once_are_all_served() {
    let served = Served::started();
    let branches: Vec<_> = (0..6).map(|number| format!("b{number}")).collect();
    for branch in &branches {
        served.world.sandbox.worktree(&served.checkout, branch, branch);
        let compose = served.world.sandbox.path(branch).join("compose.yaml");
        fs::copy(served.checkout.join("compose.yaml"), compose).unwrap();
    }
    std::thread::scope(|scope| {
        for branch in &branches {
            let path = served.world.sandbox.path(branch);
            let served = &served;
            scope.spawn(move || served.gantry_in(&path, "export --auto").require_success());
        }
    });
    await_true("all are served", || {
        branches.iter().all(|branch| served.status_of(&format!("http://{branch}.shop.test/")) == "502")
    });
}

#[test]
fn several_at_once_start_one() {
    let served = Served::new();
    served.done("register --hostname shop");
    let started: Vec<_> = std::thread::scope(|scope| {
        let start = || served.gantry("proxy start");
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(started.iter().all(|output| output.status == 0), "{started:?}");
    assert_eq!(started.iter().filter(|output| output.stderr.contains("serves HTTP")).count(), 1, "{started:?}");
    assert_eq!(served.world.script("pgrep --count caddy").stdout, "1\n");
}

#[test]
fn a_place_that_a_caddyfile_cannot_name() {
    let mut served = Served::new();
    let place = served.world.sandbox.path("home/{$HOME}\"");
    served.world.sandbox.set("XDG_STATE_HOME", &place);
    served.check_failure("proxy start", &["a Caddyfile cannot hold this path", "hint: set XDG_STATE_HOME"], 1);
    let long = served.world.sandbox.path("home").join("x".repeat(90));
    served.world.sandbox.set("XDG_STATE_HOME", &long);
    served.check_failure("proxy start", &["the path is too long for a socket"], 1);
}

fn rusqlite_of(sandbox: &Sandbox) -> rusqlite::Connection {
    rusqlite::Connection::open(sandbox.registry()).unwrap()
}

#[test]
fn without_caddy() {
    let mut served = Served::new();
    let program = Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap().display().to_string();
    served.world.sandbox.set("PATH", format!("{program}:/usr/bin:/bin"));
    for command in ["proxy setup", "proxy start", "caddy-setup", "caddy-start"] {
        served.check_failure(command, &["error: caddy is not installed", "hint: install the package caddy"], 5);
    }
    served.done("register --hostname shop");
    served.gantry("url").check("http://localhost:8080\n", "", 0);
    let status = served.gantry("caddy-status");
    assert!(status.status == 0 && status.stdout.contains("not installed"), "{status:?}");
}
