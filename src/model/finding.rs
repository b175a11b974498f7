//! What a look at a part of the set-up found.

use serde::Serialize;

/// How something does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Good,
    Bad,
    /// It is not there, and nothing is wrong with that.
    NotSetUp,
}

/// A part of the set-up, and how it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub subject: String,
    pub verdict: Verdict,
    pub text: String,
    /// What to do about it: a command in backquotes, or a sentence.
    pub mend: Option<String>,
}

impl Finding {
    pub fn good(subject: &str, text: impl Into<String>) -> Finding {
        Finding { subject: subject.to_owned(), verdict: Verdict::Good, text: text.into(), mend: None }
    }

    pub fn bad(subject: &str, text: impl Into<String>, mend: impl Into<String>) -> Finding {
        let (text, mend) = (text.into(), Some(mend.into()));
        Finding { subject: subject.to_owned(), verdict: Verdict::Bad, text, mend }
    }

    pub fn not_set_up(subject: &str, text: impl Into<String>, mend: impl Into<String>) -> Finding {
        let (text, mend) = (text.into(), Some(mend.into()));
        Finding { subject: subject.to_owned(), verdict: Verdict::NotSetUp, text, mend }
    }
}
