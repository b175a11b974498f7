//! direnv: whether it is there, hooked into the shell, and whether this project's `.envrc` asks gantry.

use std::time::Duration;

use anyhow::Result;

use crate::app::App;
use crate::model::Finding;
use crate::sys::{env, files, process};

/// direnv answers at once.
const PATIENCE: Duration = Duration::from_secs(5);

/// More than any `.envrc` is long.
const FILE_LIMIT: u64 = 4 << 20;

pub(super) fn look(app: &mut App) -> Result<Vec<Finding>> {
    let Some(program) = process::find_program("direnv") else {
        let text = "not installed";
        return Ok(vec![Finding::not_set_up("direnv", text, "`gantry init --shell SHELL` works without it")]);
    };
    let version = process::output(&program, &["version"], PATIENCE).unwrap_or_default();
    let version = String::from_utf8_lossy(&version).trim().to_owned();
    let Ok(context) = app.context() else {
        return Ok(vec![Finding::good("direnv", version)]);
    };
    let envrc = context.root.join(".envrc");
    let text = files::read_limited(&envrc, FILE_LIMIT).unwrap_or_default();
    let asks = String::from_utf8_lossy(&text).lines().any(asks_gantry);
    let shown = envrc.display();
    if !asks {
        let text = format!("{version}; {shown} does not ask gantry");
        return Ok(vec![Finding::not_set_up("direnv", text, "`gantry init --direnv`")]);
    }
    Ok(vec![match is_allowed(&program) {
        Some(false) => Finding::bad("direnv", format!("{version}; {shown} is not allowed"), "`direnv allow`"),
        // Neither is it in cron and in CI.
        _ if env::var("DIRENV_DIR").is_none() => {
            let mend = "`eval \"$(direnv hook bash)\"` in ~/.bashrc, or as `man direnv` has it for other shells";
            Finding::not_set_up("direnv", format!("{version}; it is not at work in this shell"), mend)
        }
        _ => Finding::good("direnv", format!("{version}; {shown} asks gantry")),
    }])
}

fn asks_gantry(line: &str) -> bool {
    let code = line.split(" #").next().unwrap_or_default().trim();
    let mut words = code.split_whitespace();
    let is_use = match (words.next(), words.next()) {
        (Some("use"), second) => second == Some("gantry"),
        (first, _) => first == Some("use_gantry"),
    };
    !code.starts_with('#') && (code.contains("gantry export") || is_use)
}

/// Whether direnv loads the `.envrc` of the current directory; `None` where it does not tell.
fn is_allowed(program: &std::path::Path) -> Option<bool> {
    let told = process::output(program, &["status"], PATIENCE)?;
    let told = String::from_utf8_lossy(&told);
    // `true` and `false` before 2.33, since then 0 for allowed.
    let word = told.lines().find_map(|line| line.strip_prefix("Found RC allowed "))?;
    Some(matches!(word.trim(), "true" | "0"))
}

#[cfg(test)]
mod tests {
    use super::asks_gantry;

    #[test]
    fn lines_that_ask() {
        #[track_caller]
        fn check(line: &str, expected: bool) {
            assert_eq!(asks_gantry(line), expected, "{line:?}");
        }
        check("eval \"$(gantry export --auto)\"", true);
        check("  use gantry  # ports", true);
        check("# eval \"$(gantry export --auto)\"", false);
        check("use gantry --certs", true);
        check("use nix", false);
    }
}
