//! Variables as text that a shell evaluates: sorted, and the same byte for byte for the same variables.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use super::{Format, VariableName, quote};

/// What a checkout puts into a shell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exports {
    pub variables: BTreeMap<VariableName, String>,
    /// What must not stay in the environment; `json` and `env` cannot say so.
    pub unset: Vec<VariableName>,
    /// The files that the variables were computed from; direnv reloads when one changes.
    pub watched: Vec<PathBuf>,
}

impl Exports {
    /// The variables, and under direnv (`DIRENV_IN_ENVRC`) the watched files. Only direnv's own bash can watch, so
    /// other formats than `shell` hold the variables alone.
    pub fn render(&self, format: Format, under_direnv: bool) -> Vec<u8> {
        let text = render(format, &self.variables) + &render_unset(format, &self.unset);
        let mut text = text.into_bytes();
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

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use proptest::prelude::*;

    use super::*;
    use crate::shell::real::{BASH, DASH, FISH, RealShell, Stage, ZSH};

    const SHELLS: [(RealShell, Format); 4] =
        [(BASH, Format::Shell), (ZSH, Format::Shell), (DASH, Format::Shell), (FISH, Format::Fish)];

    const HOSTILE: [&str; 32] = [
        "5432",
        "",
        " ",
        "$(touch pwned)",
        "`touch pwned`",
        "'; touch pwned; '",
        "\"; touch pwned; \"",
        "Feat/x;touch${IFS}pwned",
        "$HOME ${HOME} $$ $? $! !! !x",
        "'",
        "''",
        "a'b''c'''d",
        "\"",
        "\\",
        "\\\\",
        "\\'",
        "\\n",
        "\n",
        "a\nb\n\nc",
        "'\n'",
        "\r\n\t\u{b}\u{1b}[31m\u{7f}\u{1}",
        "=ls",
        "a:=ls",
        "~",
        "~root:~",
        "{a,b}",
        "* ? [a-z]",
        "(touch pwned)",
        "a#b # c",
        "-n",
        "> pwned < /dev/null | touch pwned & touch pwned",
        "süß ’ ‘ 日本 \u{1f980} \u{feff}",
    ];

    fn numbered<'a>(values: impl IntoIterator<Item = &'a str>) -> BTreeMap<VariableName, String> {
        let numbered =
            |(index, value): (usize, &str)| (VariableName::new(&format!("V{index}")).unwrap(), value.to_owned());
        values.into_iter().enumerate().map(numbered).collect()
    }

    /// Every shell reads the values as they are, and runs nothing on the way.
    #[track_caller]
    fn check_round_trip(values: &[&str]) {
        let set = numbered(values.iter().copied());
        for (shell, format) in SHELLS {
            let stage = Stage::new();
            let environment = stage.environment_after(shell, &render(format, &set), &[]);
            for (name, value) in &set {
                let expected = value.replace('\0', "");
                assert_eq!(environment.get(name.as_str()), Some(&expected), "{shell:?} on {value:?}");
            }
            assert_eq!(stage.files(), ["rendered"], "{shell:?} ran something");
        }
    }

