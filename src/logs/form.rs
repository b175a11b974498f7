//! Lines as they are shown: to a person, to a program, in a file.

use std::io::Write;

use serde::Serialize;

use super::escapes::{Piece, Pieces};
use super::{Level, Line};
use crate::model::steers_terminal;

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For a person. Colours, the container's own and those of the labels, only if they are wanted.
    Person { color: bool },
    /// One object a line.
    Json,
    /// The container's bytes as they are, behind its label.
    Raw,
}

/// Writes lines in a form, the labels as wide as the widest so far.
#[derive(Clone, Debug)]
pub struct Formatter {
    form: Form,
    /// The engine's times stand before the lines.
    has_times: bool,
    width: usize,
}

/// A line in JSON.
#[derive(Serialize)]
struct Object<'a> {
    /// RFC 3339.
    time: Option<&'a str>,
    container: &'a str,
    service: &'a str,
    level: Option<Level>,
    text: &'a str,
    /// Bytes of the line that followed the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
}

impl Formatter {
    /// `width` is that of the widest label, where it is known beforehand. JSON has the times in any case.
    pub fn new(form: Form, has_times: bool, width: usize) -> Formatter {
        Formatter { form, has_times, width }
    }

    /// Appends the line, its newline included; `level` is what [`super::Levels::level`] says of it.
    pub fn append(&mut self, out: &mut Vec<u8>, line: &Line, level: Option<Level>) {
        if self.form != Form::Json {
            self.width = self.width.max(line.source.label.len());
            self.append_label(out, &line.source.label);
            if let Some(stamp) = line.stamp.as_ref().filter(|_| self.has_times) {
                out.extend_from_slice(stamp.text.as_bytes());
                out.push(b' ');
            }
        }
        match self.form {
            Form::Person { color } => append_readable(out, line.content(), color),
            Form::Raw => out.extend_from_slice(&line.text),
            Form::Json => append_json(out, line, level),
        }
        if line.is_truncated() && self.form != Form::Json {
            out.extend_from_slice(format!(" [… {} more bytes left out]", line.left_out).as_bytes());
        }
        out.push(b'\n');
    }

    fn append_label(&self, out: &mut Vec<u8>, label: &str) {
        let width = self.width;
        let shown = match self.form {
            Form::Person { color: true } => format!("\x1b[{}m{label:width$} |\x1b[0m ", color_of(label)),
            Form::Raw => format!("{label} | "),
            _ => format!("{label:width$} | "),
        };
        out.extend_from_slice(shown.as_bytes());
    }
}

/// The label's colour, the same at every call. Red is left to errors.
fn color_of(label: &str) -> u8 {
    const COLORS: [u8; 10] = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];
    // FNV-1a, 32 bits.
    let hash = label.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    // Its upper half: the lower bits of like names are alike.
    COLORS[(hash >> 16) as usize % COLORS.len()]
}

/// The text without what could steer a terminal, escaped so that it is seen; its colours end with it.
fn append_readable(out: &mut Vec<u8>, text: &[u8], color: bool) {
    let mut is_colored = false;
    for piece in Pieces::new(text) {
        match piece {
            Piece::Color(sequence) if color => {
                is_colored = true;
                out.extend_from_slice(sequence);
            }
            Piece::Color(_) => {}
            Piece::Text(bytes) | Piece::Escape(bytes) => append_harmless(out, &String::from_utf8_lossy(bytes)),
        }
    }
    if is_colored {
        out.extend_from_slice(b"\x1b[0m");
    }
}

/// Tabs stay: loggers make columns of them.
fn append_harmless(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while let Some((place, found)) = rest.char_indices().find(|(_, c)| *c != '\t' && steers_terminal(*c)) {
        out.extend_from_slice(&rest.as_bytes()[..place]);
        out.extend_from_slice(found.escape_default().to_string().as_bytes());
        rest = &rest[place + found.len_utf8()..];
    }
    out.extend_from_slice(rest.as_bytes());
}

