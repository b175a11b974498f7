//! The paths that a Rust source names, in `use` lines, code, attributes and macros alike; comments and strings
//! are passed over. No more of the language than that.

use std::collections::BTreeSet;

/// What a file names.
#[derive(Debug, Default, PartialEq)]
pub struct Names {
    /// Below the crate's root (`crate::registry::Registry` gives `registry`), whether said with `crate` or `super`.
    pub rooms: BTreeSet<String>,
    /// The first words of all other paths, but for those that the file declares or imports from this crate.
    /// What `mod tests` names does not count: tests may use what they need.
    pub outside: BTreeSet<String>,
}

impl Names {
    /// Reads a source whose module lies `depth` modules below the crate's root.
    pub fn read(text: &str, depth: usize) -> Names {
        let mut reader = Reader { tokens: tokens(text), depth, ..Reader::default() };
        reader.read();
        let outside = reader.outside.difference(&reader.local).cloned().collect();
        Names { rooms: reader.rooms, outside }
    }
}

#[derive(Default)]
struct Reader {
    tokens: Vec<String>,
    depth: usize,
    /// For each open brace, the inline module that it opened; empty for any other.
    braces: Vec<String>,
    rooms: BTreeSet<String>,
    outside: BTreeSet<String>,
    local: BTreeSet<String>,
}

