//! How grave a line is.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;

/// From the least to the gravest, as loggers have them; a "notice" counts as information, an "alert" as fatal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

/// A word that is no level; its `Display` is a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelError(String);

/// The levels' names by which loggers write them, in lower case.
const WORDS: [(Level, &[&str]); 6] = [
    (Level::Trace, &["trace", "trc", "trce", "trac", "finer", "finest", "silly"]),
    (Level::Debug, &["debug", "dbg", "dbug", "debu", "fine", "verbose", "vrb"]),
    (Level::Info, &["info", "inf", "information", "informational", "notice", "note"]),
    (Level::Warn, &["warn", "warning", "wrn"]),
    (Level::Error, &["error", "err", "erro", "eror", "severe"]),
    (
        Level::Fatal,
        &["fatal", "ftl", "fata", "critical", "crit", "crt", "alert", "emerg", "emergency", "panic", "pani", "dpanic"],
    ),
];

impl Level {
    /// The level that a logger means by the word, whatever its case.
    pub(super) fn from_word(word: &[u8]) -> Option<Level> {
        // Postgres numbers what it writes to debug.
        let word = match word {
            [debug @ .., b'1'..=b'5'] if debug.eq_ignore_ascii_case(b"debug") => debug,
            word => word,
        };
        let is_it = |known: &&str| known.as_bytes().eq_ignore_ascii_case(word);
        WORDS.into_iter().find(|(_, words)| words.iter().any(is_it)).map(|(level, _)| level)
    }

    /// The level that a logger of one letter means: glog, Ruby, MongoDB, Android.
    pub(super) fn from_letter(letter: u8) -> Option<Level> {
        match letter {
            b'T' | b'V' => Some(Level::Trace),
            b'D' => Some(Level::Debug),
            b'I' => Some(Level::Info),
            b'W' => Some(Level::Warn),
            b'E' => Some(Level::Error),
            b'F' | b'A' => Some(Level::Fatal),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Level::Trace => "trace",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
            Level::Fatal => "fatal",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Level {
    type Err = LevelError;

    fn from_str(text: &str) -> Result<Level, LevelError> {
        Level::from_word(text.trim().as_bytes()).ok_or_else(|| LevelError(text.chars().take(40).collect()))
    }
}

impl fmt::Display for LevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no level: write trace, debug, info, warn, error or fatal", self.0)
    }
}

impl std::error::Error for LevelError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_has_many_names() {
        #[track_caller]
        fn check(word: &str, expected: Option<Level>) {
            assert_eq!(word.parse().ok(), expected, "{word}");
        }
        check("trace", Some(Level::Trace));
        check("DEBUG2", Some(Level::Debug));
        check("notice", Some(Level::Info));
        check("warning", Some(Level::Warn));
        check(" Warn ", Some(Level::Warn));
        check("err", Some(Level::Error));
        check("critical", Some(Level::Fatal));
        check("EMERG", Some(Level::Fatal));
        check("errors", None);
        check("debug9", None);
        check("", None);
    }

    #[test]
    fn a_level_is_read_as_it_is_written() {
        for (level, _) in WORDS {
            assert_eq!(level.to_string().parse(), Ok(level));
        }
        assert!(Level::Fatal > Level::Error && Level::Debug > Level::Trace);
        let sentence = "`loud` is no level: write trace, debug, info, warn, error or fatal";
        assert_eq!("loud".parse::<Level>().unwrap_err().to_string(), sentence);
    }
}