fn append_json(out: &mut Vec<u8>, line: &Line, level: Option<Level>) {
    let text = String::from_utf8_lossy(line.content());
    let left_out = line.is_truncated().then_some(line.left_out);
    let (source, time) = (&line.source, line.stamp.as_ref().map(|stamp| stamp.text.as_str()));
    let object = Object { time, container: &source.container, service: &source.service, level, text: &text, left_out };
    let object = serde_json::to_string(&object).expect("strings and numbers have a JSON form");
    // JSON escapes only the first 32 characters. The rest of what steers stands in strings, where it may be escaped.
    let mut rest = object.as_str();
    while let Some((place, found)) = rest.char_indices().find(|(_, c)| steers_terminal(*c)) {
        out.extend_from_slice(&rest.as_bytes()[..place]);
        write!(out, "\\u{:04x}", u32::from(found)).expect("a vector takes every write");
        rest = &rest[place + found.len_utf8()..];
    }
    out.extend_from_slice(rest.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::super::Stamp;
    use super::super::lines::tests::source;
    use super::*;

    const PLAIN: Form = Form::Person { color: false };
    const COLOR: Form = Form::Person { color: true };

    fn line(label: &str, text: &[u8], left_out: u64) -> Line {
        let stamp = Stamp { nanoseconds: 0, text: "1970-01-01T00:00:00.000000000Z".to_owned() };
        Line { source: source(label), stamp: Some(stamp), text: text.to_vec(), left_out }
    }

    #[test]
    fn a_line_has_three_forms() {
        #[track_caller]
        fn check(form: Form, line: &Line, expected: &str) {
            let mut out = Vec::new();
            Formatter::new(form, false, 0).append(&mut out, line, Some(Level::Warn));
            assert_eq!(out.escape_ascii().to_string(), expected.as_bytes().escape_ascii().to_string(), "{form:?}");
        }
        let hello = line("web-1", b"hello", 0);
        check(PLAIN, &hello, "web-1 | hello\n");
        check(COLOR, &hello, "\x1b[33mweb-1 |\x1b[0m hello\n");
        check(Form::Raw, &hello, "web-1 | hello\n");
        check(
            Form::Json,
            &hello,
            "{\"time\":\"1970-01-01T00:00:00.000000000Z\",\"container\":\"shop-web-1\",\"service\":\"web\",\"level\":\"warn\",\"text\":\"hello\"}\n",
        );
        let red = line("db-1", b"\x1b[31mred\x1b[2K\r\n\t\x07\r", 0);
        check(PLAIN, &red, "db-1 | red\\u{1b}[2K\\r\\n\t\\u{7}\n");
        check(COLOR, &red, "\x1b[93mdb-1 |\x1b[0m \x1b[31mred\\u{1b}[2K\\r\\n\t\\u{7}\x1b[0m\n");
        check(Form::Raw, &red, "db-1 | \x1b[31mred\x1b[2K\r\n\t\x07\r\n");
        let text = r"\u001b[31mred\u001b[2K\r\n\t\u0007";
        check(
            Form::Json,
            &red,
            &format!(
                "{{\"time\":\"1970-01-01T00:00:00.000000000Z\",\"container\":\"shop-db-1\",\"service\":\"db\",\"level\":\"warn\",\"text\":\"{text}\"}}\n"
            ),
        );
        let turned = line("a-1", "\u{9b}2J\u{202e}\u{e9}".as_bytes(), 0);
        check(PLAIN, &turned, "a-1 | \\u{9b}2J\\u{202e}\u{e9}\n");
        let text = "\\u009b2J\\u202e\u{e9}";
        check(
            Form::Json,
            &turned,
            &format!(
                "{{\"time\":\"1970-01-01T00:00:00.000000000Z\",\"container\":\"shop-a-1\",\"service\":\"a\",\"level\":\"warn\",\"text\":\"{text}\"}}\n"
            ),
        );
        check(PLAIN, &line("a-1", b"\x1b]0;title\x07x", 0), "a-1 | \\u{1b}]0;title\\u{7}x\n");
        check(PLAIN, &line("a-1", b"caf\xe9 \xf0\x9f", 0), "a-1 | caf\u{fffd} \u{fffd}\n");
        let cut = line("a-1", b"abc", 12);
        check(PLAIN, &cut, "a-1 | abc [… 12 more bytes left out]\n");
        check(Form::Raw, &cut, "a-1 | abc [… 12 more bytes left out]\n");
        let marked = r#"{"time":"1970-01-01T00:00:00.000000000Z","container":"shop-a-1","service":"a","level":"warn","text":"abc","left_out":12}"#;
        check(Form::Json, &cut, &format!("{marked}\n"));
    }

    #[test]
    fn raw_bytes_stay_as_they_are() {
        let mut out = Vec::new();
        Formatter::new(Form::Raw, false, 0).append(&mut out, &line("a-1", b"\xff\x00\x1b[2J", 0), None);
        assert_eq!(out, b"a-1 | \xff\x00\x1b[2J\n");
    }

    #[test]
    fn times_are_shown_where_they_are_wanted() {
        let mut out = Vec::new();
        Formatter::new(PLAIN, true, 0).append(&mut out, &line("a", b"x", 0), None);
        assert_eq!(String::from_utf8(out).unwrap(), "a | 1970-01-01T00:00:00.000000000Z x\n");
    }

    #[test]
    fn labels_stand_in_a_column() {
        let (mut out, mut formatter) = (Vec::new(), Formatter::new(PLAIN, false, 5));
        for label in ["db-1", "worker-1", "db-1"] {
            formatter.append(&mut out, &line(label, b"x", 0), None);
        }
        assert_eq!(String::from_utf8(out).unwrap(), "db-1  | x\nworker-1 | x\ndb-1     | x\n");
    }

    #[test]
    fn neighbours_have_colours_of_their_own() {
        let colors: std::collections::BTreeSet<u8> =
            ["web-1", "db-1", "redis-1", "worker-1", "mail-1"].map(color_of).into_iter().collect();
        assert!(colors.len() >= 4, "{colors:?}");
    }
}
