//! Every byte that the program says: data on stdout, narration on stderr, prompts on the terminal.

use std::cell::RefCell;
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::fd::AsFd;

use anyhow::Result;
use inquire::ui::RenderConfig;
use inquire::{InquireError, Text};
use serde::Serialize;
use tabled::builder::Builder;
use tabled::settings::{Padding, Style};

use super::failure::{Failure, Silent};
use crate::memo::Answer;
use crate::model::steers_terminal;
use crate::sys::env;

/// The number of the signal that Ctrl-C sends.
const SIGINT: u8 = 2;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Also into files and pipes.
    Always,
    /// Not even on a terminal.
    Never,
}

/// The user's side of the program.
#[derive(Debug)]
pub struct Ui {
    color: Color,
    /// Narration is left out.
    quiet: bool,
    /// Failures are told in JSON.
    json: bool,
    /// Nothing of what is printed is kept.
    endless: bool,
    /// What was printed, for the memo.
    said: RefCell<Answer>,
}

/// ANSI styles, by what they say.
#[derive(Clone, Copy, Debug)]
pub enum Paint {
    Good,
    Bad,
    Attention,
    Dim,
}

/// A cell of a table: a word of gantry's own in its colour, then text that may be a stranger's.
#[derive(Clone, Debug, Default)]
pub struct Cell {
    styled: Option<(Paint, &'static str)>,
    text: String,
}

/// What every `--json` answer starts with.
#[derive(Serialize)]
struct Envelope<'a, T> {
    format_version: u32,
    #[serde(flatten)]
    answer: &'a T,
}

impl Ui {
    pub fn new(color: Color) -> Ui {
        Ui { color, quiet: false, json: false, endless: false, said: RefCell::default() }
    }

    /// From here on narration is left out.
    pub fn be_quiet(&mut self, quiet: bool) {
        self.quiet |= quiet;
    }

    /// From here on failures are told in JSON.
    pub fn speak_json(&mut self, json: bool) {
        self.json |= json;
    }

    /// From here on what is printed is not kept: there is no end to it.
    pub fn speak_endlessly(&mut self) {
        self.endless = true;
    }

    /// Everything that was printed.
    pub fn into_said(self) -> Answer {
        self.said.into_inner()
    }

    /// Data, as it is.
    ///
    /// # Errors
    /// stdout is closed or full.
    pub fn data(&self, bytes: &[u8]) -> Result<()> {
        if !self.endless {
            self.said.borrow_mut().stdout.extend(bytes);
        }
        self.stream(bytes)
    }

