//! The level that a line says of itself, as the field's loggers write it.
//!
//! A level stands in the line's head: among times, numbers, names in brackets and the like, before the first word of
//! prose. So an "error" that a message speaks of does not make the message one. Only `level=error` counts everywhere.

use super::Level;
use super::escapes::without_escapes;
use super::json;
use super::tokens::{Token, Tokens};

/// Tokens that a head may have.
const LONGEST_HEAD: usize = 16;

/// Keys under which logfmt writers put the level.
const KEYS: [&str; 6] = ["level", "lvl", "severity", "loglevel", "log_level", "log.level"];

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
    let message = without_stamp(text);
    beginning(message).or_else(|| sign(message)).or_else(|| head(text))
}

/// The text without the time that `--timestamps` puts before it.
fn without_stamp(text: &[u8]) -> &[u8] {
    let end = text.iter().take(40).position(|&byte| byte == b' ').unwrap_or(0);
    let is_stamp = matches!(&text[..end], [b'0'..=b'9', _, _, _, b'-', _, _, b'-', _, _, b'T', .., b'Z' | b'0'..=b'9']);
    if is_stamp { text[end..].trim_ascii_start() } else { text }
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
        [letter, b','] if second.starts_with(b"[") => letter_level(*letter),
        [letter, date @ ..]
            if matches!(date.len(), 4 | 6 | 8) && date.iter().all(u8::is_ascii_digit) && second.contains(&b':') =>
        {
            letter_level(*letter)
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

fn letter_level(letter: u8) -> Option<Level> {
    match letter {
        b'D' => Some(Level::Debug),
        b'I' => Some(Level::Info),
        b'W' => Some(Level::Warn),
        b'E' => Some(Level::Error),
        b'F' | b'A' => Some(Level::Fatal),
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

/// What a token is, given those before it.
enum Judged {
    Level(Level),
    Head,
    Prose,
}

/// What was seen of the head so far.
#[derive(Default)]
struct Head {
    has_time: bool,
    /// The last token was a `-`, or there is none yet.
    is_after_dash: bool,
}

impl Head {
    fn judge(&mut self, token: Token<'_>, next: Option<Token<'_>>) -> Judged {
        let was_after_dash = std::mem::take(&mut self.is_after_dash);
        let found = match token {
            Token::Word(word) => match pair(word) {
                Some(found) => found,
                None => self.word(word, next),
            },
            Token::Group(open, group) => bracketed(open, group),
            Token::Quoted | Token::Json(_) => return Judged::Prose,
        };
        if let Some(level) = found {
            return Judged::Level(level);
        }
        let word = match token {
            Token::Word(word) if pair(word).is_none() => word,
            Token::Group(_, group) => {
                self.has_time |= is_time(group);
                return Judged::Head;
            }
            _ => return Judged::Head,
        };
        self.is_after_dash = is_dash(word);
        let is_name = was_after_dash && matches!(next, Some(Token::Word(word)) if is_dash(word));
        let is_zone = self.has_time && (2..=5).contains(&word.len()) && word.iter().all(u8::is_ascii_uppercase);
        let is_head = self.is_after_dash || is_name || is_zone || self.may_lead(word);
        self.has_time |= is_time(word);
        if is_head { Judged::Head } else { Judged::Prose }
    }

    /// The level of a word that stands in the head.
    fn word(&self, word: &[u8], next: Option<Token<'_>>) -> Option<Level> {
        let next = if let Some(Token::Word(next)) = next { next } else { b"" };
        let (name, has_colon) = match word.iter().position(|&byte| byte == b':') {
            // `ERROR:root:message` is Python's; `error:` alone anybody's.
            Some(end) if end + 1 == word.len() || is_upper(&word[..end]) => (&word[..end], true),
            Some(_) => return None,
            None => (word.strip_suffix(b",").unwrap_or(word), false),
        };
        if (has_colon && is_answer(next)) || (name == b"TRACE" && next.starts_with(b"/")) {
            return None;
        }
        // `ERRO[0012]` is logrus's, `error[E0425]:` rustc's.
        let (name, has_bracket) = match name.iter().position(|&byte| byte == b'[') {
            Some(start) if name.ends_with(b"]") => (&name[..start], true),
            _ => (name, false),
        };
        // `local.ERROR:` is Monolog's.
        let name = match name.iter().rposition(|&byte| byte == b'.') {
            Some(dot) if has_colon && is_upper(&name[dot + 1..]) => &name[dot + 1..],
            _ => name,
        };
        let level = match name {
            b"LOG" => Some(Level::Info),
            _ => Level::from_word(name),
        };
        // Words that a sentence may begin with, written large.
        let is_weak = matches!(name, b"LOG" | b"NOTE" | b"FINE" | b"ALERT" | b"PANIC" | b"NOTICE");
        let is_marked = has_colon || (is_upper(name) && (!is_weak || self.has_time || has_bracket));
        let is_before_dash = next == b"-" && name.iter().all(u8::is_ascii_lowercase);
        level.filter(|_| is_marked || is_before_dash).or_else(|| if has_colon { exception(name) } else { None })
    }

    /// Whether a head goes on behind the word: times, numbers, addresses, names of programs and their parts.
    fn may_lead(&self, word: &[u8]) -> bool {
        const NAMES: [&str; 21] = [
            "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
            "Sep", "Oct", "Nov", "Dec", "AM", "PM",
        ];
        let is_punctuated = word.iter().any(|byte| matches!(byte, b':' | b'/' | b'.' | b'-' | b'_' | b'@' | b'#'));
        let is_numbered = self.has_time && word.iter().any(u8::is_ascii_digit);
        let is_sign = word.len() <= 6 && !word.iter().any(u8::is_ascii_alphanumeric);
        // A level that was none: `error: 0`.
        let is_told = Level::from_word(word.strip_suffix(b":").unwrap_or(word)).is_some();
        let is_sentence =
            is_told || word.iter().any(|byte| matches!(byte, b'\'' | b'?' | b'!')) || word.ends_with(b".");
        let name = word.strip_suffix(b",").unwrap_or(word);
        let is_date = NAMES.iter().any(|known| known.as_bytes() == name);
        is_date || is_sign || ((is_punctuated || is_numbered) && !is_sentence)
    }
}

/// For `key=value` something: the level that it says, if it says one.
fn pair(word: &[u8]) -> Option<Option<Level>> {
    let equals = word.iter().position(|&byte| byte == b'=').filter(|place| *place > 0)?;
    let (key, value) = (&word[..equals], &word[equals + 1..]);
    let value = value.strip_suffix(b",").unwrap_or(value);
    let value = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
    let is_level = KEYS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(key));
    Some(if is_level { Level::from_word(value) } else { None })
}

/// The level in brackets: `[error]`, `[WARN ]`, `[core:error]` (Apache), `[08:00:00 ERR]` (Serilog),
/// `[2026-11-21 08:00:00,123: ERROR/MainProcess]` (Celery), `<Error>` (ClickHouse).
fn bracketed(open: u8, group: &[u8]) -> Option<Level> {
    let group = group.trim_ascii();
    match open {
        b'[' => {}
        b'<' => return Level::from_word(group),
        _ => return Level::from_word(group).filter(|_| is_upper(group)),
    }
    let last = group.rsplit(|&byte| byte == b':').next()?;
    if let Some(level) = Level::from_word(group).or_else(|| Level::from_word(last)) {
        return Some(level);
    }
    for piece in group.split(u8::is_ascii_whitespace).filter(|piece| !piece.is_empty()).take(4) {
        let name = piece.split(|&byte| byte == b'/').next()?;
        match Level::from_word(name).filter(|_| is_upper(name)) {
            Some(level) => return Some(level),
            None if piece.iter().any(u8::is_ascii_digit) => {}
            None => return None,
        }
    }
    None
}

/// `TypeError:`, `java.io.IOException:` and `DeprecationWarning:` begin with a capital and end with what they are.
fn exception(name: &[u8]) -> Option<Level> {
    let last = name.rsplit(|&byte| byte == b'.').next()?;
    let is_class = last.first().is_some_and(u8::is_ascii_uppercase) && last.iter().all(u8::is_ascii_alphanumeric);
    match last {
        _ if !is_class => None,
        [.., b'W', b'a', b'r', b'n', b'i', b'n', b'g'] => Some(Level::Warn),
        _ if last.ends_with(b"Error") || last.ends_with(b"Exception") => Some(Level::Error),
        _ => None,
    }
}

/// Whether the word says how many or whether at all, as in `error: 0`, `warning: 2,` and `debug: off`: no event.
fn is_answer(word: &[u8]) -> bool {
    const WORDS: [&str; 10] = ["0", "none", "null", "nil", "no", "false", "true", "on", "off", "undefined"];
    if let [count @ .., b','] = word
        && count.iter().all(u8::is_ascii_digit)
    {
        return true;
    }
    let word = word.strip_suffix(b",").unwrap_or(word);
    WORDS.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

fn is_upper(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_uppercase) && !word.iter().any(u8::is_ascii_lowercase)
}

fn is_dash(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|&byte| byte == b'-')
}

fn is_time(word: &[u8]) -> bool {
    word.windows(3).any(|part| matches!(part, [b'0'..=b'9', b':', b'0'..=b'9']))
}
