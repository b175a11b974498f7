//! What long work looks like: a spinner on a terminal, plain lines elsewhere.

use std::io;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::ui::{Ui, printable};
use crate::lifecycle::Event;
use crate::sys::env;

/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// Shows events as they come; the spinner goes when this is dropped.
pub(super) struct Progress<'a> {
    ui: &'a Ui,
    /// `None` where stderr is no terminal.
    spinner: Option<ProgressBar>,
    phase: String,
}

impl<'a> Progress<'a> {
    pub(super) fn new(ui: &'a Ui) -> Progress<'a> {
        let is_terminal = env::is_terminal(&io::stderr()) && env::var("TERM").is_none_or(|terminal| terminal != "dumb");
        Progress { ui, spinner: is_terminal.then(spinner), phase: String::new() }
    }

    pub(super) fn tell(&mut self, event: Event<'_>) {
        match event {
            Event::Booked => {}
            Event::Phase(phase) => self.begin(phase),
            Event::Line(line) => self.line(&String::from_utf8_lossy(line)),
            Event::Note(text) => self.above(|ui| ui.note(text)),
            Event::Warning(text) => self.above(|ui| ui.warn(text)),
        }
    }

    /// What goes on, for who sits at a terminal; elsewhere it is soon over.
    pub(super) fn hint(&self, text: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(printable(text));
        }
    }

    fn begin(&mut self, phase: &str) {
        self.phase = printable(phase);
        match &self.spinner {
            Some(spinner) => spinner.set_message(self.phase.clone()),
            None => self.ui.note(phase),
        }
    }

    fn line(&self, line: &str) {
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        match &self.spinner {
            Some(spinner) => spinner.set_message(format!("{}: {}", self.phase, printable(line))),
            None => self.ui.note(&format!("  {line}")),
        }
    }

    /// What stays on the screen stands above the spinner.
    fn above(&self, say: impl FnOnce(&Ui)) {
        match &self.spinner {
            Some(spinner) => spinner.suspend(|| say(self.ui)),
            None => say(self.ui),
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}

fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(TICK);
    spinner
}
