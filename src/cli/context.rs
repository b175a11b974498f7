//! `gantry context`.

use anyhow::Result;
use serde::Serialize;

use super::ui::Ui;
use crate::app::App;
use crate::context::{hash_of, is_checkout_of};
use crate::registry::contexts;
use crate::resolve::judge;

/// Show which context this directory is, and who shares its remote and branch
///
/// A context is this repository and this branch, in this checkout. Ports belong to it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry context
  gantry context --json | jq -r .hash";

#[derive(Serialize)]
struct Answer {
    hash: String,
    path: String,
    label: String,
    remote: Option<String>,
    branch: Option<String>,
    subdir: Option<String>,
    /// The paths of the other live checkouts.
    shared_with: Vec<String>,
}

/// Looks; books nothing.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let context = app.context()?.clone();
    let (hash, rivals) = match app.existing_registry()? {
        Some(registry) => registry.read(|reader| {
            let hash = judge(reader, &context)?.hash().clone();
            Ok((hash, contexts::of_identity(reader, &context.identity)?))
        })?,
        None => (hash_of(&context.identity), Vec::new()),
    };
    let is_other = |path: &std::path::Path| path != context.root && is_checkout_of(path, context.remote.as_deref());
    let mut shared_with: Vec<String> =
        rivals.iter().filter(|row| is_other(&row.path)).map(|row| row.path.display().to_string()).collect();
    shared_with.sort_unstable();
    let answer = Answer {
        hash: hash.to_string(),
        path: context.root.display().to_string(),
        label: context.label,
        remote: context.remote,
        branch: context.branch,
        subdir: context.subdir,
        shared_with,
    };
    if args.json { ui.json(&answer) } else { answer.print(ui) }
}

impl Answer {
    fn print(&self, ui: &Ui) -> Result<()> {
        let none = || "-".to_owned();
        let mut rows = vec![
            ("hash", self.hash.clone()),
            ("path", self.path.clone()),
            ("label", self.label.clone()),
            ("remote", self.remote.clone().unwrap_or_else(none)),
            ("branch", self.branch.clone().unwrap_or_else(none)),
        ];
        rows.extend(self.subdir.clone().map(|subdir| ("subdir", subdir)));
        rows.extend(self.shared_with.iter().map(|path| ("shared with", path.clone())));
        let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in rows {
            ui.text_line(&format!("{name:width$}  {value}"))?;
        }
        Ok(())
    }
}
