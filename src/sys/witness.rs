//! What a call has looked at: every question that it asked of the world through the doors of `sys`, with the answer it
//! got. Asked again later, the same answers mean that the same call would say the same.
//!
//! The doors report here by themselves, so that no room can look at something and forget to say so; clippy refuses the
//! other ways to look. Each question is answered *before* what it stands for is read: a file that changes in between
//! leaves an answer behind that does not hold any more.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::clock;
use super::stamp::{Counter, Look};

/// Something that was looked at, and what was found there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// An environment variable; `None` where it was unset.
    Variable(OsString, Option<OsString>),
    /// A place in the file system.
    Place(PathBuf, Look),
    /// A file that counts its own changes.
    Counter(PathBuf, Counter),
    /// Whether a descriptor was a terminal.
    Terminal(i32, bool),
}

/// Everything that one call has looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Testimony {
    pub questions: Vec<Question>,
    /// The call saw the clock stand in this span: seconds since the epoch, the first included, the last not.
    pub span: (i64, i64),
}

/// What is gathered while the call runs.
struct Witness {
    testimony: Testimony,
    /// Where each question stands, by what it is about.
    known: HashMap<(u8, Vec<u8>), usize>,
    /// The call did something, or saw something that cannot be asked again.
    is_unrepeatable: bool,
    /// Nanoseconds since the epoch.
    began_at: i128,
}

thread_local! {
    static WITNESS: RefCell<Option<Witness>> = const { RefCell::new(None) };
}

/// From here on, everything that this thread asks is noted.
pub fn begin() {
    let testimony = Testimony { questions: Vec::new(), span: (i64::MIN, i64::MAX) };
    let began_at = clock::nanoseconds();
    let witness = Witness { testimony, known: HashMap::new(), is_unrepeatable: false, began_at };
    WITNESS.with(|cell| *cell.borrow_mut() = Some(witness));
}

/// What was asked since [`begin`]; `None` where nothing was noted, or where the same call may say something else next
/// time: it changed something itself, it saw what no stamp can tell, or a file had been changed so short a time before
/// that another change could leave the same stamp.
pub fn end() -> Option<Testimony> {
    let witness = WITNESS.with(|cell| cell.borrow_mut().take())?;
    let Witness { testimony, is_unrepeatable, began_at, .. } = witness;
    let is_settled = |question: &Question| match question {
        Question::Place(_, look) => look.is_settled_at(began_at),
        Question::Counter(path, counter) => counter.is_reliable() && Counter::of(path) == *counter,
        Question::Variable(..) | Question::Terminal(..) => true,
    };
    (!is_unrepeatable && testimony.questions.iter().all(is_settled)).then_some(testimony)
}

/// Whether anybody listens: what is costly to find out is not asked for nobody.
pub(super) fn is_listening() -> bool {
    WITNESS.with(|cell| cell.borrow().is_some())
}

/// The call changed the world, or saw what cannot be asked again: its answer is good once.
pub fn note_unrepeatable() {
    with(|witness| witness.is_unrepeatable = true);
}

pub(super) fn note_variable(name: &OsStr, value: Option<&OsStr>) {
    note(b'v', name.as_bytes(), || Question::Variable(name.to_owned(), value.map(OsStr::to_owned)));
}

pub(super) fn note_place(path: &Path, look: &Look) {
    note(b'p', path.as_os_str().as_bytes(), || Question::Place(path.to_owned(), look.clone()));
}

pub(super) fn note_counter(path: &Path, counter: &Counter) {
    note(b'c', path.as_os_str().as_bytes(), || Question::Counter(path.to_owned(), counter.clone()));
}

pub(super) fn note_terminal(descriptor: i32, answer: bool) {
    note(b't', &descriptor.to_ne_bytes(), || Question::Terminal(descriptor, answer));
}

/// The clock had, or had not, reached the moment.
pub(super) fn note_moment(moment: i64, is_reached: bool) {
    with(|witness| {
        let (from, until) = witness.testimony.span;
        witness.testimony.span = if is_reached { (from.max(moment), until) } else { (from, until.min(moment)) };
    });
}

/// The first answer counts; another one to the same question means that the world has changed under the call.
fn note(kind: u8, subject: &[u8], question: impl FnOnce() -> Question) {
    with(|witness| {
        let question = question();
        let questions = &mut witness.testimony.questions;
        match witness.known.get(&(kind, subject.to_vec())) {
            Some(&known) => witness.is_unrepeatable |= questions[known] != question,
            None => {
                witness.known.insert((kind, subject.to_vec()), questions.len());
                questions.push(question);
            }
        }
    });
}

fn with(change: impl FnOnce(&mut Witness)) {
    WITNESS.with(|cell| {
        if let Some(witness) = cell.borrow_mut().as_mut() {
            change(witness);
        }
    });
}
