//! Figures as a reader likes them, and tables in Markdown.

use std::time::Duration;

pub fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// 1234567 as "1,234,567".
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

/// A table in Markdown, whose columns align in a terminal too: words (and what names the row) to the left, figures to
/// the right.
pub fn table(rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| cell.replace('|', "\\|")).collect()).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let is_figure = |cell: &String| cell.is_empty() || cell.starts_with(|first: char| first.is_ascii_digit());
    let is_figures = |column: usize| column > 0 && rows[1..].iter().all(|row| is_figure(&row[column]));
    let columns: Vec<(usize, bool)> = (0..rows[0].len()).map(|column| (width(column), is_figures(column))).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&columns).map(|(cell, (width, figures))| match figures {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    let rules = columns.iter().map(|(width, figures)| match figures {
        true => format!("{}:", "-".repeat(width + 1)),
        false => "-".repeat(width + 2),
    });
    lines.insert(1, format!("|{}|\n", rules.collect::<Vec<_>>().join("|")));
    lines.concat()
}
