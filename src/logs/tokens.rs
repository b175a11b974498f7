//! A line's words, and what stands in brackets or quotes as one.

/// Bytes of the longest group in brackets; thread names and dates are shorter.
const LONGEST_GROUP: usize = 200;

/// A word or a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// What is no blank; `key="a value"` is one word.
    Word(&'a [u8]),
    /// What stands between the opening bracket and the closing one.
    Group(u8, &'a [u8]),
    /// Text in double quotes, and whatever hangs on to them.
    Quoted,
    /// An object in JSON begins here; this is it and all that follows.
    Json(&'a [u8]),
}

/// The tokens of a line; `|` parts them as a blank does.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a [u8]) -> Tokens<'a> {
        Tokens { rest: text }
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let blanks = self.rest.iter().take_while(|byte| is_blank(**byte)).count();
        self.take(blanks);
        let first = *self.rest.first()?;
        if first == b'{' && self.rest[1..].trim_ascii_start().starts_with(b"\"") {
            let object = self.take(self.rest.len());
            return Some(Token::Json(object));
        }
        if let Some(length) = group_length(self.rest) {
            let group = self.take(length);
            return Some(Token::Group(first, &group[1..length - 1]));
        }
        let word = self.take(word_length(self.rest));
        Some(if first == b'"' { Token::Quoted } else { Token::Word(word) })
    }
}

fn is_blank(byte: u8) -> bool {
    byte == b'|' || byte.is_ascii_whitespace()
}

/// Bytes of the group in brackets at the start, both of them included; `None` where none begins, or none ends.
fn group_length(text: &[u8]) -> Option<usize> {
    let close = match text.first()? {
        b'[' => b']',
        b'(' => b')',
        b'{' => b'}',
        b'<' => b'>',
        _ => return None,
    };
    text.iter().take(LONGEST_GROUP).position(|&byte| byte == close).map(|end| end + 1)
}

/// Bytes up to the next blank that stands in no quotes.
fn word_length(text: &[u8]) -> usize {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (place, &byte) in text.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' if is_quoted => is_quoted = false,
            // Only a value may be quoted: a lone `"` in prose would hide the rest of the line.
            b'"' => is_quoted = place == 0 || text[place - 1] == b'=',
            _ if is_blank(byte) && !is_quoted => return place,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_falls_into_tokens() {
        #[track_caller]
        fn check(text: &str, expected: &[&str]) {
            let shown: Vec<String> = Tokens::new(text.as_bytes())
                .map(|token| match token {
                    Token::Word(word) => format!("{}", word.escape_ascii()),
                    Token::Group(open, group) => format!("{}{}", open as char, group.escape_ascii()),
                    Token::Quoted => "quoted".to_owned(),
                    Token::Json(object) => format!("json {}", object.len()),
                })
                .collect();
            assert_eq!(shown, expected, "{text}");
        }
        check("", &[]);
        check("  a\tb|c ", &["a", "b", "c"]);
        check("[a b][c]d (e) <f> {g}", &["[a b", "[c", "d", "(e", "<f", "{g"]);
        check("[never closed", &["[never", "closed"]);
        check(r#"level=info msg="a \" b" x=1"#, &["level=info", r#"msg=\"a \\\" b\""#, "x=1"]);
        check(r#""GET / HTTP" 200"#, &["quoted", "200"]);
        check(r#"6" disk"#, &[r#"6\""#, "disk"]);
        check(r#"at { "a": 1 } b"#, &["at", "json 12"]);
        check("{}", &["{"]);
    }
}
