//! Quoting: each function turns any value into one word that its reader takes for exactly that value.
//!
//! No environment can hold a NUL, so none is written: [`super::render`] takes them out before a value gets here.

/// For bash, zsh, dash and ksh. Within single quotes nothing is special but the single quote itself.
pub fn posix(value: &str) -> String {
    if is_bare(value) { value.to_owned() } else { format!("'{}'", value.replace('\'', r"'\''")) }
}

/// As [`posix`], for the bytes of a path.
pub(super) fn posix_bytes(value: &[u8]) -> Vec<u8> {
    if std::str::from_utf8(value).is_ok_and(is_bare) {
        return value.to_owned();
    }
    let mut quoted = vec![b'\''];
    for byte in value {
        match byte {
            b'\'' => quoted.extend_from_slice(br"'\''"),
            other => quoted.push(*other),
        }
    }
    quoted.push(b'\'');
    quoted
}

/// For fish, where a backslash escapes itself and the quote within single quotes. Line ends are written as `\n`
/// outside them, so that `eval (gantry export --format fish)`, which splits at line ends, reads the same value.
pub(super) fn fish(value: &str) -> String {
    if is_bare(value) {
        return value.to_owned();
    }
    let quoted = value.replace('\\', r"\\").replace('\'', r"\'").replace('\n', r"'\n'");
    format!("'{quoted}'")
}

/// For Nushell: a double-quoted string, in which only the backslash escapes and nothing is interpolated.
pub(super) fn nu(value: &str) -> String {
    let mut quoted = String::from("\"");
    for c in value.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str(r"\\"),
            '\n' => quoted.push_str(r"\n"),
            '\r' => quoted.push_str(r"\r"),
            '\t' => quoted.push_str(r"\t"),
            c if c.is_control() => quoted.push_str(&format!(r"\u{{{:x}}}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// For PowerShell, which takes four typographic quotes for a single quote; each is doubled to stand for itself.
pub(super) fn pwsh(value: &str) -> String {
    let mut quoted = String::from("'");
    for c in value.chars() {
        if matches!(c, '\'' | '\u{2018}'..='\u{201b}') {
            quoted.push(c);
        }
        quoted.push(c);
    }
    quoted.push('\'');
    quoted
}

/// For `.env` files, whose readers (Compose, direnv, python-dotenv) agree on less than one would think.
///
/// All read a bare word and a single-quoted text without quotes, line ends and doubled backslashes alike, and a
/// double-quoted one without `$` and backslashes other than `\n`. No spelling of a value with both a single quote or
/// a line end and a `$` or a backslash is common to them; and python-dotenv expands `${NAME}` within any quotes.
pub(super) fn dotenv(value: &str) -> String {
    let single = !value.contains(['\'', '\n', '\r']) && !value.contains(r"\\") && !value.ends_with('\\');
    if value.is_empty() || is_bare(value) {
        value.to_owned()
    } else if single {
        format!("'{value}'")
    } else {
        let escaped = value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n").replace('\r', r"\r");
        format!("\"{escaped}\"")
    }
}

/// Whether every reader takes the word as it stands. No `=`: zsh expands `export A==ls` to the path of `ls`.
fn is_bare(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./:@%+,-".contains(&byte);
    !value.is_empty() && value.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reader_has_its_quotes() {
        #[track_caller]
        fn check(value: &str, expected: [&str; 5]) {
            assert_eq!([posix(value), fish(value), nu(value), pwsh(value), dotenv(value)], expected, "{value:?}");
            assert_eq!(posix_bytes(value.as_bytes()), posix(value).as_bytes());
        }
        check("5432", ["5432", "5432", r#""5432""#, "'5432'", "5432"]);
        check(
            "/a_b.c:d@e%f+g,-",
            ["/a_b.c:d@e%f+g,-", "/a_b.c:d@e%f+g,-", r#""/a_b.c:d@e%f+g,-""#, "'/a_b.c:d@e%f+g,-'", "/a_b.c:d@e%f+g,-"],
        );
        check("", ["''", "''", r#""""#, "''", ""]);
        check("=ls", ["'=ls'", "'=ls'", r#""=ls""#, "'=ls'", "'=ls'"]);
        check("~", ["'~'", "'~'", r#""~""#, "'~'", "'~'"]);
        check("it's", [r"'it'\''s'", r"'it\'s'", r#""it's""#, "'it''s'", r#""it's""#]);
        check("it’s", ["'it’s'", "'it’s'", r#""it’s""#, "'it’’s'", "'it’s'"]);
        check(r#"a\"$b"#, [r#"'a\"$b'"#, r#"'a\\"$b'"#, r#""a\\\"$b""#, r#"'a\"$b'"#, r#"'a\"$b'"#]);
        check("a\nb", ["'a\nb'", r"'a'\n'b'", r#""a\nb""#, "'a\nb'", r#""a\nb""#]);
        check("\u{1b}\r", ["'\u{1b}\r'", "'\u{1b}\r'", r#""\u{1b}\r""#, "'\u{1b}\r'", "\"\u{1b}\\r\""]);
        check(r"a\\", [r"'a\\'", r"'a\\\\'", r#""a\\\\""#, r"'a\\'", r#""a\\\\""#]);
    }

    #[test]
    fn paths_keep_their_bytes() {
        assert_eq!(posix_bytes(b"/\xff'"), b"'/\xff'\\'''");
    }
}