    #[test]
    fn hostile_values_arrive_in_real_shells() {
        check_round_trip(&HOSTILE);
        check_round_trip(&["a\0b", "\0"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, max_shrink_iters: 50, ..ProptestConfig::default() })]
        #[test]
        fn any_value_arrives_in_real_shells(
            anything in prop::collection::vec(any::<String>(), 100),
            quoting in prop::collection::vec("[ '\"\\\\$`!\n=~#a]{0,12}", 300),
        ) {
            check_round_trip(&anything.iter().chain(&quoting).map(String::as_str).collect::<Vec<_>>());
        }
    }

    /// fish joins the lines of a command substitution by blanks.
    #[test]
    fn fish_may_also_eval_a_substitution() {
        let set = numbered(HOSTILE);
        let stage = Stage::new();
        stage.write("rendered", render(Format::Fish, &set));
        let left = stage.run(FISH, "eval (cat rendered); env -0", &[]);
        assert_eq!(left.stderr, "");
        for (name, value) in &set {
            assert!(left.stdout.contains(&format!("\0{name}={value}\0")), "{value:?}");
        }
        assert_eq!(stage.files(), ["rendered"]);
    }

    #[test]
    fn direnv_reads_the_env_format() {
        // The readers have no common spelling for a quote or line end beside a `$` or a backslash.
        let apart = |value: &str| {
            let double_quoted = value.contains(['\'', '\n', '\r']);
            (double_quoted && value.contains(['$', '\\'])) || value.contains(r"\\") || value.ends_with('\\')
        };
        let values: Vec<&str> = HOSTILE.into_iter().filter(|value| !apart(value)).collect();
        assert!(values.len() > 20);
        let set = numbered(values);
        let stage = Stage::new();
        stage.write(".env", render(Format::Env, &set));
        let left = stage.run(BASH, "direnv dotenv json .env", &[]);
        assert_eq!(left.stderr, "");
        let read: BTreeMap<String, String> = serde_json::from_str(&left.stdout).unwrap();
        for (name, value) in &set {
            assert_eq!(read.get(name.as_str()), Some(value));
        }
    }

    #[test]
    fn each_format_has_its_lines() {
        #[track_caller]
        fn check(format: Format, set: &str, unset: &str) {
            let variables = BTreeMap::from([
                (VariableName::new("PG_PORT").unwrap(), "5432".to_owned()),
                (VariableName::COMPOSE_PROJECT_NAME, "it's".to_owned()),
            ]);
            assert_eq!(render(format, &variables), set);
            assert_eq!(render_unset(format, variables.keys()), unset);
        }
        check(
            Format::Shell,
            "export COMPOSE_PROJECT_NAME='it'\\''s'\nexport PG_PORT=5432\n",
            "unset -v COMPOSE_PROJECT_NAME\nunset -v PG_PORT\n",
        );
        check(
            Format::Fish,
            "set -gx COMPOSE_PROJECT_NAME 'it\\'s';\nset -gx PG_PORT 5432;\n",
            "set -e COMPOSE_PROJECT_NAME;\nset -e PG_PORT;\n",
        );
        check(
            Format::Nu,
            "$env.COMPOSE_PROJECT_NAME = \"it's\"\n$env.PG_PORT = \"5432\"\n",
            "hide-env --ignore-errors COMPOSE_PROJECT_NAME\nhide-env --ignore-errors PG_PORT\n",
        );
        check(
            Format::Pwsh,
            "$env:COMPOSE_PROJECT_NAME = 'it''s'\n$env:PG_PORT = '5432'\n",
            "Remove-Item -LiteralPath 'Env:COMPOSE_PROJECT_NAME' -ErrorAction SilentlyContinue\n\
             Remove-Item -LiteralPath 'Env:PG_PORT' -ErrorAction SilentlyContinue\n",
        );
        check(Format::Json, "{\n  \"COMPOSE_PROJECT_NAME\": \"it's\",\n  \"PG_PORT\": \"5432\"\n}\n", "");
        check(Format::Env, "COMPOSE_PROJECT_NAME=\"it's\"\nPG_PORT=5432\n", "");
        assert_eq!(render(Format::Json, &BTreeMap::new()), "{}\n");
        assert_eq!(render(Format::Shell, &BTreeMap::new()), "");
    }

    #[test]
    fn unset_leaves_real_shells_without_the_variables() {
        let set = numbered(["a", "b"]);
        for (shell, format) in SHELLS {
            let text = render(format, &set) + &render_unset(format, set.keys().take(1));
            let environment = Stage::new().environment_after(shell, &text, &[]);
            assert_eq!(
                (environment.get("V0"), environment.get("V1").map(String::as_str)),
                (None, Some("b")),
                "{shell:?}"
            );
        }
    }

    #[test]
    fn only_direnv_watches() {
        let exports = Exports {
            variables: numbered(["1"]),
            unset: Vec::new(),
            watched: vec![PathBuf::from("/it's"), PathBuf::from("/b")],
        };
        #[track_caller]
        fn check(text: Vec<u8>, expected: &str) {
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
        check(exports.render(Format::Shell, false), "export V0=1\n");
        check(exports.render(Format::Shell, true), "export V0=1\nwatch_file '/it'\\''s' /b\n");
        check(exports.render(Format::Fish, true), "set -gx V0 1;\n");
        check(watch_file(&[]), "");
    }

    #[test]
    fn watched_paths_arrive_byte_for_byte() {
        let paths =
            [&b"/a b"[..], b"/\xff\xfe", b"/it's $(touch pwned) `touch pwned`", b"/a\nb", b"-n", b"/\x01\x7f\\"];
        let paths: Vec<PathBuf> = paths.map(|path| PathBuf::from(OsString::from_vec(path.to_vec()))).into();
        let stage = Stage::new();
        stage.write("rendered", watch_file(&paths));
        let print = "watch_file() { printf '%s\\0' \"$@\" >watched; }; eval \"$(cat rendered)\"";
        assert_eq!(stage.run(BASH, print, &[]).stderr, "");
        let expected: Vec<u8> = paths.iter().flat_map(|path| [path.as_os_str().as_bytes(), b"\0"].concat()).collect();
        assert_eq!(stage.read("watched"), expected);
        assert_eq!(stage.files(), ["rendered", "watched"]);
    }
}
