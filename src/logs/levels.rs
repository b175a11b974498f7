//! A line's level, its own or that of the line it belongs to.

use std::collections::HashMap;

use super::detect::detect;
use super::{Level, Line};

/// Containers that are remembered at once, so that made-up labels do not fill the memory.
const MOST: usize = 1_000;

/// The level that each container's last line had.
#[derive(Debug, Default)]
pub struct Levels {
    last: HashMap<String, Level>,
}

impl Levels {
    /// The line's own level, else that of the same container's line before it: a stack trace goes with its error. Has
    /// to be asked for every line in its order, also for those that are not shown. What the engine itself says
    /// belongs to no line before it.
    pub fn level(&mut self, line: &Line) -> Option<Level> {
        let own = detect(line.content());
        let Some(source) = &line.source else { return own };
        let Some(level) = own else { return self.last.get(source).copied() };
        if let Some(last) = self.last.get_mut(source) {
            *last = level;
        } else {
            if self.last.len() >= MOST {
                self.last.clear();
            }
            self.last.insert(source.clone(), level);
        }
        own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_trace_goes_with_its_error() {
        let mut levels = Levels::default();
        let mut check = |label: &str, text: &str, expected: Option<Level>| {
            let source = (!label.is_empty()).then(|| label.to_owned());
            let line = Line { source, text: text.as_bytes().to_vec(), left_out: 0 };
            assert_eq!(levels.level(&line), expected, "{label} {text}");
        };
        check("web-1", "    at first()", None);
        check("web-1", "ERROR broken", Some(Level::Error));
        check("db-1", "    at other()", None);
        check("web-1", "    at broken()", Some(Level::Error));
        check("", "web-1 exited with code 1", None);
        check("web-1", "INFO mended\r", Some(Level::Info));
        check("web-1", "more of it", Some(Level::Info));
    }

    #[test]
    fn labels_do_not_fill_the_memory() {
        let mut levels = Levels::default();
        for number in 0..3 * MOST {
            let line = Line { source: Some(format!("web-{number}")), text: b"ERROR x".to_vec(), left_out: 0 };
            assert_eq!(levels.level(&line), Some(Level::Error));
        }
        assert!(levels.last.len() <= MOST);
    }
}