impl Reader {
    fn read(&mut self) {
        let mut at = 0;
        while at < self.tokens.len() {
            match self.token(at) {
                "{" => self.open_brace(at),
                "}" => drop(self.braces.pop()),
                "mod" => drop(self.local.insert(self.token(at + 1).to_owned())),
                "use" => {
                    at = self.read_tree(at + 1, &mut Vec::new());
                    continue;
                }
                word if is_word(word) && !BEFORE_A_PATH.contains(&word) && self.token(at + 1) == "::" => {
                    at = self.read_tree(at, &mut Vec::new());
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn open_brace(&mut self, at: usize) {
        let is_module = at >= 2 && self.token(at - 2) == "mod";
        self.braces.push(if is_module { self.token(at - 1).to_owned() } else { String::new() });
    }

    fn token(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", String::as_str)
    }

    /// Reads `a::b`, or `a::{b, c::*}`, behind the prefix; gives the place after it.
    fn read_tree(&mut self, mut at: usize, prefix: &mut Vec<String>) -> usize {
        let length = prefix.len();
        loop {
            match self.token(at).to_owned() {
                word if is_word(&word) || word == "*" => {
                    prefix.push(word);
                    at += 1;
                    if self.token(at) == "::" {
                        at += 1;
                        continue;
                    }
                }
                brace if brace == "{" => {
                    at = self.read_group(at + 1, prefix);
                    prefix.truncate(length);
                    return at;
                }
                // A leading `::`, or the `<` of a turbofish, which is no part of the path.
                separator if separator == "::" => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            self.take(prefix);
            prefix.truncate(length);
            return at;
        }
    }

    fn read_group(&mut self, mut at: usize, prefix: &mut Vec<String>) -> usize {
        while !matches!(self.token(at), "}" | "") {
            at = match self.token(at) {
                "," => at + 1,
                "as" => at + 2,
                _ => self.read_tree(at, prefix).max(at + 1),
            };
        }
        at + 1
    }

    fn take(&mut self, path: &[String]) {
        let Some(first) = path.first() else { return };
        let ups = path.iter().take_while(|word| *word == "super").count();
        let depth = self.depth + self.braces.iter().filter(|module| !module.is_empty()).count();
        if first == "crate" {
            self.rooms.extend(path.get(1).cloned());
        } else if ups > 0 && ups == depth {
            self.rooms.extend(path.get(ups).cloned());
        } else if ups == 0 && first != "self" && first != "Self" {
            if !self.braces.iter().any(|module| module == "tests") {
                self.outside.insert(first.clone());
            }
            return;
        }
        // `use crate::room::{self}` brings in the room.
        self.local.extend(path.iter().rfind(|word| *word != "self").cloned());
    }
}

/// Keywords that a path with a leading `::` may follow.
const BEFORE_A_PATH: [&str; 7] = ["as", "dyn", "for", "impl", "in", "mut", "return"];

fn is_word(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Words, `::`, and single characters.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = skipped(rest);
        if length > 0 {
            rest = &rest[length..];
            continue;
        }
        let length = match first {
            ':' if rest.starts_with("::") => 2,
            c if c.is_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        tokens.push(rest[..length].to_owned());
        rest = &rest[length..];
    }
    tokens
}

/// The length of the space, comment, string or character that the text begins with; 0 where it begins with code.
fn skipped(text: &str) -> usize {
    let space = text.len() - text.trim_start().len();
    if space > 0 {
        return space;
    }
    if text.starts_with("//") {
        return text.find('\n').unwrap_or(text.len());
    }
    if text.starts_with("/*") {
        return block_comment(text);
    }
    string(text).or_else(|| character(text)).unwrap_or(0)
}

fn block_comment(text: &str) -> usize {
    let (mut at, mut open) = (0, 0);
    loop {
        match text.get(at..at + 2) {
            Some("/*") => (open, at) = (open + 1, at + 2),
            Some("*/") if open == 1 => return at + 2,
            Some("*/") => (open, at) = (open - 1, at + 2),
            _ if at >= text.len() => return text.len(),
            _ => at += 1,
        }
    }
}

/// `"…"`, and `r#"…"#` with any number of `#`; `b` or `c` may stand before either.
fn string(text: &str) -> Option<usize> {
    let body = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let raw = body.strip_prefix('r').map(|body| (body, body.len() - body.trim_start_matches('#').len()));
    if let Some((body, hashes)) = raw.filter(|(body, hashes)| body[*hashes..].starts_with('"')) {
        let end = format!("\"{}", "#".repeat(hashes));
        let start = hashes + 1;
        let length = body[start..].find(&end).map_or(body.len(), |at| start + at + end.len());
        return Some(text.len() - body.len() + length);
    }
    let inner = body.strip_prefix('"')?;
    Some(text.len() - inner.len() + closing(inner, '"'))
}

/// `'x'` or `'\n'`, which a lifetime is not.
fn character(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('b').unwrap_or(text).strip_prefix('\'')?;
    let first = inner.chars().next()?;
    let is_character = first == '\\' || inner[first.len_utf8()..].starts_with('\'');
    is_character.then(|| text.len() - inner.len() + closing(inner, '\''))
}

/// The length up to and with the closing quote.
fn closing(inner: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        if c == quote && !escaped {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    inner.len()
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let check = |text: &str, depth: usize, rooms: &[&str], outside: &[&str]| {
        let names = Names::read(text, depth);
        let expected = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(names, Names { rooms: expected(rooms), outside: expected(outside) }, "{text}");
    };
    check("use crate::model::Port;", 1, &["model"], &[]);
    check("use crate::{model::{Port, Kind as K}, sys::env, yaml};", 1, &["model", "sys", "yaml"], &[]);
    check("pub(crate) use crate::model;\nuse git2::Repository;", 1, &["model"], &["git2"]);
    check("fn f() -> crate::cli::Ui { g(crate::app::App::new()) }", 2, &["cli", "app"], &[]);
    check("/// As [`crate::cli`].\n// crate::tui\nfn f() { \"crate::web\"; r#\"\"crate::hot\"#; }", 1, &[], &[]);
    check("/* crate::a /* crate::b */ crate::c */ 'x'; '\\''; b'\"'; crate::sys::x::<'a>()", 1, &["sys"], &[]);
    check("use super::model::Port;", 1, &["model"], &[]);
    check("use super::model::Port;", 2, &[], &[]);
    check("use super::super::registry;", 2, &["registry"], &[]);
    check("mod tests { use super::*; }", 1, &[], &[]);
    check("mod tests { use super::super::cli::Ui; }", 1, &["cli"], &[]);
    check("#[derive(clap::Args)] struct A; impl ::git2::X for A {}", 1, &[], &["clap", "git2"]);
    check("use crate::listeners; fn f() { listeners::all(); }", 1, &["listeners"], &[]);
    check("use crate::listeners::{self, Socket}; fn f() { listeners::all(); }", 1, &["listeners"], &[]);
    check("fn f() { std::f() } mod tests { use tempfile::TempDir; use crate::cli; }", 1, &["cli"], &["std"]);
    check("mod table; fn f() { table::print(); rusqlite::open(); }", 2, &[], &["rusqlite"]);
    check("use {serde_yaml::Tagged, std::fs};", 1, &[], &["serde_yaml", "std"]);
    check("use md5 as digest; use tabled;", 1, &[], &["md5", "tabled"]);
}
