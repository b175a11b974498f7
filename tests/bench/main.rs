//! How long gantry takes, in whole processes against `/bin/true`: `cargo startup`, or `cargo startup --hold` for CI.
//!
//! What is compared runs interleaved in one run, so that the machine's speed and mood cancel out: a ratio to
//! `/bin/true` says what gantry adds to the price of any process. A [`work::Work`] at a [`size::Size`] is one case; a
//! [`group::Group`] is the cases that are measured together; [`budget`] has what CI holds.
#![allow(clippy::disallowed_methods, reason = "the doors that `sys` owns in the program are open to its benchmark")]
#![allow(clippy::unwrap_used, reason = "a panic is how a measurement fails")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the table goes to stdout, the progress to stderr")]
#![allow(dead_code, reason = "the tests' sandbox can do more than is needed here")]

mod budget;
mod checkout;
mod count;
mod group;
mod machine;
mod peers;
mod program;
mod registry;
mod report;
mod sample;
#[path = "../it/sandbox.rs"]
mod sandbox;
mod size;
mod table;
mod work;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;

use group::Group;
use report::Report;
use work::World;

/// Measures gantry in whole processes, in ratios to /bin/true.
#[derive(Parser)]
#[command(name = "cargo startup", bin_name = "cargo startup")]
struct Options {
    /// Writes the figures to a file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Fails where a budget is exceeded, twice; counts no instructions of what grows
    #[arg(long)]
    hold: bool,
    /// Compares gantry with the other tools that `tests/peers` has installed in a directory, and does nothing else
    #[arg(long, value_name = "DIR")]
    peers: Option<PathBuf>,
    /// Measures for a quarter of the time
    #[arg(long)]
    quick: bool,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let program = program::released();
    println!("{}\n", machine::describe());
    if let Some(peers) = &options.peers {
        print!("{}", peers::compare(&program, peers));
        return ExitCode::SUCCESS;
    }
    if measure(&options, &program) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether what is to be held, holds.
fn measure(options: &Options, program: &Path) -> bool {
    // Every run changes the directory.
    let json = options.json.as_ref().map(|file| std::path::absolute(file).unwrap());
    let world = World::new(program);
    let pace = if options.quick { 0.25 } else { 1.0 };
    let mut report = Report::default();
    for group in Group::ALL {
        eprintln!("measuring {group}");
        let mut rows = group.measure(&world, pace);
        if group == Group::Doors {
            count::add_peaks(&world, &mut rows);
        }
        if group == Group::Doors || !options.hold {
            count::add_instructions(&world, &mut rows);
        }
        report.add(group, rows);
    }
    print!("{report}");
    let held = !options.hold || budget::hold(&world, &mut report, pace);
    if let Some(file) = json {
        std::fs::write(&file, format!("{:#}\n", report.json())).unwrap();
    }
    held
}
