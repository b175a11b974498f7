//! `.env` files in Compose's dialect: quotes, comments, `export`, variables, values over several lines.

use std::collections::HashMap;
use std::path::Path;

use super::ComposeError;
use super::interpolate::{Scope, substitute};
use super::tree::Place;

/// Bytes that a file's values may grow to by the variables in them, all together.
const TEXT_LIMIT: usize = 16 * 1024 * 1024;

/// The file's variables. A value may use those above it, but `known` (the environment, earlier files) comes first.
///
/// # Errors
/// Not UTF-8, or not in the dialect; the messages are Compose's.
pub(super) fn parse(
    file: &Path,
    bytes: &[u8],
    known: &dyn Fn(&str) -> Option<String>,
    missing: &dyn Fn(&str, u32),
) -> Result<HashMap<String, String>, ComposeError> {
    let place = |line| Place { file: file.into(), line };
    let text = std::str::from_utf8(bytes).map_err(|_| place(0).error("not UTF-8"))?;
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser { rest, line: 1, size: 0, values: HashMap::new(), known, missing };
    while parser.skip_to_statement() {
        let line = parser.line;
        parser.statement().map_err(|message| place(line).error(message))?;
    }
    // Compose ignores what could never be a variable's name.
    parser.values.retain(|name, _| !name.starts_with(|c: char| c.is_ascii_digit()));
    Ok(parser.values)
}

struct Parser<'a> {
    rest: &'a str,
    line: u32,
    /// Bytes of the values so far.
    size: usize,
    values: HashMap<String, String>,
    known: &'a dyn Fn(&str) -> Option<String>,
    missing: &'a dyn Fn(&str, u32),
}

impl<'a> Parser<'a> {
    /// Steps over blank lines and comments; false at the end of the file.
    fn skip_to_statement(&mut self) -> bool {
        loop {
            let start = self.rest.find(|c: char| !c.is_whitespace()).unwrap_or(self.rest.len());
            self.advance(start);
            if !self.rest.starts_with('#') {
                return !self.rest.is_empty();
            }
            self.advance(self.rest.find('\n').unwrap_or(self.rest.len()));
        }
    }

    fn statement(&mut self) -> Result<(), String> {
        self.skip_export();
        let end = self.rest.find(['=', ':', '\n']).unwrap_or(self.rest.len());
        let name = self.rest[..end].trim_end();
        check_name(name, self.rest)?;
        let inherits = !self.rest[end..].starts_with(['=', ':']);
        self.advance(if inherits { end } else { end + 1 });
        if inherits {
            if let Some(value) = (self.known)(name) {
                self.values.insert(name.to_owned(), value);
            }
            return Ok(());
        }
        self.advance(self.rest.find(|c| !is_blank(c)).unwrap_or(self.rest.len()));
        let value = match self.rest.chars().next() {
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => self.unquoted()?,
        };
        self.size += value.len();
        if self.size > TEXT_LIMIT {
            return Err(format!("the values grow to more than {TEXT_LIMIT} bytes"));
        }
        self.values.insert(name.to_owned(), value);
        Ok(())
    }

    fn skip_export(&mut self) {
        if let Some(after) = self.rest.strip_prefix("export").filter(|after| after.starts_with(char::is_whitespace)) {
            self.rest = after.trim_start_matches(is_blank);
        }
    }

    fn unquoted(&mut self) -> Result<String, String> {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        let line = &self.rest[..end];
        let value = line.split(" #").next().unwrap_or(line).trim_end();
        let value = self.expand(value);
        self.advance(end);
        value
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let body = &self.rest[1..];
        let mut value = String::new();
        let mut escaped = false;
        for (offset, c) in body.char_indices() {
            if c == quote && !escaped {
                let value = if quote == '"' { self.expand(&unescape(&value)) } else { Ok(value) };
                self.advance(1 + offset + 1);
                return value;
            }
            if c == '\\' && !escaped {
                escaped = true;
                continue;
            }
            if escaped && c != quote {
                value.push('\\');
            }
            escaped = false;
            value.push(c);
        }
        Err(format!("unterminated quoted value {}", self.rest.lines().next().unwrap_or_default()))
    }

