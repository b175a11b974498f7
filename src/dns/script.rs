//! A plan as a shell script: the commands that gantry would run, for who runs them by hand.

use std::path::Path;

use super::change::{Change, Command, Privilege};
use super::plan::Plan;
use super::record::Record;
use crate::shell::quote_posix;

/// Debian leaves out of a user's PATH where dnsmasq lies.
const HEAD: &str = "#!/bin/sh\nset -e\numask 077\nPATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin\n";

/// What makes the changes that are not in place, after what takes those back that they replace; `record_file` is where
/// gantry looks for what was changed.
pub fn of_plan(plan: &Plan, record_file: &Path, privilege: Privilege) -> String {
    let mut script = format!("{HEAD}# {} for .{}\n", plan.method, plan.tld);
    if let Some(old) = &plan.replaces {
        take_back(&mut script, old, privilege);
    }
    script += "\n# keep what is changed, for gantry dns status and gantry dns remove\n";
    // What the domain was before the first set-up, the script does not put back in between.
    let tld_setting = plan.former().and_then(|former| former.tld_setting.clone());
    file(&mut script, record_file, &Record { tld_setting, ..plan.record() }.to_json());
    for change in &plan.pending {
        script += &format!("\n# {}\n", change.summary());
        match change {
            Change::File { draft: path, contents, .. } | Change::Daemon { config: path, contents, .. } => {
                file(&mut script, path, contents);
            }
            Change::Directory { .. } | Change::Link { .. } | Change::Reload { .. } => {}
        }
        lines(&mut script, &change.commands(), privilege);
    }
    if plan.sets_tld {
        script += &format!("\n# names of projects end in it\ngantry dns setup --tld {} --yes\n", plan.tld);
    }
    script
}

/// What takes everything back.
pub fn of_removal(record: &Record, privilege: Privilege) -> String {
    let mut script = format!("{HEAD}# {} for .{}\n", record.method, record.tld);
    take_back(&mut script, record, privilege);
    script + "\n# forget what was changed\ngantry dns remove --yes\n"
}

fn file(script: &mut String, path: &Path, contents: &str) {
    let quoted = |path: &Path| quote_posix(&path.display().to_string());
    let directory = quoted(path.parent().unwrap_or(path));
    *script += &format!("mkdir -p {directory}\ncat >{} <<'END'\n{contents}END\n", quoted(path));
}

fn take_back(script: &mut String, record: &Record, privilege: Privilege) {
    for change in record.in_order_of_removal() {
        *script += &format!("\n# {}\n", change.undo_summary());
        match change {
            // Somebody else's file in it keeps it.
            Change::Directory { .. } => {
                let commands = change.undo_commands();
                script.extend(commands.iter().map(|command| format!("{} || :\n", command.shown(privilege))));
            }
            _ => lines(script, &change.undo_commands(), privilege),
        }
    }
}

fn lines(script: &mut String, commands: &[Command], privilege: Privilege) {
    script.extend(commands.iter().map(|command| command.shown(privilege) + "\n"));
}
