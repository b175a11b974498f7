//! What was measured, as tables in Markdown and as JSON.

use std::fmt;

use serde_json::{Value, json};

use crate::group::{Group, Row};
use crate::size::Size;
use crate::table::{microseconds, table, thousands};
use crate::work::Work;

/// The rows of every group that has been measured.
#[derive(Default)]
pub struct Report {
    groups: Vec<(Group, Vec<Row>)>,
}

impl Report {
    /// Adds a group, or replaces what was measured of it before.
    pub fn add(&mut self, group: Group, rows: Vec<Row>) {
        self.groups.retain(|(other, _)| *other != group);
        self.groups.push((group, rows));
    }

    fn rows(&self, group: Group) -> &[Row] {
        self.groups.iter().find(|(other, _)| *other == group).map_or(&[], |(_, rows)| rows)
    }

    /// `/bin/true`, as it was measured with the group.
    pub fn base(&self, group: Group) -> &Row {
        self.rows(group).first().expect("every group is measured")
    }

    pub fn row(&self, group: Group, work: Work, size: Size) -> &Row {
        self.rows(group).iter().find(|row| row.work == work && row.size == size).expect("every group is measured")
    }

    pub fn json(&self) -> Value {
        let row = |(group, row): (&Group, &Row)| {
            let Size { contexts, ports, services } = row.size;
            json!({
                "group": group.to_string(),
                "command": row.work.to_string(),
                "size": {"other_contexts": contexts, "held_ports": ports, "services": services},
                "runs": row.sample.runs,
                "median_us": microseconds(row.sample.median),
                "spread": row.sample.spread,
                "ratio": row.ratio,
                "instructions": row.instructions,
                "peak_kib": row.peak,
            })
        };
        let rows = self.groups.iter().flat_map(|(group, rows)| rows.iter().map(move |one| (group, one)));
        json!({"format_version": 1, "rows": rows.map(row).collect::<Vec<_>>()})
    }

    fn doors(&self) -> Vec<Vec<String>> {
        let heads = ["", "x /bin/true", "median", "spread", "instructions", "memory"].map(str::to_owned);
        let row = |row: &Row| {
            vec![
                row.work.to_string(),
                format!("{:.2}", row.ratio),
                format!("{:.0} µs", microseconds(row.sample.median)),
                format!("{:.0} %", row.sample.spread * 100.0),
                row.instructions.map_or_else(String::new, thousands),
                row.peak.map_or_else(String::new, |kibibytes| format!("{:.1} MB", f64::from(kibibytes) * 1024.0 / 1e6)),
            ]
        };
        std::iter::once(heads.to_vec()).chain(self.rows(Group::Doors).iter().map(row)).collect()
    }

    /// Sizes down, commands across.
    fn growth(&self, cell: impl Fn(&Row) -> Option<String>) -> Vec<Vec<String>> {
        let heads = std::iter::once(String::new()).chain(Work::GROWING.map(|work| work.to_string()));
        let line = |size: Size| {
            let cells = Work::GROWING.map(|work| cell(self.row(Group::Growth(work), work, size)).unwrap_or_default());
            std::iter::once(size.to_string()).chain(cells).collect()
        };
        std::iter::once(heads.collect()).chain(Size::ALL.map(line)).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", table(&self.doors()))?;
        writeln!(
            f,
            "As it grows, times /bin/true:\n\n{}",
            table(&self.growth(|row| Some(format!("{:.2}", row.ratio))))
        )?;
        let counts = |row: &Row| row.instructions.map(thousands);
        if self
            .groups
            .iter()
            .any(|(group, rows)| *group != Group::Doors && rows.iter().any(|row| counts(row).is_some()))
        {
            writeln!(f, "As it grows, instructions:\n\n{}", table(&self.growth(counts)))?;
        }
        Ok(())
    }
}
