//! Bytes that come in pieces, cut into lines.

/// Bytes; a longer line is handed on in pieces.
pub const LONGEST: usize = 16 * 1024;

/// What has come of a line that has not ended.
#[derive(Debug, Default)]
pub struct Lines {
    begun: Vec<u8>,
    /// The last byte was a carriage return, so a line feed would end no line of its own.
    is_after_return: bool,
}

impl Lines {
    /// Hands on each line that has ended, without its end: a line feed, a carriage return (which progress bars write
    /// over themselves with), or both.
    pub fn push(&mut self, mut bytes: &[u8], on_line: &mut dyn FnMut(&[u8])) {
        while let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let is_second_half = end == 0 && bytes[0] == b'\n' && self.is_after_return;
            self.is_after_return = bytes[end] == b'\r';
            if !is_second_half {
                self.extend(&bytes[..end], on_line);
                on_line(&self.begun);
                self.begun.clear();
            }
            bytes = &bytes[end + 1..];
        }
        self.is_after_return &= bytes.is_empty();
        self.extend(bytes, on_line);
    }

    /// Hands on what has no end.
    pub fn finish(&mut self, on_line: &mut dyn FnMut(&[u8])) {
        if !self.begun.is_empty() {
            on_line(&self.begun);
            self.begun.clear();
        }
    }

    fn extend(&mut self, mut bytes: &[u8], on_line: &mut dyn FnMut(&[u8])) {
        while self.begun.len() + bytes.len() > LONGEST {
            let (fits, rest) = bytes.split_at(LONGEST - self.begun.len());
            self.begun.extend_from_slice(fits);
            on_line(&self.begun);
            self.begun.clear();
            bytes = rest;
        }
        self.begun.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_however_the_bytes_come() {
        let check = |text: &str, expected: &[&str]| {
            for size in 1..=text.len().max(1) {
                let (mut lines, mut found) = (Lines::default(), Vec::new());
                let mut on_line = |line: &[u8]| found.push(String::from_utf8(line.to_vec()).unwrap());
                for piece in text.as_bytes().chunks(size) {
                    lines.push(piece, &mut on_line);
                }
                lines.finish(&mut on_line);
                assert_eq!(found, expected, "{text:?} in pieces of {size}");
            }
        };
        check("", &[]);
        check("a", &["a"]);
        check("a\n", &["a"]);
        check("a\nbc", &["a", "bc"]);
        check("a\r\nb\r\n", &["a", "b"]);
        check("1%\r2%\rdone\n", &["1%", "2%", "done"]);
        check("\n\na\n", &["", "", "a"]);
        check("a\r\n\nb", &["a", "", "b"]);
        check("a\r\r\n", &["a", ""]);
        check("a\rb\n\nc", &["a", "b", "", "c"]);
    }

    #[test]
    fn a_long_line_comes_in_pieces() {
        let check = |length: usize, expected: &[usize]| {
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            let mut on_line = |line: &[u8]| found.push(line.len());
            lines.push(&vec![b'x'; length], &mut on_line);
            lines.push(b"\n", &mut on_line);
            assert_eq!(found, expected, "{length}");
        };
        check(LONGEST, &[LONGEST]);
        check(LONGEST + 1, &[LONGEST, 1]);
        check(3 * LONGEST, &[LONGEST, LONGEST, LONGEST]);
    }
}
