//! ANSI escape sequences in a line (ECMA-48): which bytes are text, which only colour it, which do something else.

use std::borrow::Cow;

const ESCAPE: u8 = 0x1b;

/// Bytes of the longest colour or cursor sequence; real ones have a dozen or two.
const LONGEST: usize = 64;

/// A part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Text(&'a [u8]),
    /// "Select graphic rendition": colours and weight.
    Color(&'a [u8]),
    /// Moves the cursor, sets the title, or is no whole sequence.
    Escape(&'a [u8]),
}

/// The parts of a line, all its bytes in their order.
#[derive(Clone, Debug)]
pub(super) struct Pieces<'a> {
    rest: &'a [u8],
}

impl<'a> Pieces<'a> {
    pub(super) fn new(text: &'a [u8]) -> Pieces<'a> {
        Pieces { rest: text }
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Piece<'a>;

    fn next(&mut self) -> Option<Piece<'a>> {
        let length = match self.rest {
            [] => return None,
            [ESCAPE, ..] => sequence_length(self.rest).unwrap_or(1),
            text => text.iter().position(|&byte| byte == ESCAPE).unwrap_or(text.len()),
        };
        let (piece, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(match piece {
            [ESCAPE, b'[', parameters @ .., b'm'] if parameters.iter().all(is_color_parameter) => Piece::Color(piece),
            [ESCAPE, ..] => Piece::Escape(piece),
            _ => Piece::Text(piece),
        })
    }
}

/// The text without whole escape sequences. A byte that only looks like the start of one goes, what follows it stays:
/// nothing can hide behind it.
pub(super) fn without_escapes(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&ESCAPE) {
        return Cow::Borrowed(text);
    }
    let texts = Pieces::new(text).filter_map(|piece| if let Piece::Text(text) = piece { Some(text) } else { None });
    Cow::Owned(texts.flatten().copied().collect())
}

fn is_color_parameter(byte: &u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b';' | b':')
}

/// Bytes of the whole sequence at the start; `None` where it is none.
fn sequence_length(text: &[u8]) -> Option<usize> {
    match *text.get(1)? {
        b'[' => {
            let body = text.iter().take(LONGEST).skip(2);
            let parameters = body.take_while(|byte| matches!(byte, 0x20..=0x3f)).count();
            let end = 2 + parameters;
            matches!(text.get(end)?, 0x40..=0x7e).then_some(end + 1)
        }
        // Strings: titles, links. They end at the next escape or bell, whole or not, so that looking for it costs
        // no more than the line is long.
        b']' | b'P' | b'X' | b'^' | b'_' => {
            let end = 2 + text[2..].iter().position(|&byte| byte == ESCAPE || byte == 0x07)?;
            match text[end..] {
                [0x07, ..] => Some(end + 1),
                [_, b'\\', ..] => Some(end + 2),
                _ => None,
            }
        }
        0x20..=0x2f => matches!(text.get(2)?, 0x30..=0x7e).then_some(3),
        0x30..=0x7e => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_told_from_text() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(without_escapes(text.as_bytes()).escape_ascii().to_string(), expected, "{text:?}");
        }
        check("plain", "plain");
        check("\x1b[31mred\x1b[0m", "red");
        check("\x1b[38;5;9m\x1b[38:2::1:2:3mred\x1b[m", "red");
        check("\x1b[2K\x1b[1Gdone\x1b[?25h", "done");
        check("\x1b]0;title\x07text", "text");
        check("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link");
        check("\x1b(Btext\x1b=", "text");
        // No whole sequence: what could hide behind it is shown.
        check("\x1b]0;never ended ERROR", "]0;never ended ERROR");
        check("\x1b]0;a\x1b[31mERROR", "]0;aERROR");
        check("\x1b[31", "[31");
        check("end\x1b", "end");
        check(&format!("\x1b[{}m", "1".repeat(100)), &format!("[{}m", "1".repeat(100)));
    }

    proptest! {
        #[test]
        fn the_pieces_are_the_line(text in "[\u{1b}\u{7}\\[\\]P\\\\0-9;m a\u{e9}]{0,60}") {
            let bytes = |piece| match piece { Piece::Text(bytes) | Piece::Color(bytes) | Piece::Escape(bytes) => bytes };
            prop_assert_eq!(Pieces::new(text.as_bytes()).flat_map(bytes).copied().collect::<Vec<u8>>(), text.as_bytes());
        }
    }
}
