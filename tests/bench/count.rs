//! What other programs count: instructions (valgrind), which no neighbour on the machine can change, and memory (time).

use std::process::{Command, Output, Stdio};

use crate::group::Row;
use crate::work::World;

const VALGRIND: &str = "/usr/bin/valgrind";
const TIME: &str = "/usr/bin/time";

/// Adds the instructions of one run to each row, where valgrind is there.
pub fn add_instructions(world: &World, rows: &mut [Row]) {
    for row in rows {
        let arguments = ["--tool=callgrind", "--callgrind-out-file=/dev/null"];
        let count = || under(VALGRIND, &arguments, world, row);
        // To gantry, valgrind is another program than itself: what it remembers is made anew, and again for those who
        // measure after this.
        let Some(output) = count().and_then(|_| count()).and_then(|_| count()) else { return };
        let mut scenario = world.scenario(row.work, row.size);
        for _ in 0..3 {
            scenario.run();
        }
        let text = String::from_utf8_lossy(&output.stderr);
        let count = text.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
        row.instructions = Some(count.unwrap_or_else(|| panic!("no count of instructions in: {text}")));
    }
}

/// Adds the most memory of a few runs to each row, where GNU time is there.
pub fn add_peaks(world: &World, rows: &mut [Row]) {
    for row in rows {
        for _ in 0..3 {
            let Some(output) = under(TIME, &["--format=%M"], world, row) else { return };
            let text = String::from_utf8_lossy(&output.stderr);
            let peak = text.lines().last().and_then(|line| line.trim().parse().ok());
            assert!(peak.is_some(), "no size in: {text}");
            row.peak = row.peak.max(peak);
        }
    }
}

/// One run of the row's case under a program that counts.
fn under(counter: &str, arguments: &[&str], world: &World, row: &Row) -> Option<Output> {
    if !std::path::Path::new(counter).exists() {
        return None;
    }
    let scenario = world.scenario(row.work, row.size);
    scenario.prepare();
    let measured = &scenario.command;
    let variables = measured.get_envs().filter_map(|(name, value)| Some((name, value?)));
    let mut command = Command::new(counter);
    command.args(arguments).arg(measured.get_program()).args(measured.get_args()).env_clear().envs(variables);
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output)
}
