//! The hot door: a call that was answered before is answered again from its memo, before the command line is parsed.
//!
//! It starts no process, opens no registry, takes no lock and writes nothing but the answer. Whatever it cannot answer
//! at once goes on to the command line as if this door were not there.
//!
//! **Cost**, in instructions as callgrind counts them in a small environment: 89,000 with some thirty questions, where
//! `/bin/true` takes 111,000, its dynamic loader most of them. The door itself has 26,000 of these: 11,000 ask the
//! questions, 6,000 find out which call this is. An empty static program of C takes 20,000; the other 43,000 are std's,
//! which reads `/proc/self/maps` to find the end of the stack before `main`, and can be spared by unsafe code alone.
//! Some 60 pages are touched, twice those of an empty program: a dozen of code, because the functions lie where the
//! linker puts them, and the rest data. A file that orders the symbols would save perhaps nine, 2 % of the time, and
//! break with every compiler.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::cli;
use crate::memo::{self, Answer, Request};
use crate::sys::env;

/// Answers from the memo, else runs the command and keeps what it says.
pub fn main() -> ExitCode {
    let arguments = env::args();
    let Some(request) = Request::of_process(&arguments) else { return cli::main(&arguments) };
    match request.answer() {
        Some(answer) => print(&arguments, &answer),
        None => {
            memo::begin();
            cli::main(&arguments)
        }
    }
}

fn print(arguments: &[OsString], answer: &Answer) -> ExitCode {
    let mut stdout = io::stdout().lock();
    if let Err(error) = stdout.write_all(&answer.stdout).and_then(|()| stdout.flush()) {
        // Said once more it would stand there twice, and half of it first.
        return cli::lose_output(arguments, error);
    }
    if !answer.stderr.is_empty() {
        // A closed stderr is nobody's concern.
        let _ = io::stderr().lock().write_all(&answer.stderr);
    }
    ExitCode::SUCCESS
}
