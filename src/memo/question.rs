//! Questions as bytes: what was found is laid out once, and compared with what is found now, laid out the same way.

use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::sys::env;
use crate::sys::stamp::{Counter, Look};
use crate::sys::witness::Question;

/// The kind of question, what it is about, and what was found.
pub(super) fn laid_out(question: &Question) -> (u8, Vec<u8>, Vec<u8>) {
    let mut found = Vec::new();
    let (kind, subject) = match question {
        Question::Variable(name, value) => {
            lay_out_value(value.as_deref(), &mut found);
            (b'v', name.as_bytes().to_owned())
        }
        Question::Place(path, look) => {
            look.write_to(&mut found);
            (b'p', path.as_os_str().as_bytes().to_owned())
        }
        Question::Counter(path, counter) => {
            counter.write_to(&mut found);
            (b'c', path.as_os_str().as_bytes().to_owned())
        }
        Question::Terminal(descriptor, answer) => {
            found.push(u8::from(*answer));
            (b't', descriptor.to_ne_bytes().to_vec())
        }
    };
    (kind, subject, found)
}

/// What is found now, as [`laid_out`] writes it; `None` for a kind that nobody writes.
pub(super) fn look_again(kind: &[u8], subject: &[u8], now: &mut Vec<u8>) -> Option<()> {
    let path = Path::new(OsStr::from_bytes(subject));
    match kind {
        b"v" => lay_out_value(env::value(OsStr::from_bytes(subject)).as_deref(), now),
        b"p" => Look::at(path).write_to(now),
        b"c" => Counter::of(path).write_to(now),
        b"t" => now.push(u8::from(env::is_terminal_descriptor(i32::from_ne_bytes(subject.try_into().ok()?)))),
        _ => return None,
    }
    Some(())
}

/// An empty value is not an unset one. A value may be a secret that a compose file asks for, so only its hash is written
/// down; std's may change with the compiler, but then the program is another one too.
fn lay_out_value(value: Option<&OsStr>, bytes: &mut Vec<u8>) {
    if let Some(value) = value {
        let mut hasher = DefaultHasher::new();
        hasher.write(value.as_bytes());
        bytes.extend(value.len().to_ne_bytes());
        bytes.extend(hasher.finish().to_ne_bytes());
    }
}
