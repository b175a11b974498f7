//! A line's head: what a logger writes before the message.

use super::Level;
use super::tokens::Token;

/// Keys under which logfmt writers put the level.
const KEYS: [&str; 6] = ["level", "lvl", "severity", "loglevel", "log_level", "log.level"];

/// What a token is, given those before it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Judged {
    Level(Level),
    /// The head goes on.
    Head,
    /// The message has begun.
    Prose,
}

/// What was seen of a head so far.
#[derive(Debug, Default)]
pub(super) struct Head {
    is_begun: bool,
    has_time: bool,
    is_after_dash: bool,
}

impl Head {
    pub(super) fn judge(&mut self, token: Token<'_>, next: Option<Token<'_>>) -> Judged {
        let next = if let Some(Token::Word(next)) = next { next } else { b"" };
        let (level, goes_on) = match token {
            Token::Word(word) => match pair(word) {
                Some(level) => (level, true),
                None => (self.level(word, next), self.may_lead(word, next)),
            },
            Token::Group(open, group) => (bracketed(open, group), true),
            Token::Quoted | Token::Json(_) => (None, false),
        };
        self.remember(token);
        match level {
            Some(level) => Judged::Level(level),
            None if goes_on => Judged::Head,
            None => Judged::Prose,
        }
    }

    fn remember(&mut self, token: Token<'_>) {
        self.is_begun = true;
        self.is_after_dash = matches!(token, Token::Word(word) if is_dash(word));
        if let Token::Word(text) | Token::Group(_, text) = token {
            self.has_time |= is_time(text);
        }
    }

    /// The level of a word: one in capitals, one with a colon, or as in `error - the message`.
    fn level(&self, word: &[u8], next: &[u8]) -> Option<Level> {
        // Words in capitals that a sentence may begin with.
        const WEAK: [&[u8]; 6] = [b"LOG", b"NOTE", b"NOTICE", b"FINE", b"ALERT", b"PANIC"];
        let (name, has_colon) = match word.iter().position(|&byte| byte == b':') {
            // `ERROR:root:message` is Python's; `error:` alone anybody's.
            Some(end) if end + 1 == word.len() || is_upper(&word[..end]) => (&word[..end], true),
            Some(_) => return None,
            None => (word.strip_suffix(b",").unwrap_or(word), false),
        };
        let is_request = name == b"TRACE" && next.starts_with(b"/");
        if is_request || (has_colon && is_answer(next)) {
            return None;
        }
        // Letters are MongoDB's, up to 4.2, and Android's.
        if let [letter] = word
            && self.has_time
            && (is_upper(next) || next.ends_with(b":"))
        {
            return Level::from_letter(*letter);
        }
        let name = bare(name, has_colon);
        let level = if name == b"LOG" { Some(Level::Info) } else { Level::from_word(name) };
        let is_strong = is_upper(name) && (self.has_time || !WEAK.contains(&name));
        let is_before_dash = next == b"-" && name.iter().all(u8::is_ascii_lowercase);
        match level {
            Some(_) => level.filter(|_| has_colon || is_strong || is_before_dash),
            None if has_colon => exception(name),
            None => None,
        }
    }

    /// Whether a head goes on behind the word: times, numbers, addresses, names of programs and their parts.
    fn may_lead(&self, word: &[u8], next: &[u8]) -> bool {
        const NAMES: [&str; 21] = [
            "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
            "Sep", "Oct", "Nov", "Dec", "AM", "PM",
        ];
        let without_comma = word.strip_suffix(b",").unwrap_or(word);
        let is_date = NAMES.iter().any(|known| known.as_bytes() == without_comma);
        let is_zone = self.has_time && (2..=5).contains(&word.len()) && word.iter().all(u8::is_ascii_uppercase);
        // `- name -`
        let is_name = self.is_after_dash && is_dash(next);
        let is_sign = word.len() <= 6 && !word.iter().any(u8::is_ascii_alphanumeric);
        let is_numbered = (self.is_begun && word.iter().any(u8::is_ascii_digit)) || is_time(word);
        let is_punctuated = word.iter().any(|byte| matches!(byte, b':' | b'/' | b'.' | b'-' | b'_' | b'@' | b'#'));
        // A level that was none: `error: 0`.
        let is_told = Level::from_word(word.strip_suffix(b":").unwrap_or(word)).is_some();
        let is_sentence = word.iter().any(|byte| matches!(byte, b'\'' | b'?' | b'!')) || word.ends_with(b".");
        is_date || is_zone || is_name || is_sign || ((is_numbered || is_punctuated) && !is_told && !is_sentence)
    }
}

/// The word without what loggers put to it: `ERRO[0012]` (logrus), `error[E0425]:` (rustc), `local.ERROR:` (Monolog).
fn bare(name: &[u8], has_colon: bool) -> &[u8] {
    let name = match name.iter().position(|&byte| byte == b'[') {
        Some(start) if name.ends_with(b"]") => &name[..start],
        _ => name,
    };
    match name.iter().rposition(|&byte| byte == b'.') {
        Some(dot) if has_colon && is_upper(&name[dot + 1..]) => &name[dot + 1..],
        _ => name,
    }
}

/// For `key=value` something: the level that it says, if it says one.
pub(super) fn pair(word: &[u8]) -> Option<Option<Level>> {
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
    // `[I]` (Gitea), `[I 2026-11-21 08:00:00 app]` (Tornado).
    if let [letter] | [letter, b' ', b'0'..=b'9', ..] = group {
        return Level::from_letter(*letter);
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
        && count.len() < 5
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

/// `08:00`, or digits enough for a date or for unix seconds.
fn is_time(word: &[u8]) -> bool {
    let is_long = word.len() >= 6 && word.iter().all(u8::is_ascii_digit);
    is_long || word.windows(3).any(|part| matches!(part, [b'0'..=b'9', b':', b'0'..=b'9']))
}
