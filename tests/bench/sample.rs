//! Running scenarios in turn, and what their times come to.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Fewer runs have no median worth the name.
const FEWEST: usize = 5;
const MOST: usize = 2_000;

/// A command, where it runs, and what is done before each run and not timed.
pub struct Scenario<'a> {
    pub command: Command,
    pub directory: PathBuf,
    before: Box<dyn Fn() + 'a>,
}

impl<'a> Scenario<'a> {
    pub fn new(command: Command, directory: &Path, before: Box<dyn Fn() + 'a>) -> Scenario<'a> {
        Scenario { command, directory: directory.to_owned(), before }
    }

    /// Makes ready for one run.
    pub fn prepare(&self) {
        (self.before)();
        std::env::set_current_dir(&self.directory).unwrap();
    }

    /// One run, from its start to its end.
    pub fn run(&mut self) -> Duration {
        self.prepare();
        let start = Instant::now();
        let status = self.command.spawn().unwrap().wait().unwrap();
        let took = start.elapsed();
        assert!(status.success(), "{:?} in {}: {status}", self.command, self.directory.display());
        took
    }
}

/// What many runs of one scenario took.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub runs: usize,
    pub median: Duration,
    /// Half of all runs lie within this distance of each other, as a part of the median.
    pub spread: f64,
}

impl Sample {
    fn of(mut times: Vec<Duration>) -> Sample {
        times.sort_unstable();
        let quantile = |quarter: usize| times[(times.len() - 1) * quarter / 4];
        let median = quantile(2);
        let spread = (quantile(3) - quantile(1)).as_secs_f64() / median.as_secs_f64();
        Sample { runs: times.len(), median, spread }
    }

    pub fn ratio(&self, to: &Sample) -> f64 {
        self.median.as_secs_f64() / to.median.as_secs_f64()
    }
}

/// Runs each scenario once a round, for about that long. Each round has another order, so that none always runs in
/// another one's wake: who comes after another program finds the processor's caches full of that.
pub fn interleave(scenarios: &mut [Scenario<'_>], patience: Duration) -> Vec<Sample> {
    let mut times = vec![Vec::new(); scenarios.len()];
    let start = Instant::now();
    for round in 0..MOST {
        if round >= FEWEST && start.elapsed() > patience {
            break;
        }
        for index in shuffled(scenarios.len(), round) {
            times[index].push(scenarios[index].run());
        }
    }
    times.into_iter().map(Sample::of).collect()
}

/// The numbers below `length` in an order that depends on `seed` alone, by Knuth's shuffle and linear generator (The Art
/// of Computer Programming, volume 2, 3.4.2 and 3.3.4).
fn shuffled(length: usize, seed: usize) -> Vec<usize> {
    let mut state = seed as u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut order: Vec<usize> = (0..length).collect();
    (1..length).rev().for_each(|last| order.swap(last, random(last + 1)));
    order
}
