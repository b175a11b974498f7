//! The memo: what a call said, and everything that it looked at to say it. Where all of that is as it was, the same call
//! would say the same, so its answer is read from here and nothing else is touched.
//!
//! One small file a call and directory, in the user's cache. It is a cache: deleting it, damaging it, or writing it twice
//! at once never changes an answer. Two rules make that true. What was looked at is not listed by hand: `sys` notes each
//! question as it is asked. And a memo is believed only where nobody else can have written it: it is the user's own file,
//! in the user's own directory, with no link on the way, whole, and made by this very program.
//!
//! **Cost.** Reading one takes six system calls, each question one more, about a microsecond apiece; a checkout asks
//! some thirty. Nothing in it is parsed: what is found now is laid out as it was written then, and compared as bytes.

mod bytes;
mod question;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use bytes::{Reader, append, checksum};
use question::{laid_out, look_again};

use crate::sys::witness::{self, Testimony};
use crate::sys::{clock, env, files, own, paths, process};

/// The calls whose answer is kept: those that shells and scripts make all day.
const COMMANDS: [&str; 3] = ["export", "get", "hook-env"];

/// Variables that differ from shell to shell while all else is the same: each has a memo of its own.
const SELECTORS: [&str; 3] = ["COMPOSE_FILE", "DIRENV_IN_ENVRC", "GANTRY_CONTEXT"];

/// What a memo starts with: a name, and the version of its form.
const MAGIC: &[u8; 8] = b"gntrmem1";

/// Bytes; an answer beyond that is not kept.
const LIMIT: u64 = 1024 * 1024;

/// Days after which a memo that nobody has renewed is not used any more: the time of a context's last use is refreshed
/// once a day, and its memos with it.
const LIFETIME: i64 = 7;

/// What a call printed before it ended well.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// A call, as far as it is told from others before anything is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The directory, the arguments and the selectors.
    key: Vec<u8>,
    /// Where its memo lies, or would lie.
    path: PathBuf,
}

impl Request {
    /// The call that this process is; `None` for one whose answer is not kept, or where there is no place for it.
    pub fn of_process(arguments: &[OsString]) -> Option<Request> {
        let command = arguments.get(1)?;
        if !COMMANDS.iter().any(|name| *name == *command) {
            return None;
        }
        let mut key = Vec::with_capacity(512);
        append(&mut key, env::current_dir().ok()?.as_os_str().as_bytes());
        for argument in &arguments[1..] {
            append(&mut key, argument.as_bytes());
        }
        for name in SELECTORS {
            let value = env::value(OsStr::new(name));
            append(&mut key, &[u8::from(value.is_some())]);
            append(&mut key, value.unwrap_or_default().as_bytes());
        }
        let path = directory()?.join(hex(checksum(&key)));
        Some(Request { key, path })
    }

    /// The answer that the call would give; `None` where that has to be worked out.
    pub fn answer(&self) -> Option<Answer> {
        if !self.path.ancestors().skip(1).take(2).all(own::is_private_dir) {
            return None;
        }
        let memo = own::read(&self.path, LIMIT).ok()?;
        let rest = memo.strip_prefix(MAGIC)?;
        let (sum, rest) = rest.split_first_chunk()?;
        if u64::from_ne_bytes(*sum) != checksum(rest) {
            return None;
        }
        let mut reader = Reader::new(rest);
        let mut is_same = reader.field()? == self.key && reader.field()? == program()?;
        let span = (reader.number()?, reader.number()?);
        is_same &= (span.0..span.1).contains(&clock::unwitnessed_now());
        let mut now = Vec::with_capacity(256);
        for _ in 0..reader.number()? {
            if !is_same {
                return None;
            }
            let (kind, subject, then) = (reader.field()?, reader.field()?, reader.field()?);
            now.clear();
            look_again(kind, subject, &mut now)?;
            is_same = now == then;
        }
        let answer = Answer { stdout: reader.field()?.to_owned(), stderr: reader.field()?.to_owned() };
        (is_same && reader.is_at_end()).then_some(answer)
    }

