//! Variables as text that a shell evaluates: sorted, and the same byte for byte for the same variables.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::{Format, VariableName, quote};

/// What a checkout puts into a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    pub variables: BTreeMap<VariableName, String>,
    /// The files that the variables were computed from; direnv reloads when one changes.
    pub watched: Vec<PathBuf>,
}

impl Exports {
    /// The variables, and under direnv (`DIRENV_IN_ENVRC`) the watched files. Only direnv's own bash can watch, so
    /// other formats than `shell` hold the variables alone.
    pub fn render(&self, format: Format, under_direnv: bool) -> Vec<u8> {
        let mut text = render(format, &self.variables).into_bytes();
        if under_direnv && format == Format::Shell {
            text.extend(watch_file(&self.watched));
        }
        text
    }
}

/// Text that sets every variable. A NUL in a value is left out: no environment can hold one.
pub fn render(format: Format, set: &BTreeMap<VariableName, String>) -> String {
    match format {
        Format::Json => json(set),
        _ => set.iter().map(|(name, value)| assignment(format, name, &value.replace('\0', ""))).collect(),
    }
}

/// Text that unsets the variables; empty for `json` and `env`, which cannot say so.
pub fn render_unset<'a>(format: Format, names: impl IntoIterator<Item = &'a VariableName>) -> String {
    let line = |name: &VariableName| match format {
        // Without -v, bash would go on to a function of this name.
        Format::Shell => format!("unset -v {name}\n"),
        Format::Fish => format!("set -e {name};\n"),
        Format::Nu => format!("hide-env --ignore-errors {name}\n"),
        Format::Pwsh => format!("Remove-Item -LiteralPath 'Env:{name}' -ErrorAction SilentlyContinue\n"),
        Format::Json | Format::Env => String::new(),
    };
    names.into_iter().map(line).collect()
}

/// One call of direnv's `watch_file` with all paths, since each call starts a process; empty for no paths.
pub fn watch_file(paths: &[PathBuf]) -> Vec<u8> {
    if paths.is_empty() {
        return Vec::new();
    }
    let mut call = b"watch_file".to_vec();
    for path in paths {
        call.push(b' ');
        call.extend(quote::posix_bytes(path.as_os_str().as_bytes()));
    }
    call.push(b'\n');
    call
}

/// One statement. Fish's ends in `;`, so that `eval (gantry export --format fish)` works, which joins lines by blanks.
fn assignment(format: Format, name: &VariableName, value: &str) -> String {
    match format {
        Format::Shell => format!("export {name}={}\n", quote::posix(value)),
        Format::Fish => format!("set -gx {name} {};\n", quote::fish(value)),
        Format::Nu => format!("$env.{name} = {}\n", quote::nu(value)),
        Format::Pwsh => format!("$env:{name} = {}\n", quote::pwsh(value)),
        Format::Env | Format::Json => format!("{name}={}\n", quote::dotenv(value)),
    }
}

fn json(set: &BTreeMap<VariableName, String>) -> String {
    let clean: BTreeMap<&str, String> =
        set.iter().map(|(name, value)| (name.as_str(), value.replace('\0', ""))).collect();
    let mut text = serde_json::to_string_pretty(&clean).expect("a map of strings has no value that JSON lacks");
    text.push('\n');
    text
}
