//! Lines as `docker compose logs --no-color` prints them: `web-1  | text`, the label padded to the widest.

use std::io::{self, BufRead, ErrorKind};

/// Bytes of a line that are kept; what follows up to its end is counted only.
const LIMIT: usize = 64 * 1024;

/// Bytes of the longest container's name that is looked for.
const LONGEST_LABEL: usize = 255;

/// One line of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The container's label (`web-1`); `None` where the engine itself speaks.
    pub source: Option<String>,
    /// What the container wrote, byte for byte, up to the limit; without the newline.
    pub text: Vec<u8>,
    /// Bytes that followed the text and were not kept; 0 where the line is whole.
    pub left_out: u64,
}

/// The lines of a byte stream, in memory that does not grow with their length.
#[derive(Debug)]
pub struct Lines<R> {
    input: R,
    limit: usize,
    /// Why reading ended; told after the line that it interrupted.
    failure: Option<io::Error>,
    is_at_end: bool,
}

impl Line {
    /// Whether the line was longer than what is kept of it.
    pub fn is_truncated(&self) -> bool {
        self.left_out > 0
    }

    /// The text without the carriage return that a container with a terminal ends its lines with.
    pub fn content(&self) -> &[u8] {
        let end = self.text.iter().rposition(|&byte| byte != b'\r').map_or(0, |last| last + 1);
        &self.text[..end]
    }

    /// The label without its trailing number: `web` for `web-1`.
    pub fn service(&self) -> Option<&str> {
        let label = self.source.as_deref()?;
        let is_number = |tail: &str| !tail.is_empty() && tail.bytes().all(|byte| byte.is_ascii_digit());
        match label.rsplit_once('-') {
            Some((service, number)) if is_number(number) && !service.is_empty() => Some(service),
            _ => Some(label),
        }
    }

    fn parse(mut kept: Vec<u8>, left_out: u64) -> Line {
        let whole = if left_out > 0 { whole_characters(&kept) } else { kept.len() };
        let left_out = left_out + (kept.len() - whole) as u64;
        kept.truncate(whole);
        let prefix = prefix(&kept).map(|(label, begin)| (label.to_owned(), begin));
        match prefix {
            Some((label, begin)) => {
                kept.drain(..begin);
                Line { source: Some(label), text: kept, left_out }
            }
            None => Line { source: None, text: kept, left_out },
        }
    }
}

impl<R: BufRead> Lines<R> {
    pub fn new(input: R) -> Lines<R> {
        Lines { input, limit: LIMIT, failure: None, is_at_end: false }
    }

    #[cfg(test)]
    pub(super) fn with_limit(input: R, limit: usize) -> Lines<R> {
        Lines { limit, ..Lines::new(input) }
    }

    /// What is kept of the next line, and how many bytes are not; `None` at the end of the stream.
    fn read(&mut self) -> Option<(Vec<u8>, u64)> {
        let (mut kept, mut left_out, mut is_begun) = (Vec::new(), 0, false);
        loop {
            let buffer = match self.input.fill_buf() {
                Ok([]) => break,
                Ok(buffer) => buffer,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => {
                    self.failure = Some(error);
                    break;
                }
            };
            is_begun = true;
            let newline = buffer.iter().position(|&byte| byte == b'\n');
            let part = &buffer[..newline.unwrap_or(buffer.len())];
            let (fitting, rest) = part.split_at(part.len().min(self.limit - kept.len()));
            kept.extend_from_slice(fitting);
            left_out += rest.len() as u64;
            let taken = part.len() + usize::from(newline.is_some());
            self.input.consume(taken);
            if newline.is_some() {
                return Some((kept, left_out));
            }
        }
        self.is_at_end = true;
        is_begun.then_some((kept, left_out))
    }
}

/// After an error nothing follows.
impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<io::Result<Line>> {
        let read = if self.is_at_end { None } else { self.read() };
        match read {
            Some((kept, left_out)) => Some(Ok(Line::parse(kept, left_out))),
            None => self.failure.take().map(Err),
        }
    }
}

/// How many bytes there are without a UTF-8 character that was cut within.
fn whole_characters(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let byte = bytes[bytes.len() - back];
        let length = match byte {
            0x80..=0xbf => continue,
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        return if length > back { bytes.len() - back } else { bytes.len() };
    }
    bytes.len()
}

