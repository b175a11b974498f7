//! What containers write, cut into lines.

use std::sync::Arc;

use super::stamp::{self, Stamp};

/// Bytes of a line that are kept; what follows up to its end is counted only.
const LIMIT: usize = 2 * 1024 * 1024;

/// Who wrote a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What stands before its lines: the service, with its number where there are several.
    pub label: String,
    /// The container's name.
    pub container: String,
    pub service: String,
}

/// One line of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub source: Arc<Source>,
    /// `None` where the engine itself speaks.
    pub stamp: Option<Stamp>,
    /// What the container wrote, byte for byte, up to the limit; without the newline.
    pub text: Vec<u8>,
    /// Bytes that followed the text and were not kept, the engine's stamps among them; 0 where the line is whole.
    pub left_out: u64,
}

/// Cuts bytes that come in pieces into lines, in memory that does not grow with their length.
#[derive(Debug)]
pub struct Lines {
    limit: usize,
    /// What has come of a line that has not ended.
    kept: Vec<u8>,
    left_out: u64,
}

impl Line {
    /// A line as the engine prints it with `--timestamps`.
    fn parse(source: &Arc<Source>, mut text: Vec<u8>, mut left_out: u64) -> Line {
        if left_out > 0 {
            let whole = whole_characters(&text);
            left_out += (text.len() - whole) as u64;
            text.truncate(whole);
        }
        let stamp = stamp::take(&mut text);
        Line { source: Arc::clone(source), stamp, text, left_out }
    }

    /// Whether the line was longer than what is kept of it.
    pub fn is_truncated(&self) -> bool {
        self.left_out > 0
    }

    /// The text without the carriage return that a container with a terminal ends its lines with.
    pub fn content(&self) -> &[u8] {
        let end = self.text.iter().rposition(|&byte| byte != b'\r').map_or(0, |last| last + 1);
        &self.text[..end]
    }
}

impl Default for Lines {
    fn default() -> Lines {
        Lines { limit: LIMIT, kept: Vec::new(), left_out: 0 }
    }
}

impl Lines {
    #[cfg(test)]
    fn with_limit(limit: usize) -> Lines {
        Lines { limit, ..Lines::default() }
    }

    /// Hands on each line that has ended.
    pub fn push(&mut self, source: &Arc<Source>, mut bytes: &[u8], on_line: &mut dyn FnMut(Line)) {
        while let Some(end) = bytes.iter().position(|&byte| byte == b'\n') {
            self.keep(&bytes[..end]);
            self.end(source, on_line);
            bytes = &bytes[end + 1..];
        }
        self.keep(bytes);
    }

    /// Hands on what has no end.
    pub fn finish(&mut self, source: &Arc<Source>, on_line: &mut dyn FnMut(Line)) {
        if !self.kept.is_empty() || self.left_out > 0 {
            self.end(source, on_line);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let (fitting, rest) = bytes.split_at(bytes.len().min(self.limit - self.kept.len()));
        self.kept.extend_from_slice(fitting);
        self.left_out += rest.len() as u64;
    }

    fn end(&mut self, source: &Arc<Source>, on_line: &mut dyn FnMut(Line)) {
        on_line(Line::parse(source, std::mem::take(&mut self.kept), std::mem::take(&mut self.left_out)));
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

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(in crate::logs) fn source(label: &str) -> Arc<Source> {
        let service = label.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
        Arc::new(Source { label: label.to_owned(), container: format!("shop-{label}"), service })
    }

    /// The lines of bytes that come so many at a time.
    pub(in crate::logs) fn read_all(source: &Arc<Source>, input: &[u8], size: usize, limit: usize) -> Vec<Line> {
        let (mut lines, mut found) = (Lines::with_limit(limit), Vec::new());
        for piece in input.chunks(size) {
            lines.push(source, piece, &mut |line| found.push(line));
        }
        lines.finish(source, &mut |line| found.push(line));
        found
    }

    #[test]
    fn bytes_become_lines() {
        #[track_caller]
        fn check(input: &[u8], expected: &[(&[u8], u64)]) {
            for size in [1, 3, 1_000] {
                let lines = read_all(&source("web"), input, size, 40);
                let found: Vec<_> = lines.iter().map(|line| (&line.text[..], line.left_out)).collect();
                assert_eq!(found, expected, "{}", input.escape_ascii());
            }
        }
        check(b"", &[]);
        check(b"hello\n", &[(b"hello", 0)]);
        check(b"one\n\nno newline", &[(b"one", 0), (b"", 0), (b"no newline", 0)]);
        check(b"2026-11-21T08:00:00.123456789Z x\r\n", &[(b"x\r", 0)]);
        check(b"2026-11-21T08:00:00.123456789Z \xff\xfe\n", &[(b"\xff\xfe", 0)]);
        check(&[b'x'; 100], &[(&[b'x'; 40], 60)]);
        let cut = ["x".repeat(38), "\u{1f980}\nnext".to_owned()].concat();
        check(cut.as_bytes(), &[(&[b'x'; 38], 4), (b"next", 0)]);
        let fits = ["x".repeat(38), "\u{e9}".to_owned()].concat();
        check(fits.as_bytes(), &[(fits.as_bytes(), 0)]);
    }

    #[test]
    fn only_the_last_carriage_returns_end_a_line() {
        let content = |text: &[u8]| read_all(&source("a"), text, 100, 100)[0].content().to_vec();
        assert_eq!(content(b"10%\r20%\r\r"), b"10%\r20%");
        assert_eq!(content(b"\r"), b"");
    }

    #[test]
    fn an_endless_line_is_not_held() {
        let (mut lines, source, mut found) = (Lines::default(), source("a"), Vec::new());
        for _ in 0..50 {
            lines.push(&source, &[b'x'; 1_000_000], &mut |line| found.push(line));
        }
        assert!(lines.kept.capacity() <= 2 * LIMIT, "{}", lines.kept.capacity());
        lines.finish(&source, &mut |line| found.push(line));
        assert_eq!((found[0].text.len(), found[0].left_out), (LIMIT, 50_000_000 - LIMIT as u64));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_but_what_is_announced(
            input in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select(&b"\n\n a1-\xc3\xa9"[..])], 0..300),
            size in 1usize..50,
            limit in 0usize..60,
        ) {
            let lines = read_all(&source("a"), &input, size, limit);
            let mut written: Vec<&[u8]> = input.split(|&byte| byte == b'\n').collect();
            if written.last().is_some_and(|last| last.is_empty()) {
                written.pop();
            }
            prop_assert_eq!(lines.len(), written.len());
            for (line, written) in lines.iter().zip(written) {
                prop_assert!(line.text.len() <= limit && written.starts_with(&line.text));
                prop_assert_eq!(written.len() as u64, line.text.len() as u64 + line.left_out);
            }
        }
    }
}
