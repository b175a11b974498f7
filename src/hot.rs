//! The hot door: a call that was answered before is answered again from its memo, before the command line is parsed.
//!
//! It starts no process, opens no registry, takes no lock and writes nothing but the answer. Whatever it cannot answer
//! at once goes on to the command line as if this door were not there.
//!
//! **Cost**, in instructions as callgrind counts them: 108,000 with some thirty questions, where `/bin/true` takes
//! 128,000 (its dynamic loader), an empty static program of Rust 80,000 and one of C 38,000. So the door itself costs
//! 28,000, of which comparing a question takes about 500. The rest is the C library's start (38,000) and that of std,
//! which reads `/proc/self/maps` to find the end of the stack (42,000). Beside that, some 30 pages are touched that an
//! empty program does not touch, at a third of a microsecond each.

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
