//! How long the compose reader takes, as the program is released: `tests/run` builds it and says where it lies.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::sandbox::{Output, Sandbox};

/// Measurements, of which the quickest counts: other work on the machine only ever adds to it.
const TRIES: usize = 8;

/// The program as it is released.
pub fn released() -> OsString {
    let path = std::env::var_os("GANTRY_RELEASE");
    path.expect("GANTRY_RELEASE is not set: run `tests/run`, which builds the program as it is released")
}

/// The script in bash, with the released program as `$gantry`.
fn run(sandbox: &Sandbox, directory: &Path, script: &str) -> Output {
    let mut command = sandbox.command("bash", directory);
    command.env("gantry", released()).args(["-c", script]);
    sandbox.run(&mut command)
}

/// As many services, each with a fixed and a variable port.
fn project(sandbox: &Sandbox, services: u16) -> PathBuf {
    let service = |number: u16| {
        format!(
            "  s{number}:\n    image: postgres:17\n    environment:\n      A: b\n      C: ${{C:-d}}\n    ports:\n      \
             - \"${{P{number}:-{}}}:5432\"\n      - \"{}:80\"\n    volumes:\n      - ./a:/b\n",
            20_000 + number,
            30_000 + number,
        )
    };
    let text: String = (0..services).map(service).collect();
    let compose = sandbox.write("shop/compose.yaml", format!("services:\n{text}"));
    compose.parent().unwrap().to_owned()
}

#[test]
fn a_hundred_services_are_read_in_five_milliseconds() {
    let sandbox = Sandbox::new();
    let project = project(&sandbox, 100);
    // The kernel counts a process's time in ticks as long as the whole run, so a hundred runs are one measurement.
    let script = "TIMEFORMAT=%3U; time for run in {1..100}; do \"$gantry\" discover >/dev/null; done";
    let milliseconds =
        |_| run(&sandbox, &project, script).require_success().stderr.trim().parse::<f64>().unwrap() * 10.0;
    let tries: Vec<f64> = (0..TRIES).map(milliseconds).take_while(|taken| *taken > 5.0).collect();
    assert!(tries.len() < TRIES, "milliseconds of user time a run, in each try: {tries:?}");
    assert_eq!(run(&sandbox, &project, "\"$gantry\" discover | wc -l").require_success().stdout.trim(), "201");
}

#[test]
fn a_file_made_to_exhaust_ends_in_an_error_at_once() {
    let sandbox = Sandbox::new();
    let bomb = (1..12).fold("a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned(), |text, level| {
        let inner = vec![format!("*a{}", level - 1); 9].join(",");
        format!("{text}a{level}: &a{level} [{inner}]\n")
    });
    for text in [bomb, "[".repeat(10_000_000), "- ".repeat(1_000_000), "a: &a\n".repeat(300_000)] {
        let compose = sandbox.write("shop/compose.yaml", text);
        let project = compose.parent().unwrap();
        // All of the address space, the program's own and its libraries' included.
        let script = "ulimit -v 102400; exec \"$gantry\" discover";
        let took = (0..4 * TRIES).map(|_| {
            let start = Instant::now();
            let output = run(&sandbox, project, script);
            assert!(
                output.status == 1 && output.stderr.starts_with("error: [SANDBOX]/shop/compose.yaml"),
                "{output:?}"
            );
            start.elapsed()
        });
        let tries: Vec<Duration> = took.take_while(|took| *took > Duration::from_millis(100)).collect();
        assert!(tries.len() < 4 * TRIES, "{tries:?}");
    }
}
