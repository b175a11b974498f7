//! A line's level, its own or that of the line it belongs to.

use super::detect::detect;
use super::{Level, Line};

/// The level that a stream's last line had. A container has two streams, each with levels of its own.
#[derive(Debug, Default)]
pub struct Levels {
    last: Option<Level>,
}

impl Levels {
    /// The line's own level, else that of the stream's line before it: a stack trace goes with its error. Has to be
    /// asked for every line in its order, also for those that are not shown.
    pub fn level(&mut self, line: &Line) -> Option<Level> {
        self.last = detect(line.content()).or(self.last);
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::{read_all, source};
    use super::*;

    #[test]
    fn a_stack_trace_goes_with_its_error() {
        let mut levels = Levels::default();
        let mut check = |text: &str, expected: Option<Level>| {
            let line = read_all(&source("web"), text.as_bytes(), 100, 100).remove(0);
            assert_eq!(levels.level(&line), expected, "{text}");
        };
        check("    at first()", None);
        check("ERROR broken", Some(Level::Error));
        check("    at broken()", Some(Level::Error));
        check("INFO mended\r", Some(Level::Info));
        check("more of it", Some(Level::Info));
    }
}
