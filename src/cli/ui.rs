//! Every byte that the program says: data on stdout, narration on stderr, prompts on the terminal.

use std::io::{self, BufRead, IsTerminal, Write};

use anyhow::Result;
use serde::Serialize;
use tabled::builder::Builder;
use tabled::settings::{Padding, Style};

use super::failure::Failure;
use crate::sys::env;

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
}

/// ANSI styles, by what they say.
#[derive(Clone, Copy, Debug)]
pub enum Paint {
    Good,
    Bad,
    Attention,
    Dim,
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
        Ui { color, quiet: false, json: false }
    }

    /// From here on narration is left out.
    pub fn be_quiet(&mut self, quiet: bool) {
        self.quiet |= quiet;
    }

    /// From here on failures are told in JSON.
    pub fn speak_json(&mut self, json: bool) {
        self.json |= json;
    }

    /// Data, as it is.
    ///
    /// # Errors
    /// stdout is closed or full.
    pub fn data(&self, bytes: &[u8]) -> Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        Ok(out.flush()?)
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

    /// Rows under a header, in columns.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn table(&self, header: &[&str], rows: Vec<Vec<String>>) -> Result<()> {
        let mut builder = Builder::with_capacity(rows.len() + 1, header.len());
        builder.push_record(header.iter().map(|title| self.paint(Paint::Dim, &title.to_uppercase())));
        for row in rows {
            builder.push_record(row.iter().map(|cell| printable(cell)));
        }
        let mut table = builder.build();
        table.with(Style::empty()).with(Padding::new(0, 2, 0, 0));
        self.line(&without_filling(&table.to_string()))
    }

    /// What happened, for a person.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            say(&format!("gantry: {}", printable(text)));
        }
    }

    /// Something wrong that did not stop the command.
    pub fn warn(&self, text: &str) {
        say(&format!("{}: {}", self.paint_err(Paint::Attention, "warning"), printable(text)));
    }

    /// Why the command failed, and the way out.
    pub fn fail(&self, failure: &Failure) {
        if self.json {
            say(&failure.to_json());
            return;
        }
        say(&format!("{}: {}", self.paint_err(Paint::Bad, "error"), printable(&failure.message)));
        if let Some(hint) = &failure.hint {
            say(&format!("{}: {}", self.paint_err(Paint::Dim, "hint"), printable(hint)));
        }
    }

    /// Whether somebody sits there who can be asked.
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal()
    }

    /// Asks on the terminal; everything but a yes is a no.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        let mut err = io::stderr().lock();
        write!(err, "{question} [y/N] ")?;
        err.flush()?;
        let mut answer = String::new();
        io::stdin().lock().read_line(&mut answer)?;
        Ok(matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"))
    }

    /// The text in a colour, where stdout takes colours.
    pub fn paint(&self, paint: Paint, text: &str) -> String {
        painted(self.takes_color(&io::stdout()), paint, text)
    }

    fn paint_err(&self, paint: Paint, text: &str) -> String {
        painted(self.takes_color(&io::stderr()), paint, text)
    }

    fn takes_color(&self, stream: &impl IsTerminal) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                stream.is_terminal()
                    && env::var("NO_COLOR").is_none()
                    && env::var("TERM").is_none_or(|terminal| terminal != "dumb")
            }
        }
    }
}

/// A closed stderr is nobody's concern: there is nowhere left to tell it.
fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
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

/// The text without what could steer a terminal: names come from compose files and branches of strangers. Colours that
/// this room put there stay.
fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let style =
            ["\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"].into_iter().find(|it| rest.starts_with(it));
        let taken = match style {
            Some(style) => {
                shown.push_str(style);
                style.len()
            }
            None if character.is_control() && character != '\n' => {
                shown.extend(character.escape_default());
                character.len_utf8()
            }
            None => {
                shown.push(character);
                character.len_utf8()
            }
        };
        rest = &rest[taken..];
    }
    shown
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
    fn nothing_steers_the_terminal() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(printable(text), expected);
        }
        check("plain", "plain");
        check("\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m");
        check("\x1b]0;title\x07", "\\u{1b}]0;title\\u{7}");
        check("a\rb", "a\\rb");
    }
}
