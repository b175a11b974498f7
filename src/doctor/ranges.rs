//! The ranges: whether there is room in them, and whether the kernel gives their ports to anybody.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::allocator::default_range;
use crate::app::App;
use crate::listeners::ephemeral_range;
use crate::model::{Finding, Kind, PortRange, PortSet, Verdict};
use crate::registry::{allocations, ranges, reserves};

/// Ports left at which it is time to say so, of a hundred.
const FEW: usize = 5;

pub(super) fn look(app: &mut App) -> Result<Vec<Finding>> {
    let defaults = Kind::ALL.into_iter().map(|kind| (kind.as_str().to_owned(), default_range(&kind)));
    let mut all: BTreeMap<String, PortRange> = defaults.collect();
    let mut held = PortSet::default();
    let mut set = BTreeSet::new();
    if let Some(registry) = app.existing_registry()? {
        let own = registry.read(ranges::all)?;
        set.extend(own.iter().map(|(name, _)| name.clone()));
        all.extend(own);
        let rows = registry.read(allocations::all)?;
        rows.iter().for_each(|row| held.insert(row.port.number()));
        let reserved = registry.read(reserves::all)?;
        reserved.iter().flat_map(|range| range.start.number()..=range.end.number()).for_each(|it| held.insert(it));
    }
    let mut findings: Vec<Finding> = all.iter().filter_map(|(name, range)| room_in(name, *range, &held)).collect();
    findings.extend(ephemeral_range().iter().flat_map(|kernels| overlaps(&all, &set, *kernels)));
    if findings.iter().all(|finding| finding.verdict == Verdict::Good) {
        findings.insert(0, Finding::good("ranges", format!("there is room in all {}", all.len())));
    }
    Ok(findings)
}

fn room_in(name: &str, range: PortRange, held: &PortSet) -> Option<Finding> {
    let numbers = range.start.number()..=range.end.number();
    let (size, used) = (numbers.len(), numbers.filter(|number| held.contains(*number)).count());
    let left = size - used;
    let mend =
        format!("`gantry prune` gives back what nobody needs, `gantry config --set-range {name}:START-END` widens it");
    let text = format!("{range}: {used} of {size} ports are held or reserved");
    (left * 100 <= size * FEW).then(|| Finding::bad(&format!("range {name}"), text, mend))
}

/// What the kernel gives to outgoing connections may be taken at any moment, and gantry gives none of it but from a range
/// that was set there on purpose.
fn overlaps(ranges: &BTreeMap<String, PortRange>, set: &BTreeSet<String>, kernels: PortRange) -> Vec<Finding> {
    let meets = |range: &PortRange| range.start <= kernels.end && kernels.start <= range.end;
    let found = ranges.iter().filter(|(_, range)| meets(range)).map(|(name, range)| {
        let subject = format!("range {name}");
        let text = format!("{range} meets {kernels}, from which the kernel serves outgoing connections");
        if set.contains(name) {
            return Finding::good(&subject, format!("{text}; it was set so"));
        }
        let mend = format!("`gantry config --set-range {name}:START-END` with other ports");
        Finding::bad(&subject, format!("{text}: gantry gives none of those"), mend)
    });
    found.collect()
}