    fn expand(&self, template: &str) -> Result<String, String> {
        let lookup = |name: &str| (self.known)(name).or_else(|| self.values.get(name).cloned());
        let missing = |name: &str| (self.missing)(name, self.line);
        substitute(template, &Scope { lookup: &lookup, missing: &missing, required: &|_, _| false })
            .map_err(|error| error.to_string())
    }

    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at(bytes);
        self.line += u32::try_from(passed.matches('\n').count()).unwrap_or(u32::MAX);
        self.rest = rest;
    }
}

fn check_name(name: &str, rest: &str) -> Result<(), String> {
    let line = rest.lines().next().unwrap_or_default();
    if let Some(wrong) = name.chars().find(|&c| !(c.is_alphanumeric() || is_blank(c) || "_.-[]".contains(c))) {
        return Err(format!("unexpected character {wrong:?} in variable name {line:?}"));
    }
    if name.contains(is_blank) { Err("key cannot contain a space".to_owned()) } else { Ok(()) }
}

/// White space within a line.
fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != '\n'
}

/// The escapes of a double-quoted value; `\$` becomes `$$`, which the variables' own syntax turns into a dollar.
fn unescape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('\\') {
        result.push_str(&rest[..start]);
        let after = &rest[start + 1..];
        let (replacement, taken) = match after.chars().next() {
            Some('a') => ("\u{7}", 1),
            Some('b') => ("\u{8}", 1),
            Some('f') => ("\u{c}", 1),
            Some('n') => ("\n", 1),
            Some('r') => ("\r", 1),
            Some('t') => ("\t", 1),
            Some('v') => ("\u{b}", 1),
            Some('$') => ("$$", 1),
            Some('"') => ("\"", 1),
            Some('\\') => ("\\", 1),
            _ => ("\\", 0),
        };
        result.push_str(replacement);
        rest = &after[taken..];
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_in(text: &str) -> Result<Option<String>, String> {
        let known = |name: &str| (name == "OUTER").then(|| "o".to_owned());
        parse(Path::new("/p/.env"), text.as_bytes(), &known, &|_, _| {})
            .map(|mut values| values.remove("V"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_read_as_compose_does() {
        #[track_caller]
        fn check(text: &str, expected: Option<&str>) {
            assert_eq!(value_in(text), Ok(expected.map(str::to_owned)), "{text:?}");
        }
        check("", None);
        check("V=1", Some("1"));
        check("\u{feff}V=1\n", Some("1"));
        check("V = 1 \r\n", Some("1"));
        check("V: 1", Some("1"));
        check("export V=1", Some("1"));
        check("  V=1 # why\n", Some("1"));
        check("V=1#2", Some("1#2"));
        check("# V=1\n", None);
        check("V=", Some(""));
        check("V=\nW=2", Some(""));
        check("V='a $OUTER \\n # b'", Some("a $OUTER \\n # b"));
        check("V=\"a $OUTER\\n\\\"b\\\"\" # c", Some("a o\n\"b\""));
        check("V=\"a\nb\"\nW=1", Some("a\nb"));
        check("V=\"\\$OUTER\"", Some("$OUTER"));
        check("W=1\nV=${W}2", Some("12"));
        check("OUTER=in\nV=$OUTER", Some("o"));
        check("V=${NONE:-x y}", Some("x y"));
        check("V=1\nV=2", Some("2"));
        check("V", None);
        check("1V=1\nV=2", Some("2"));
    }

    #[test]
    fn errors_name_the_line() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(value_in(text), Err(expected.to_owned()), "{text:?}");
        }
        check("A=1\n\nV='x\n", "/p/.env:3: unterminated quoted value 'x");
        check("\n!V=1", "/p/.env:2: unexpected character '!' in variable name \"!V=1\"");
        check("V W=1", "/p/.env:1: key cannot contain a space");
        check("A=1\nV=${", "/p/.env:2: invalid interpolation format `${`: you may need to escape any $ with another $");
    }
}
