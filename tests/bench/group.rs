//! What is measured in turn with each other, and so may be compared.

use std::fmt;
use std::time::Duration;

use crate::sample::{Sample, Scenario, interleave};
use crate::size::Size;
use crate::work::{Work, World};

/// Cases that are measured together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Every way of calling gantry, in the first checkout of a machine.
    Doors,
    /// One of them, at every size.
    Growth(Work),
}

/// One case and what it came to.
#[derive(Clone, Debug)]
pub struct Row {
    pub work: Work,
    pub size: Size,
    pub sample: Sample,
    /// The median's ratio to that of `/bin/true`.
    pub ratio: f64,
    pub instructions: Option<u64>,
    /// The most memory that it had at once (max RSS), in KiB.
    pub peak: Option<u32>,
}

impl Group {
    pub const ALL: [Group; 7] = [
        Group::Doors,
        Group::Growth(Work::GROWING[0]),
        Group::Growth(Work::GROWING[1]),
        Group::Growth(Work::GROWING[2]),
        Group::Growth(Work::GROWING[3]),
        Group::Growth(Work::GROWING[4]),
        Group::Growth(Work::GROWING[5]),
    ];

    /// The first is `/bin/true`.
    fn cases(self) -> Vec<(Work, Size)> {
        let base = [(Work::True, Size::ALONE)].into_iter();
        match self {
            Group::Doors => {
                let doors = [Work::GROWING.as_slice(), &[Work::ExportColdOnDisk]].concat();
                base.chain(doors.into_iter().map(|work| (work, Size::ALONE))).collect()
            }
            Group::Growth(work) => base.chain(Size::ALL.map(|size| (work, size))).collect(),
        }
    }

    /// What is held to the hundredth is measured longer.
    fn patience(self) -> Duration {
        Duration::from_millis(match self {
            Group::Doors => 6_000,
            Group::Growth(Work::ExportWarm | Work::GetWarm | Work::ExportCold) => 4_000,
            Group::Growth(_) => 1_500,
        })
    }

    /// Measures for the usual time, times the pace.
    pub fn measure(self, world: &World, pace: f64) -> Vec<Row> {
        let cases = self.cases();
        let mut scenarios: Vec<Scenario<'_>> = cases.iter().map(|(work, size)| world.scenario(*work, *size)).collect();
        let samples = interleave(&mut scenarios, self.patience().mul_f64(pace));
        let base = samples[0];
        let row = |((work, size), sample): ((Work, Size), Sample)| Row {
            work,
            size,
            sample,
            ratio: sample.ratio(&base),
            instructions: None,
            peak: None,
        };
        cases.into_iter().zip(samples).map(row).collect()
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Group::Doors => write!(f, "every command, five services"),
            Group::Growth(work) => write!(f, "{work}, as it grows"),
        }
    }
}
