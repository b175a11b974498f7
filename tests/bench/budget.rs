//! What CI holds, in ratios of one run.

use crate::count;
use crate::group::Group;
use crate::report::Report;
use crate::size::Size;
use crate::work::{Work, World};

/// The most that something may take.
struct Budget {
    name: &'static str,
    measure: Measure,
    allowed: f64,
}

#[derive(Clone, Copy)]
enum Measure {
    /// In the first checkout of a machine, to `/bin/true`.
    Ratio(Work),
    /// The dearest size to the cheapest.
    Flat(Work),
    /// The second size to the first.
    Growth(Work, Size, Size),
    /// The most memory, in MB.
    Peak(Work),
}

const BUDGETS: [Budget; 10] = [
    held("export --auto, warm: times /bin/true", Measure::Ratio(Work::ExportWarm), 1.25),
    held("get SERVICE -q, warm: times /bin/true", Measure::Ratio(Work::GetWarm), 1.25),
    held("export --auto, no memo: times /bin/true", Measure::Ratio(Work::ExportSlow), 5.0),
    held("export --auto, books five services: times /bin/true", Measure::Ratio(Work::ExportCold), 8.0),
    held("--help: times /bin/true", Measure::Ratio(Work::Help), 3.0),
    held("export --auto, warm: the dearest size to the cheapest", Measure::Flat(Work::ExportWarm), 1.1),
    held("get SERVICE -q, warm: the dearest size to the cheapest", Measure::Flat(Work::GetWarm), 1.1),
    held(
        "export --auto, books five services: 40,000 held ports to 10",
        Measure::Growth(Work::ExportCold, Size::SMALL, Size::LARGE),
        2.0,
    ),
    held("export --auto, warm: MB of memory", Measure::Peak(Work::ExportWarm), 3.0),
    held("get SERVICE -q, warm: MB of memory", Measure::Peak(Work::GetWarm), 3.0),
];

const fn held(name: &'static str, measure: Measure, allowed: f64) -> Budget {
    Budget { name, measure, allowed }
}

impl Measure {
    fn group(self) -> Group {
        match self {
            Measure::Ratio(_) | Measure::Peak(_) => Group::Doors,
            Measure::Flat(work) | Measure::Growth(work, ..) => Group::Growth(work),
        }
    }

    fn read(self, report: &Report) -> f64 {
        let ratio = |work: Work, size: Size| report.row(self.group(), work, size).ratio;
        match self {
            Measure::Ratio(work) => ratio(work, Size::ALONE),
            Measure::Growth(work, from, to) => ratio(work, to) / ratio(work, from),
            Measure::Flat(work) => {
                let ratios = Size::ALL.map(|size| ratio(work, size));
                ratios.into_iter().fold(0.0, f64::max) / ratios.into_iter().fold(f64::INFINITY, f64::min)
            }
            Measure::Peak(work) => {
                let peak = report.row(Group::Doors, work, Size::ALONE).peak;
                f64::from(peak.expect("memory is measured by GNU time: install the package `time`")) * 1024.0 / 1e6
            }
        }
    }
}

/// Where the middle half of the runs of `/bin/true` lies further apart, in parts of the median, others are at work on
/// the machine, and what waits for them pulls every ratio towards 1.
const CALM: f64 = 0.5;

/// Prints every budget and what was measured. What is exceeded, or was measured on a busy machine, is measured once
/// more, for twice the time, and the second figure counts; where that is exceeded, the answer is `false`.
pub fn hold(world: &World, report: &mut Report, pace: f64) -> bool {
    let doubtful = |budget: &Budget, report: &Report| {
        report.base(budget.measure.group()).sample.spread > CALM || budget.measure.read(report) > budget.allowed
    };
    let first = BUDGETS.map(|budget| (budget.measure.read(report), doubtful(&budget, report)));
    for group in Group::ALL {
        if BUDGETS.iter().zip(first).any(|(budget, (_, doubtful))| doubtful && budget.measure.group() == group) {
            eprintln!("measuring again: {group}");
            let mut rows = group.measure(world, 2.0 * pace);
            count::add_peaks(world, &mut rows);
            report.add(group, rows);
        }
    }
    println!("Budgets:\n");
    let checks = BUDGETS.iter().zip(first).map(|(budget, (first, doubtful))| budget.check(first, doubtful, report));
    let failed = checks.filter(|held| !held).count();
    if failed > 0 {
        println!("\n{failed} of {} budgets exceeded, measured twice", BUDGETS.len());
    }
    failed == 0
}

impl Budget {
    fn check(&self, first: f64, doubtful: bool, report: &Report) -> bool {
        let Budget { name, allowed, measure } = self;
        if !doubtful {
            println!("  ok      {name}: {first:.2}, allowed {allowed:.2}");
            return true;
        }
        let second = measure.read(report);
        let outcome = if second <= *allowed { "ok    " } else { "FAILED" };
        println!("  {outcome}  {name}: {first:.2}, then {second:.2}, allowed {allowed:.2}");
        second <= *allowed
    }
}
