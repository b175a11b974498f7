//! Signals that ask the program to end: noted, so that a long command can clean up before it goes.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use signal_hook::flag;

use super::witness;

/// How long a loop may wait before it asks again whether it was interrupted.
pub const PACE: Duration = Duration::from_millis(50);

/// Which of these signals came.
#[derive(Clone, Debug, Default)]
pub struct Interrupts {
    /// The last one's number; 0 before the first.
    last: Arc<AtomicUsize>,
    /// The next SIGINT ends the process at once.
    is_second: Arc<AtomicBool>,
}

impl Interrupts {
    /// From here on, and for the rest of the process's life, SIGINT, SIGTERM and SIGHUP are noted instead of ending it;
    /// only a second SIGINT ends it at once. What the caller's shell has it ignore (`nohup`, a background job of a
    /// script) stays ignored.
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> io::Result<Interrupts> {
        witness::note_unrepeatable();
        let interrupts = Interrupts::default();
        let ignored = ignored();
        let is_heeded = |signal: &Signal| ignored & (1 << (*signal as i32 - 1)) == 0;
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].iter().filter(|signal| is_heeded(signal)) {
            let number = *signal as i32;
            if *signal == Signal::SIGINT {
                // Handlers run in this order: the first SIGINT finds the flag down, and puts it up.
                flag::register_conditional_default(number, Arc::clone(&interrupts.is_second))?;
                flag::register(number, Arc::clone(&interrupts.is_second))?;
            }
            flag::register_usize(number, Arc::clone(&interrupts.last), *signal as usize)?;
        }
        Ok(interrupts)
    }

    /// The number of the last signal that came.
    pub fn received(&self) -> Option<i32> {
        i32::try_from(self.last.load(Ordering::SeqCst)).ok().filter(|number| *number != 0)
    }

    /// While the user is asked something, the first SIGINT ends the process already: nothing has been begun that would
    /// have to be cleaned up, and who reads a line is not told of a signal.
    pub fn while_asking<T>(&self, ask: impl FnOnce() -> T) -> T {
        self.is_second.store(true, Ordering::SeqCst);
        let answer = ask();
        self.is_second.store(self.received().is_some(), Ordering::SeqCst);
        answer
    }

    /// Waits until the time is over or a signal has come, which it returns.
    pub fn wait(&self, time: Duration) -> Option<i32> {
        let began = Instant::now();
        loop {
            let left = time.saturating_sub(began.elapsed());
            if self.received().is_some() || left.is_zero() {
                return self.received();
            }
            thread::sleep(left.min(PACE));
        }
    }

    /// As if the signal had come: for tests, which share one process.
    #[cfg(test)]
    pub fn pretend(&self, signal: i32) {
        self.last.store(usize::try_from(signal).unwrap(), Ordering::SeqCst);
    }
}

/// The signals that the process ignores, as proc_pid_status(5) writes them: bit 0 is signal 1. None where there is no
/// such file.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Command, Stdio};

    use nix::sys::signal::raise;

    use super::*;

    const ROLE: &str = "GANTRY_TEST_SIGNALS";

    #[test]
    fn signals_are_noted_and_a_second_interrupt_ends() {
        // Each row is a process of its own, since signals meet the whole process: this test again, in a role.
        if let Some(role) = std::env::var_os(ROLE) {
            return play(role.to_str().unwrap());
        }
        let check = |start: &str, role: &str, expected: Option<Signal>| {
            let name = "sys::signals::tests::signals_are_noted_and_a_second_interrupt_ends";
            let status = Command::new("sh")
                .args(["-c", &format!("{start} exec \"$0\" \"$@\"")])
                .arg(std::env::current_exe().unwrap())
                .args(["--exact", name])
                .env(ROLE, role)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap();
            assert_eq!(status.signal(), expected.map(|signal| signal as i32), "{start} {role}: {status}");
            assert!(expected.is_some() || status.success(), "{start} {role}: {status}");
        };
        check("", "each", None);
        check("", "SIGINT", Some(Signal::SIGINT));
        check("", "SIGTERM", None);
        check("", "SIGHUP", None);
        #[cfg(target_os = "linux")]
        check("trap '' HUP;", "ignored", None);
    }

    fn play(role: &str) {
        let interrupts = Interrupts::listen().unwrap();
        assert_eq!(interrupts.received(), None);
        match role {
            "each" => {
                for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
                    raise(signal).unwrap();
                    assert_eq!(interrupts.received(), Some(signal as i32));
                }
            }
            "ignored" => {
                raise(Signal::SIGHUP).unwrap();
                assert_eq!(interrupts.received(), None);
            }
            twice => {
                raise(twice.parse().unwrap()).unwrap();
                raise(twice.parse().unwrap()).unwrap();
            }
        }
    }

    #[test]
    fn waiting_ends_with_the_time_or_the_signal() {
        let interrupts = Interrupts::default();
        assert_eq!(interrupts.wait(Duration::from_millis(1)), None);
        let other = interrupts.clone();
        let waiting = thread::spawn(move || other.wait(Duration::from_secs(60)));
        interrupts.pretend(Signal::SIGTERM as i32);
        assert_eq!(waiting.join().unwrap(), Some(15));
    }
}
