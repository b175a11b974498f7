//! The level that a line says of itself, as the field's loggers write it.
//!
//! A level stands in the line's head: among times, numbers, names in brackets and the like, before the first word of
//! prose. So an "error" that a message speaks of does not make the message one. Only `level=error` counts everywhere.

use super::Level;
use super::escapes::without_escapes;
use super::head::{Head, Judged, pair};
use super::json;
use super::tokens::{Token, Tokens};

/// Tokens that a head may have.
const LONGEST_HEAD: usize = 16;

/// Lines that begin like this need no more words.
const BEGINNINGS: [(&str, Level); 16] = [
    ("Traceback (most recent call last)", Level::Error),
    ("Exception in thread ", Level::Error),
    ("Unhandled exception. ", Level::Error),
    ("panic: ", Level::Fatal),
    ("fatal error: ", Level::Fatal),
    ("npm ERR! ", Level::Error),
    ("npm error ", Level::Error),
    ("npm WARN ", Level::Warn),
    ("npm warn ", Level::Warn),
    ("PHP Fatal error: ", Level::Fatal),
    ("PHP Parse error: ", Level::Error),
    ("PHP Warning: ", Level::Warn),
    ("PHP Deprecated: ", Level::Warn),
    ("PHP Notice: ", Level::Info),
    ("error Command failed ", Level::Error),
    // .NET's own word, which no other logger has.
    ("fail: ", Level::Error),
];

/// The line's own level; `None` where it says none, as a stack trace does.
pub(super) fn detect(text: &[u8]) -> Option<Level> {
    let text = without_escapes(text);
    let text = text.trim_ascii();
    beginning(text).or_else(|| sign(text)).or_else(|| head(text))
}

fn beginning(text: &[u8]) -> Option<Level> {
    if text.starts_with(b"thread '") && text.windows(14).take(200).any(|window| window == b"' panicked at ") {
        return Some(Level::Fatal);
    }
    BEGINNINGS.iter().find(|(begin, _)| text.starts_with(begin.as_bytes())).map(|(_, level)| *level)
}

/// Loggers that write one letter or sign: Ruby's (`E, [2026-`), glog's (`E1121 08:00:00`), Redis's (`1:M … # `).
fn sign(text: &[u8]) -> Option<Level> {
    let mut words = text.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (first, second) = (words.next()?, words.next()?);
    match first {
        [letter, b','] if second.starts_with(b"[") => Level::from_letter(*letter),
        [letter, date @ ..]
            if matches!(date.len(), 4 | 6 | 8) && date.iter().all(u8::is_ascii_digit) && second.contains(&b':') =>
        {
            Level::from_letter(*letter)
        }
        [b'0'..=b'9', .., b':', b'M' | b'S' | b'C' | b'X'] => {
            let mut sign = words.skip_while(|word| !word.contains(&b':')).skip(1);
            match sign.next()? {
                b"#" => Some(Level::Warn),
                b"*" => Some(Level::Info),
                b"-" | b"." => Some(Level::Debug),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The first level of the head, else a `level=` behind it.
fn head(text: &[u8]) -> Option<Level> {
    let mut head = Head::default();
    let mut tokens = Tokens::new(text);
    for _ in 0..LONGEST_HEAD {
        let token = tokens.next()?;
        if let Token::Json(object) = token {
            return json::level(object);
        }
        match head.judge(token, tokens.clone().next()) {
            Judged::Level(level) => return Some(level),
            Judged::Head => {}
            Judged::Prose => break,
        }
    }
    tokens.find_map(|token| if let Token::Word(word) = token { pair(word)? } else { None })
}
