//! Real children.

use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::pipes::PIPE;
use super::*;

const FOREVER: Duration = Duration::from_secs(60);
const LIMITS: Limits = Limits { time: Some(FOREVER), grace: FOREVER };

fn start(script: &str, own_group: bool) -> Supervised {
    let args = ["-c", script].map(OsString::from);
    let variables = [("GIVEN".to_owned(), Some("yes".to_owned())), ("HOME".to_owned(), None)];
    let start =
        Start { program: "sh".as_ref(), args: &args, directory: Path::new("/"), variables: &variables, own_group };
    Supervised::start(&start).unwrap()
}

/// How it ends, and what it printed; `interrupts` by the line `ready`.
fn run(script: &str, own_group: bool, limits: Limits, signal: Signal) -> (End, Vec<(Stream, String)>) {
    let interrupts = Interrupts::default();
    let mut lines = Vec::new();
    let mut on_line = |stream, line: &[u8]| {
        let line = String::from_utf8_lossy(line).into_owned();
        if line == "ready" {
            interrupts.pretend(signal as i32);
        } else {
            lines.push((stream, line));
        }
    };
    let end = start(script, own_group).run(&limits, &interrupts, &mut on_line).unwrap();
    (end, lines)
}

#[test]
fn lines_come_with_the_end() {
    let check = |script: &str, status: Status, expected: &[(Stream, &str)]| {
        let (end, mut lines) = run(script, false, LIMITS, Signal::SIGINT);
        // Between the two streams there is no order.
        lines.sort_by_key(|(stream, _)| *stream == Stream::Stderr);
        let lines: Vec<_> = lines.iter().map(|(stream, line)| (*stream, line.as_str())).collect();
        assert_eq!((end, lines.as_slice()), (End { cause: Cause::Ended, status }, expected), "{script}");
    };
    check("true", Status::Code(0), &[]);
    check("exit 7", Status::Code(7), &[]);
    check("kill -9 $$", Status::Signal(9), &[]);
    check(
        "echo one; echo wrong >&2; printf 'two\\r\\nthree'",
        Status::Code(0),
        &[(Stream::Stdout, "one"), (Stream::Stdout, "two"), (Stream::Stdout, "three"), (Stream::Stderr, "wrong")],
    );
    check("pwd; echo $GIVEN${HOME-none}; cat", Status::Code(0), &[(Stream::Stdout, "/"), (Stream::Stdout, "yesnone")]);
    // The end comes after the output, and the output after the end.
    check("exec >&- 2>&-; exit 3", Status::Code(3), &[]);
    check("(echo late; exec sleep 5) & exit 4", Status::Code(4), &[(Stream::Stdout, "late")]);
}

#[test]
fn nothing_of_much_output_is_lost() {
    let count = 50_000;
    let (end, lines) = run(&format!("seq {count}; seq {count} >&2"), false, LIMITS, Signal::SIGINT);
    assert_eq!(end.status, Status::Code(0));
    for wanted in [Stream::Stdout, Stream::Stderr] {
        let found = lines.iter().filter(|(stream, _)| *stream == wanted).map(|(_, line)| line.clone());
        assert!(found.eq((1..=count).map(|number| number.to_string())), "{wanted:?}");
    }
}

#[test]
fn what_writes_on_without_end_is_left_behind() {
    let (end, lines) = run("yes & exit 5", true, LIMITS, Signal::SIGINT);
    assert_eq!((end.cause, end.status), (Cause::Ended, Status::Code(5)));
    assert!(lines.len() <= 2 * PIPE);
}

#[test]
fn time_ends_it() {
    let check = |script: &str, own_group| {
        let limits = Limits { time: Some(Duration::from_millis(50)), grace: FOREVER };
        let (end, _) = run(script, own_group, limits, Signal::SIGINT);
        assert_eq!(end, End { cause: Cause::TimedOut, status: Status::Signal(15) }, "{script}");
    };
    check("exec sleep 60", false);
    check("sleep 60; exit 1", true);
    check("kill -STOP $$", false);
}

