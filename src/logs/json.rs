//! The level of a line that is an object in JSON.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::Level;

/// Where loggers write the level, the surest first: most of them, Google's, log15, Elastic's, hclog, Python's, .NET's,
/// Serilog's, MongoDB's.
const KEYS: [&str; 10] =
    ["level", "severity", "lvl", "log.level", "@level", "levelname", "log_level", "loglevel", "@l", "s"];

/// Serilog leaves `@l` out where it is information; no other logger names its message so.
const SERILOG_MESSAGES: [&str; 2] = ["@m", "@mt"];

/// The level that the object at the start says. It may be cut off: then what stands before the cut counts.
pub(super) fn level(object: &[u8]) -> Option<Level> {
    let mut found = None;
    let mut reader = serde_json::Deserializer::from_slice(object);
    // An error is the end of what can be read.
    let _ = Object { found: &mut found }.deserialize(&mut reader);
    found.map(|(_, level)| level)
}

/// Keeps the level under the surest key, and that key's rank.
struct Object<'a> {
    found: &'a mut Option<(usize, Level)>,
}

impl Object<'_> {
    fn note(&mut self, rank: usize, level: Option<Level>) {
        if let Some(level) = level
            && self.found.is_none_or(|(known, _)| rank < known)
        {
            *self.found = Some((rank, level));
        }
    }
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if let Some(rank) = KEYS.iter().position(|known| known.eq_ignore_ascii_case(&key)) {
                let value: Value = map.next_value()?;
                self.note(rank, level_of(&value));
            } else if key == "log" {
                // Elastic's, where the dot became an object.
                let value: Value = map.next_value()?;
                self.note(KEYS.len(), value.get("level").and_then(level_of));
            } else {
                map.next_value::<serde::de::IgnoredAny>()?;
                let is_serilog = SERILOG_MESSAGES.contains(&key.as_str());
                self.note(KEYS.len() + 1, is_serilog.then_some(Level::Info));
            }
        }
        Ok(())
    }
}

/// A word, MongoDB's letter, or a number as bunyan and pino write it (10 is trace, 60 fatal; what lies between counts
/// as the lower one).
fn level_of(value: &Value) -> Option<Level> {
    match value {
        Value::String(word) => match word.as_bytes() {
            [b'D', b'1'..=b'5'] => Some(Level::Debug),
            [letter] => Level::from_letter(*letter),
            word => Level::from_word(word.trim_ascii()),
        },
        Value::Number(number) => match number.as_u64()? {
            10..20 => Some(Level::Trace),
            20..30 => Some(Level::Debug),
            30..40 => Some(Level::Info),
            40..50 => Some(Level::Warn),
            50..60 => Some(Level::Error),
            60..70 => Some(Level::Fatal),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_says_its_level() {
        #[track_caller]
        fn check(object: &str, expected: Option<Level>) {
            assert_eq!(level(object.as_bytes()), expected, "{object}");
        }
        check(r#"{"level":"error","msg":"x"}"#, Some(Level::Error));
        check(r#"{"level":50,"time":1}"#, Some(Level::Error));
        check(r#"{"level":35}"#, Some(Level::Info));
        check(r#"{"level":3}"#, None);
        check(r#"{"level":-50,"x":5e1}"#, None);
        check(r#"{"Level":"Warning"}"#, Some(Level::Warn));
        check(r#"{"log":{"level":"ERROR","logger":"a"}}"#, Some(Level::Error));
        check(r#"{"s":"E","level":"info"}"#, Some(Level::Info));
        check(r#"{"level":"hard","severity":"WARNING"}"#, Some(Level::Warn));
        check(r#"{"@t":"2026","@mt":"Started"}"#, Some(Level::Info));
        check(r#"{"@t":"2026","@mt":"Failed","@l":"Error"}"#, Some(Level::Error));
        check(r#"{"data":{"level":"error"}}"#, None);
        check(r#"{"msg":"\"level\":\"error\""}"#, None);
        // Cut off, and followed by something.
        check(r#"{"level":"error","msg":"never en"#, Some(Level::Error));
        check(r#"{"level":"erro"#, None);
        check(r#"{"level":"warn"} trailing"#, Some(Level::Warn));
        check(&format!("{{\"a\":{}", "[".repeat(60_000)), None);
        check(&format!("{{\"level\":{}", "[".repeat(60_000)), None);
        check("[1]", None);
    }
}
