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

use std::ffi::{OsStr, OsString};
use std::hash::{DefaultHasher, Hasher};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bytes::{Reader, append, checksum};

use crate::sys::stamp::{Counter, Look};
use crate::sys::witness::{self, Question, Testimony};
use crate::sys::{clock, env, files, paths};

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
        if !self.path.ancestors().skip(1).take(2).all(files::is_own_dir) {
            return None;
        }
        let memo = files::read_own(&self.path, LIMIT).ok()?;
        let rest = memo.strip_prefix(MAGIC)?;
        let (sum, rest) = rest.split_first_chunk()?;
        if u64::from_ne_bytes(*sum) != checksum(rest) {
            return None;
        }
        let mut reader = Reader::new(rest);
        let mut is_same = reader.field()? == self.key && reader.field()? == program();
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
        let mut body = Vec::with_capacity(8 * 1024);
        append(&mut body, &self.key);
        append(&mut body, &program());
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
        let directory = self.path.parent().unwrap_or(&self.path);
        let is_possible = memo.len() as u64 <= LIMIT && files::make_private_dir(directory).is_ok();
        if is_possible && self.path.ancestors().skip(1).take(2).all(files::is_own_dir) {
            // Not worth waiting for the disk: a memo that a crash has emptied is not whole, and so is not believed.
            let _ = files::replace_own(&self.path, &memo);
        }
    }
}

/// Starts to note what the call looks at, for [`remember`].
pub fn begin() {
    witness::begin();
}

/// Keeps what the call has said, where [`begin`] was called and the same call would say the same again.
pub fn remember(arguments: &[OsString], answer: &Answer) {
    if let Some(testimony) = witness::end()
        && let Some(request) = Request::of_process(arguments)
    {
        request.keep(&testimony, answer);
    }
}

/// Removes the memos that were not renewed for so long that nobody uses them.
pub fn prune() {
    if let Some(directory) = directory() {
        files::remove_older(&directory, clock::unwitnessed_now() - LIFETIME * clock::DAY);
    }
}

/// `None` where only the user database knows a home: asking it takes longer than working out the answer.
fn directory() -> Option<PathBuf> {
    let knows_cache = env::path("XDG_CACHE_HOME").is_some_and(|path| path.is_absolute());
    let knows_home = || env::path("HOME").is_some_and(|path| path.is_absolute());
    if knows_cache || knows_home() { Some(paths::cache_dir().ok()?.join("memo")) } else { None }
}

/// Which program this is: its version and its file, so that one that was built anew believes nothing of the old one's.
fn program() -> Vec<u8> {
    let mut program = env!("CARGO_PKG_VERSION").as_bytes().to_owned();
    if let Ok(stamp) = files::program_stamp() {
        program.extend(stamp.to_bytes());
    }
    program
}

/// By hand: `format!` brings two pages of code in that nothing else here touches.
fn hex(number: u64) -> String {
    (0..16).rev().filter_map(|digit| char::from_digit((number >> (4 * digit)) as u32 & 0xf, 16)).collect()
}

fn count(testimony: &Testimony) -> i64 {
    i64::try_from(testimony.questions.len()).unwrap_or(i64::MAX)
}

fn laid_out(question: &Question) -> (u8, Vec<u8>, Vec<u8>) {
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

/// What is found now, as [`laid_out`] writes it.
fn look_again(kind: &[u8], subject: &[u8], now: &mut Vec<u8>) -> Option<()> {
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
