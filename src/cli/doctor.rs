//! `gantry doctor`.

use anyhow::Result;
use serde::Serialize;

use super::failure::{FAILED, Failure, Silent};
use super::progress::Progress;
use super::ui::{Cell, Paint, Ui};
use crate::app::App;
use crate::doctor::{Section, examine};
use crate::model::{Finding, Verdict};

/// Look at the whole set-up: what is good, what is bad and how to mend it, what is not set up
///
/// Changes nothing. The registry, the ranges, direnv, the engine, DNS, the proxy and the certificates, with what trusts
/// them; Java may take a second or two of it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry doctor
  gantry doctor --json | jq -r '.sections[].findings[] | select(.verdict == \"bad\") | .mend'

Exit status: 1 where something is bad.";

#[derive(Serialize)]
struct Answer {
    is_good: bool,
    sections: Vec<Section>,
}

/// Looks, tells; changes nothing.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let mut sections = {
        let progress = Progress::new(ui);
        examine(app, &mut |section| progress.hint(&format!("looking at: {section}")))
    };
    let mut told: Vec<String> = Vec::new();
    for section in &mut sections {
        if let Some(error) = section.failure.take() {
            let Failure { message: text, hint: mend, .. } = Failure::of(&error);
            let finding = match told.contains(&text) {
                // It has been told where it belongs, with what mends it.
                true => Finding::not_set_up(section.name, "unknown until that is mended", "see above"),
                false => Finding { subject: section.name.to_owned(), verdict: Verdict::Bad, text: text.clone(), mend },
            };
            told.push(text);
            section.findings.push(finding);
        }
    }
    let findings = sections.iter().flat_map(|section| &section.findings);
    let bad = findings.filter(|finding| finding.verdict == Verdict::Bad).count();
    let answer = Answer { is_good: bad == 0, sections };
    if args.json {
        ui.json(&answer)?;
    } else {
        tell(ui, &answer)?;
    }
    if bad == 0 { Ok(()) } else { Err(Silent(FAILED).into()) }
}

fn tell(ui: &Ui, answer: &Answer) -> Result<()> {
    let rows = answer.sections.iter().flat_map(|section| {
        section.findings.iter().enumerate().map(|(index, finding)| {
            let name = if index == 0 { section.name } else { "" };
            let subject =
                if finding.subject == section.name { String::new() } else { format!("{}: ", finding.subject) };
            let (paint, word) = match finding.verdict {
                Verdict::Good => (Paint::Good, "good"),
                Verdict::Bad => (Paint::Bad, "bad"),
                Verdict::NotSetUp => (Paint::Dim, "not set up"),
            };
            let state = Cell::styled(paint, word, String::new());
            let way = finding.mend.as_ref().filter(|_| finding.verdict == Verdict::NotSetUp);
            let way = way.map(|mend| format!(" ({mend})")).unwrap_or_default();
            vec![Cell::from(name.to_owned()), state, Cell::from(format!("{subject}{}{way}", finding.text))]
        })
    });
    ui.table(&["part", "state", "what was found"], rows.collect())?;
    let findings = answer.sections.iter().flat_map(|section| &section.findings);
    for finding in findings.filter(|finding| finding.verdict == Verdict::Bad) {
        if let Some(mend) = finding.mend.as_ref().filter(|mend| !mend.is_empty()) {
            ui.note(&format!("{}: {mend}", finding.subject));
        }
    }
    Ok(())
}
