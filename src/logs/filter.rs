//! Which lines are shown.

use anyhow::{Result, anyhow};
use regex::bytes::{Regex, RegexBuilder};

use super::escapes::without_escapes;
use super::{Level, Line};

/// Bytes that a compiled pattern may take; `\w{500}` takes a tenth.
const SIZE_LIMIT: usize = 8 * 1024 * 1024;

/// Groups within each other.
const DEPTH_LIMIT: u32 = 100;

/// A compiled `--grep`.
pub type Pattern = Regex;

/// What a line must be and hold; the default lets all pass.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The least grave level that is shown.
    pub level: Option<Level>,
    /// See [`pattern`].
    pub grep: Option<Pattern>,
}

impl Filter {
    /// Whether the line is shown; `level` is what [`super::Levels::level`] says of it. A line of unknown level is not,
    /// where a level is asked for. The pattern sees neither escape sequences nor the carriage return at the end.
    pub fn keeps(&self, line: &Line, level: Option<Level>) -> bool {
        let is_grave = self.level.is_none_or(|least| level.is_some_and(|level| level >= least));
        is_grave && self.grep.as_ref().is_none_or(|regex| regex.is_match(&without_escapes(line.content())))
    }
}

/// Compiles what `--grep` gives. Matching takes time linear in the line, whatever the pattern.
///
/// # Errors
/// It is no regular expression (the message says what is wrong, and at which character), or one too large.
pub fn pattern(text: &str) -> Result<Pattern> {
    RegexBuilder::new(text)
        .size_limit(SIZE_LIMIT)
        .dfa_size_limit(SIZE_LIMIT)
        .nest_limit(DEPTH_LIMIT)
        .build()
        .map_err(|error| anyhow!("`{}` is no pattern: {}", shown(text), reason(text, &error)))
}

/// regex tells its reason on several lines, with an arrow under the place; here it has to be a sentence.
fn reason(text: &str, error: &regex::Error) -> String {
    use regex_syntax::Error;
    if let regex::Error::CompiledTooBig(_) = error {
        return "it repeats too much, and would fill the memory".to_owned();
    }
    let parsed = regex_syntax::ParserBuilder::new().utf8(false).nest_limit(DEPTH_LIMIT).build().parse(text);
    let (what, span) = match &parsed {
        Err(Error::Parse(error)) => (error.kind().to_string(), *error.span()),
        Err(Error::Translate(error)) => (error.kind().to_string(), *error.span()),
        _ => return "it cannot be read".to_owned(),
    };
    let place = text.get(..span.start.offset).map_or(0, |before| before.chars().count()) + 1;
    format!("{what} (at character {place})")
}

/// No more of the pattern than fits into a message.
fn shown(text: &str) -> String {
    const FITS: usize = 60;
    match text.char_indices().nth(FITS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::source;
    use super::*;

    #[test]
    fn a_line_passes_or_does_not() {
        #[track_caller]
        fn check(least: Option<Level>, grep: Option<&str>, text: &[u8], level: Option<Level>, expected: bool) {
            let filter = Filter { level: least, grep: grep.map(|text| pattern(text).unwrap()) };
            let line = Line { source: source("web"), stamp: None, text: text.to_vec(), left_out: 0 };
            assert_eq!(filter.keeps(&line, level), expected, "{least:?} {grep:?} {}", text.escape_ascii());
        }
        check(None, None, b"", None, true);
        check(Some(Level::Warn), None, b"x", Some(Level::Warn), true);
        check(Some(Level::Warn), None, b"x", Some(Level::Fatal), true);
        check(Some(Level::Warn), None, b"x", Some(Level::Info), false);
        check(Some(Level::Trace), None, b"x", None, false);
        check(None, Some("red"), b"\x1b[31mr\x1b[0med", None, true);
        check(None, Some("31m"), b"\x1b[31mred", None, false);
        check(None, Some("end$"), b"the end\r", None, true);
        check(None, Some("(?i)ERR\u{f6}R"), "err\u{d6}r".as_bytes(), None, true);
        check(None, Some(r"^\d+\s\w+$"), "12 \u{fc}ber".as_bytes(), None, true);
        check(None, Some(r"a.b"), b"\xff a\xc3\xa9b \xfe", None, true);
        check(None, Some(r"(?-u:\xff)"), b"\xff", None, true);
        check(Some(Level::Error), Some("x"), b"y", Some(Level::Error), false);
    }

    #[test]
    fn a_wrong_pattern_is_told_at_its_place() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(pattern(text).unwrap_err().to_string(), expected);
        }
        check("foo(", "`foo(` is no pattern: unclosed group (at character 4)");
        check(
            "\u{fc}\u{fc}[z-a]",
            "`\u{fc}\u{fc}[z-a]` is no pattern: invalid character class range, the start must be <= the end (at character 4)",
        );
        check("*a", "`*a` is no pattern: repetition operator missing expression (at character 1)");
        check(r"(a)\1", r"`(a)\1` is no pattern: backreferences are not supported (at character 4)");
        check(r"\p{Foo}", r"`\p{Foo}` is no pattern: Unicode property not found (at character 1)");
        let nested = "(".repeat(500);
        let opened = "(".repeat(60) + "…";
        let reason = "exceed the maximum number of nested parentheses/brackets (100) (at character 101)";
        check(&(nested + &")".repeat(500)), &format!("`{opened}` is no pattern: {reason}"));
        check(r"(\w{1000}){1000}", r"`(\w{1000}){1000}` is no pattern: it repeats too much, and would fill the memory");
    }
}