    /// Keeps the answer for the next such call. Where that cannot be done, the next one works it out again.
    fn keep(&self, testimony: &Testimony, answer: &Answer) {
        let Some(program) = program() else { return };
        let mut body = Vec::with_capacity(8 * 1024);
        append(&mut body, &self.key);
        append(&mut body, &program);
        let limit = clock::unwitnessed_now().saturating_add(LIFETIME * clock::DAY);
        let numbers = [testimony.span.0, testimony.span.1.min(limit), count(testimony)];
        numbers.iter().for_each(|number| body.extend(number.to_ne_bytes()));
        for question in &testimony.questions {
            let (kind, subject, found) = laid_out(question);
            append(&mut body, &[kind]);
            append(&mut body, &subject);
            append(&mut body, &found);
        }
        append(&mut body, &answer.stdout);
        append(&mut body, &answer.stderr);
        let memo = [MAGIC.as_slice(), &checksum(&body).to_ne_bytes(), &body].concat();
        if memo.len() as u64 <= LIMIT && self.make_directory().is_some() {
            // Not worth waiting for the disk: a memo that a crash has emptied is not whole, and so is not believed.
            let _ = own::replace(&self.path, &memo);
        }
    }

    fn make_directory(&self) -> Option<()> {
        let directory = self.path.parent()?;
        let parent = directory.parent()?;
        files::make_private_dir(parent).ok()?;
        own::is_private_dir(parent).then_some(())?;
        own::make_dir(directory).ok()
    }
}

/// Starts to note what the call looks at.
pub fn begin() {
    witness::begin();
}

/// What the call has looked at since [`begin`]; `None` where nobody began, or where the same call may say something else.
/// What is done after it is no part of the answer.
pub fn end() -> Option<Testimony> {
    witness::end()
}

/// Keeps what the call has said for the next such call.
pub fn remember(arguments: &[OsString], testimony: &Testimony, answer: &Answer) {
    if let Some(request) = Request::of_process(arguments) {
        request.keep(testimony, answer);
    }
}

/// Removes the memos that were not renewed for so long that nobody uses them.
pub fn prune() {
    if let Some(directory) = directory().filter(|directory| directory.parent().is_some_and(own::is_private_dir)) {
        own::remove_older(&directory, clock::unwitnessed_now() - LIFETIME * clock::DAY, is_memos_name);
    }
}

/// A memo's own name, or that of one which somebody stopped being written.
fn is_memos_name(name: &OsStr) -> bool {
    let name = name.as_bytes();
    name.starts_with(own::UNFINISHED.as_bytes()) || name.len() == 16 && name.iter().all(u8::is_ascii_hexdigit)
}

/// `None` where only the user database knows a home: asking it takes longer than working out the answer.
fn directory() -> Option<PathBuf> {
    let knows_cache = env::path("XDG_CACHE_HOME").is_some_and(|path| path.is_absolute());
    let knows_home = || env::path("HOME").is_some_and(|path| path.is_absolute());
    if knows_cache || knows_home() { Some(paths::cache_dir().ok()?.join("memo")) } else { None }
}

/// Which program this is and who runs it, so that one that was built anew believes nothing of the old one's, and a user
/// who has left a group nothing that only the group may read. Where the system does not tell, nothing is kept.
fn program() -> Option<Vec<u8>> {
    let identity = process::identity().ok()?;
    Some([env!("CARGO_PKG_VERSION").as_bytes(), &identity].concat())
}

/// By hand: `format!` brings two pages of code in that nothing else here touches.
fn hex(number: u64) -> String {
    (0..16).rev().filter_map(|digit| char::from_digit((number >> (4 * digit)) as u32 & 0xf, 16)).collect()
}

fn count(testimony: &Testimony) -> i64 {
    i64::try_from(testimony.questions.len()).unwrap_or(i64::MAX)
}