    /// Data of which there may be much: it is not remembered for the memo.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn stream(&self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(lost)
    }

    /// Whether data may be coloured.
    pub fn colors_data(&self) -> bool {
        self.takes_color(&io::stdout())
    }

    /// A line of data.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn line(&self, text: &str) -> Result<()> {
        self.data(format!("{text}\n").as_bytes())
    }

    /// A line for a person: what could steer the terminal is escaped.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn text_line(&self, text: &str) -> Result<()> {
        self.line(&printable(text))
    }

    /// One object with `"format_version": 1`.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn json(&self, answer: &impl Serialize) -> Result<()> {
        self.line(&serde_json::to_string_pretty(&Envelope { format_version: 1, answer })?)
    }

    /// As [`Ui::json`], on one line: one of many answers.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn json_line(&self, answer: &impl Serialize) -> Result<()> {
        self.line(&serde_json::to_string(&Envelope { format_version: 1, answer })?)
    }

    /// Empties the terminal's screen, where stdout is one that can be told so; says whether it is.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn clear(&self) -> Result<bool> {
        let is_screen = env::is_terminal(&io::stdout()) && env::var("TERM").is_none_or(|terminal| terminal != "dumb");
        if is_screen {
            self.data(b"\x1b[H\x1b[2J")?;
        }
        Ok(is_screen)
    }

    /// Rows under a header, in columns.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn table<C: Into<Cell>>(&self, header: &[&str], rows: Vec<Vec<C>>) -> Result<()> {
        let mut builder = Builder::with_capacity(rows.len() + 1, header.len());
        builder.push_record(header.iter().map(|title| self.paint(Paint::Dim, &title.to_uppercase())));
        for row in rows {
            builder.push_record(row.into_iter().map(|cell| self.cell(&cell.into())));
        }
        let mut table = builder.build();
        table.with(Style::empty()).with(Padding::new(0, 2, 0, 0));
        self.line(&without_filling(&table.to_string()))
    }

    /// What happened, for a person.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.say(&format!("gantry: {}", readable(text)));
        }
    }

    /// Something wrong that did not stop the command.
    pub fn warn(&self, text: &str) {
        self.say(&format!("{}: {}", self.paint_err(Paint::Attention, "warning"), readable(text)));
    }

    /// Why the command failed, and the way out.
    pub fn fail(&self, failure: &Failure) {
        if self.json {
            self.say(&failure.to_json());
            return;
        }
        self.say(&format!("{}: {}", self.paint_err(Paint::Bad, "error"), readable(&failure.message)));
        if let Some(hint) = &failure.hint {
            self.say(&format!("{}: {}", self.paint_err(Paint::Dim, "hint"), readable(hint)));
        }
    }

    /// Whether somebody sits there who can be asked.
    pub fn can_ask(&self) -> bool {
        env::is_terminal(&io::stdin())
    }

    /// Asks on the terminal; everything but a yes is a no.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        let mut err = io::stderr().lock();
        write!(err, "{} [y/N] ", printable(question))?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
    }

    /// Asks for a text on the terminal, with a default that can be edited; `None` where the user gave up (Escape,
    /// Ctrl-D). `check` says what is wrong with a text.
    ///
    /// # Errors
    /// Ctrl-C, as [`Silent`]; the terminal is gone.
    pub fn ask(
        &self,
        question: &str,
        default: &str,
        check: &dyn Fn(&str) -> std::result::Result<(), String>,
    ) -> Result<Option<String>> {
        let question = format!("{}:", printable(question));
        let style = match self.takes_color(&io::stderr()) {
            true => RenderConfig::default_colored(),
            false => RenderConfig::empty(),
        };
        let mut typed = default.to_owned();
        loop {
            let asked = Text::new(&question).with_initial_value(&typed).with_render_config(style).prompt();
            let text = match asked {
                Ok(text) => text.trim().to_owned(),
                Err(InquireError::OperationCanceled) => return Ok(None),
                // As the signal would have ended it, which the prompt keeps from the program.
                Err(InquireError::OperationInterrupted) => return Err(Silent(128 + SIGINT).into()),
                Err(error) => return Err(error.into()),
            };
            match check(&text) {
                Ok(()) => return Ok(Some(text)),
                Err(wrong) => self.warn(&wrong),
            }
            typed = text;
        }
    }

    /// A closed stderr is nobody's concern: there is nowhere left to tell it.
    fn say(&self, text: &str) {
        let line = format!("{text}\n");
        if !self.endless {
            self.said.borrow_mut().stderr.extend(line.as_bytes());
        }
        let _ = io::stderr().lock().write_all(line.as_bytes());
    }

    fn cell(&self, cell: &Cell) -> String {
        let styled = cell.styled.map(|(paint, text)| self.paint(paint, text)).unwrap_or_default();
        styled + &printable(&cell.text)
    }

    /// The text in a colour, where stdout takes colours.
    fn paint(&self, paint: Paint, text: &str) -> String {
        painted(self.takes_color(&io::stdout()), paint, text)
    }

    fn paint_err(&self, paint: Paint, text: &str) -> String {
        painted(self.takes_color(&io::stderr()), paint, text)
    }

    fn takes_color(&self, stream: &(impl IsTerminal + AsFd)) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                env::is_terminal(stream)
                    && env::var("NO_COLOR").is_none()
                    && env::var("TERM").is_none_or(|terminal| terminal != "dumb")
            }
        }
    }
}

impl Cell {
    pub fn styled(paint: Paint, word: &'static str, text: String) -> Cell {
        Cell { styled: Some((paint, word)), text }
    }

    /// The cell with more text behind it.
    pub fn followed_by(mut self, text: &str) -> Cell {
        self.text += text;
        self
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Cell {
        Cell { styled: None, text }
    }
}

/// What is said where stdout is closed or full.
pub(super) fn lost(error: io::Error) -> anyhow::Error {
    anyhow::Error::from(error).context("standard output cannot be written")
}

fn painted(takes_color: bool, paint: Paint, text: &str) -> String {
    let code = match paint {
        Paint::Good => 32,
        Paint::Bad => 31,
        Paint::Attention => 33,
        Paint::Dim => 2,
    };
    if takes_color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// The text on one line, without what could steer a terminal or turn the order of what it shows: names come from
/// compose files and branches of strangers.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if steers_terminal(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A message of a length that somebody reads: a stranger's file may have put a megabyte into it.
fn readable(text: &str) -> String {
    const FITS: usize = 2_000;
    match text.char_indices().nth(FITS) {
        Some((end, _)) => printable(&text[..end]) + "…",
        None => printable(text),
    }
}

/// The lines without the blanks that fill their last column.
fn without_filling(table: &str) -> String {
    let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_an_end() {
        let endless = "é".repeat(100_000);
        assert_eq!(readable(&endless), "é".repeat(2_000) + "…");
        assert_eq!(readable("short"), "short");
    }

    #[test]
    fn nothing_steers_the_terminal() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(printable(text), expected);
        }
        check("plain", "plain");
        check("\x1b[31mred\x1b[0m", "\\u{1b}[31mred\\u{1b}[0m");
        check("one\ntwo\u{85}", "one\\ntwo\\u{85}");
        check("abc\u{202e}fed", "abc\\u{202e}fed");
        check("süß 日本 \u{1f980}", "süß 日本 \u{1f980}");
        check("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}");
        check("a\rb", "a\\rb");
    }
}