#[test]
fn an_interruption_is_forwarded() {
    let check = |script: &str, own_group, signal: Signal, grace, status| {
        let (end, lines) = run(script, own_group, Limits { time: None, grace }, signal);
        assert_eq!(end, End { cause: Cause::Interrupted(signal as i32), status }, "{script} {lines:?}");
    };
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        let name = signal.as_str().trim_start_matches("SIG");
        let script = format!("trap 'exit 8' {name}; echo ready; while :; do sleep 0.01; done");
        check(&script, true, signal, FOREVER, Status::Code(8));
    }
    let term = Signal::SIGTERM;
    check("echo ready; exec sleep 60", false, term, FOREVER, Status::Signal(15));
    check("trap '' TERM; echo ready; exec sleep 60", false, term, Duration::ZERO, Status::Signal(9));
    // It ends by itself then, but that is why.
    check("trap '' TERM; echo ready", false, term, FOREVER, Status::Code(0));
}

#[test]
fn a_group_ends_as_a_whole() {
    let check = |script: &str, grace: Duration, status| {
        let limits = Limits { time: None, grace };
        let (end, lines) = run(script, true, limits, Signal::SIGTERM);
        assert_eq!(end.status, status, "{script}");
        let grandchild = Pid::from_raw(lines[0].1.parse().unwrap());
        let is_over = || {
            let state = fs::read_to_string(format!("/proc/{grandchild}/stat")).unwrap_or_default();
            kill(grandchild, None).is_err() || state.contains(") Z ")
        };
        assert!(is_over(), "{script}");
    };
    check("sleep 60 & echo $!; echo ready; wait", FOREVER, Status::Signal(15));
    // One that refuses is killed, though the child itself has ended.
    let stubborn = "sh -c 'trap \"\" TERM; echo $$; echo ready; exec sleep 60' & wait";
    check(stubborn, Duration::from_millis(50), Status::Signal(15));
}

#[test]
fn the_terminals_interrupt_reaches_a_child_once() {
    const ROLE: &str = "GANTRY_TEST_TERMINAL";
    if std::env::var_os(ROLE).is_some() {
        return play_in_terminal();
    }
    let name = "sys::child::tests::the_terminals_interrupt_reaches_a_child_once";
    let program = std::env::current_exe().unwrap();
    let mut script = Command::new("script")
        .args(["--quiet", "--return", "--flush", "--command"])
        .arg(format!("exec '{}' --exact {name} --nocapture", program.display()))
        .arg("/dev/null")
        .env(ROLE, "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script; `tests/run` installs it");
    let mut screen = BufReader::new(script.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut shown: Vec<String> = screen.by_ref().take_while(|line| !line.contains("ready")).collect();
    script.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    shown.extend(screen);
    assert!(script.wait().unwrap().success(), "{shown:#?}");
}

/// Ctrl-C leaves the child running, so it is asked to end after the grace; it ends with how many SIGINT it got.
fn play_in_terminal() {
    let interrupts = Interrupts::listen().unwrap();
    let limits = Limits { time: Some(FOREVER), grace: Duration::from_millis(300) };
    let script = "n=0; trap 'n=$((n+1))' INT; trap 'exit $n' TERM; echo ready; while :; do sleep 0.01; done";
    let mut on_line = |_, line: &[u8]| writeln!(io::stdout(), "{}", String::from_utf8_lossy(line)).unwrap();
    let end = start(script, false).run(&limits, &interrupts, &mut on_line).unwrap();
    assert_eq!(end, End { cause: Cause::Interrupted(2), status: Status::Code(1) });
}

#[test]
fn what_is_not_there_is_said() {
    let mut start = Start {
        program: "gantry-no-such-program".as_ref(),
        args: &[],
        directory: Path::new("/"),
        variables: &[],
        own_group: false,
    };
    let kind = |start: &Start| Supervised::start(start).unwrap_err().kind();
    assert_eq!(kind(&start), io::ErrorKind::NotFound);
    (start.program, start.directory) = ("true".as_ref(), Path::new("/gantry-no-such-directory"));
    assert_eq!(kind(&start), io::ErrorKind::NotFound);
}