/// The label, and where the text after `| ` begins. A container's name is letters, digits, `_`, `.` and `-`, and
/// begins with a letter or digit (moby's `RestrictedNameChars`), so that a remark with a `|` in it has none.
fn prefix(line: &[u8]) -> Option<(&str, usize)> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let end = line.iter().take(LONGEST_LABEL).take_while(|byte| is_name(byte)).count();
    let label = std::str::from_utf8(&line[..end]).ok()?;
    let blanks = line[end..].iter().take_while(|&&byte| byte == b' ').count();
    let bar = end + blanks;
    let begin = match line.get(bar..)? {
        [b'|', b' ', ..] => bar + 2,
        // What trims the ends of lines leaves no blank behind the bar of an empty one.
        [b'|'] => bar + 1,
        _ => return None,
    };
    (label.starts_with(|first: char| first.is_ascii_alphanumeric()) && blanks > 0).then_some((label, begin))
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use proptest::prelude::*;

    use super::*;

    fn read_all(input: &[u8], limit: usize) -> Vec<Line> {
        // A buffer of few bytes, so that lines span several.
        let reader = BufReader::with_capacity(7, input);
        Lines::with_limit(reader, limit).map(Result::unwrap).collect()
    }

    #[test]
    fn a_line_has_a_label_and_a_text() {
        #[track_caller]
        fn check(input: &[u8], expected: &[(Option<&str>, &[u8], u64)]) {
            let lines = read_all(input, 40);
            let found: Vec<_> =
                lines.iter().map(|line| (line.source.as_deref(), &line.text[..], line.left_out)).collect();
            assert_eq!(found, expected, "{}", input.escape_ascii());
        }
        check(b"", &[]);
        check(b"web-1  | hello\n", &[(Some("web-1"), b"hello", 0)]);
        check(b"web-1      | no newline", &[(Some("web-1"), b"no newline", 0)]);
        check(b"db-1 | a\nweb-10 | b\n", &[(Some("db-1"), b"a", 0), (Some("web-10"), b"b", 0)]);
        check(b"web-1  | a | b\n", &[(Some("web-1"), b"a | b", 0)]);
        check(b"web-1  |  | indented\n", &[(Some("web-1"), b" | indented", 0)]);
        check(b"web-1  | \nweb-1  |\n\n", &[(Some("web-1"), b"", 0), (Some("web-1"), b"", 0), (None, b"", 0)]);
        check(b"my_app.x-1  | x\r\n", &[(Some("my_app.x-1"), b"x\r", 0)]);
        check(b"web-1  | \xff\xfe\n", &[(Some("web-1"), b"\xff\xfe", 0)]);
        // Remarks of the engine.
        check(b"web-1 exited with code 1\n", &[(None, b"web-1 exited with code 1", 0)]);
        check(b"no such service | x\n", &[(None, b"no such service | x", 0)]);
        check(b"-x | text\n| text\n", &[(None, b"-x | text", 0), (None, b"| text", 0)]);
        check(b"a|b\na || b\n", &[(None, b"a|b", 0), (None, b"a || b", 0)]);
        // 40 bytes are kept, ten of them the label.
        check(&[b"web-1   | ".as_slice(), &[b'x'; 100]].concat(), &[(Some("web-1"), &[b'x'; 30], 70)]);
        let cut = ["web-1  | ", &"x".repeat(30), "\u{1f980}\nnext"].concat();
        check(cut.as_bytes(), &[(Some("web-1"), &[b'x'; 30], 4), (None, b"next", 0)]);
        let fits = ["web-1  | ", &"x".repeat(29), "\u{e9}"].concat();
        check(fits.as_bytes(), &[(Some("web-1"), fits.as_bytes()[9..].as_ref(), 0)]);
    }

    #[test]
    fn a_service_is_a_label_without_its_number() {
        #[track_caller]
        fn check(label: &str, service: &str) {
            let line = Line { source: Some(label.to_owned()), text: Vec::new(), left_out: 0 };
            assert_eq!(line.service(), Some(service));
        }
        check("web-1", "web");
        check("my-web-12", "my-web");
        check("fixed", "fixed");
        check("web-blue", "web-blue");
        check("web-", "web-");
    }

    #[test]
    fn only_the_last_carriage_returns_end_a_line() {
        let content = |text: &[u8]| Line { source: None, text: text.to_vec(), left_out: 0 }.content().to_vec();
        assert_eq!(content(b"10%\r20%\r\r"), b"10%\r20%");
        assert_eq!(content(b"\r"), b"");
    }

    #[test]
    fn an_error_comes_after_what_was_read() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("gone"))
            }
        }
        let mut lines = Lines::new(BufReader::new(b"web-1  | half".chain(Broken)));
        assert_eq!(lines.next().unwrap().unwrap().text, b"half");
        assert_eq!(lines.next().unwrap().unwrap_err().to_string(), "gone");
        assert!(lines.next().is_none());
    }

    #[test]
    fn an_endless_line_is_not_held() {
        let mut lines = Lines::new(BufReader::new(io::repeat(b'x').take(50_000_000)));
        let line = lines.next().unwrap().unwrap();
        assert!(line.text.capacity() <= 2 * LIMIT && line.is_truncated(), "{}", line.text.capacity());
        assert_eq!((line.text.len(), line.left_out), (LIMIT, 50_000_000 - LIMIT as u64));
        assert!(lines.next().is_none());
    }

    proptest! {
        #[test]
        fn nothing_is_lost_but_what_is_announced(
            input in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"\n\n||  a1-\xc3\xa9"[..])], 0..300),
            limit in 0usize..60,
        ) {
            let lines = read_all(&input, limit);
            let mut written: Vec<&[u8]> = input.split(|&byte| byte == b'\n').collect();
            if written.last().is_some_and(|last| last.is_empty()) {
                written.pop();
            }
            prop_assert_eq!(lines.len(), written.len());
            for (line, written) in lines.iter().zip(written) {
                let begin = match &line.source {
                    Some(_) => written.iter().position(|&byte| byte == b'|').unwrap() + 1,
                    None => 0,
                };
                let rest = &written[begin..];
                let rest = if line.source.is_some() { rest.strip_prefix(b" ").unwrap_or(rest) } else { rest };
                prop_assert!(line.text.len() <= limit && rest.starts_with(&line.text));
                prop_assert_eq!(rest.len() as u64, line.text.len() as u64 + line.left_out);
            }
        }
    }
}
