//! Process groups.

use std::fs;
use std::io;

use nix::sys::signal::kill;
use nix::unistd::{Pid, getpgrp, tcgetpgrp};

/// Whether a process of the group runs; `group` is its number with a minus. Those that have ended do not count: in a
/// container, the first process may be one that never asks how its children ended.
pub(super) fn lives(group: Pid) -> bool {
    if kill(group, None).is_err() {
        return false;
    }
    // Where there is no /proc, being there has to do.
    let Ok(processes) = fs::read_dir("/proc") else { return true };
    let runs = |entry: fs::DirEntry| -> Option<bool> {
        let stat = fs::read(entry.path().join("stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat);
        // proc_pid_stat(5): number, (name), state, parent, group. The name may hold anything.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let is_over = matches!(fields.next()?, "Z" | "X");
        Some(!is_over && fields.nth(1)?.parse() == Ok(-group.as_raw()))
    };
    !cfg!(target_os = "linux") || processes.flatten().any(|entry| runs(entry) == Some(true))
}

/// Whether this process's group is the one that the terminal sends its Ctrl-C to.
pub(super) fn is_in_foreground() -> bool {
    let owners = [tcgetpgrp(io::stdin()), tcgetpgrp(io::stdout()), tcgetpgrp(io::stderr())];
    owners.contains(&Ok(getpgrp()))
}
