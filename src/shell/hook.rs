//! What the prompt's hook evaluates: how one directory's variables give way to the next one's.
//!
//! `GANTRY_HOOK` remembers, for each variable that the hook has set, what the user had before: a JSON object of names
//! to the former value, or `null` where there was none. It is exported, so that a shell started inside a project knows
//! what to put back when it leaves. It is only ever text from outside: nothing that steers is set because it says so.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::render::{render, render_unset};
use super::{Shell, VariableName};

/// Variables and what each shall be; `None` is unset.
type Values = BTreeMap<VariableName, Option<String>>;

/// The script that leads from what the hook set before to `wanted`: sets what is new, puts back what is over.
/// Empty where nothing changes.
///
/// `wanted` is empty outside a project. `current` looks a variable up in the environment, an empty one included; a
/// value that it cannot tell, such as one that is not UTF-8, counts as unset and is not put back.
pub fn hook_env(
    shell: Shell,
    wanted: &BTreeMap<VariableName, String>,
    current: impl Fn(&str) -> Option<String>,
) -> String {
    let mut goal = current(VariableName::GANTRY_HOOK.as_str()).map(|memory| recall(&memory)).unwrap_or_default();
    let memory = remember(&former(&goal, wanted, &current));
    goal.extend(wanted.iter().map(|(name, value)| (name.clone(), Some(value.clone()))));
    goal.insert(VariableName::GANTRY_HOOK, memory);
    goal.retain(|name, value| current(name.as_str()) != *value);
    let unset: Vec<VariableName> =
        goal.iter().filter(|(_, value)| value.is_none()).map(|(name, _)| name.clone()).collect();
    let set = goal.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    render(shell.format(), &set) + &render_unset(shell.format(), &unset)
}

/// What to put back on leaving: as remembered, else what stands there now. A variable that has the wanted value
/// without the hook's doing is somebody else's, direnv's perhaps, who will take it away in time.
fn former(
    remembered: &Values,
    wanted: &BTreeMap<VariableName, String>,
    current: impl Fn(&str) -> Option<String>,
) -> Values {
    let former = |(name, value): (&VariableName, &String)| {
        let former = match remembered.get(name) {
            Some(former) => former.clone(),
            None => Some(current(name.as_str())).filter(|current| current.as_ref() != Some(value))?,
        };
        Some((name.clone(), former))
    };
    wanted.iter().filter_map(former).collect()
}

/// Entries that are no valid name, or no text, are passed over: nobody knows what to put back for them.
fn recall(memory: &str) -> Values {
    let entries: Map<String, Value> = serde_json::from_str(memory).unwrap_or_default();
    let entry = |(name, former): (String, Value)| {
        let former = match former {
            Value::Null => None,
            Value::String(text) => Some(text),
            _ => return None,
        };
        Some((VariableName::new_or_own(&name)?, former))
    };
    entries.into_iter().filter_map(entry).collect()
}

/// The value of `GANTRY_HOOK`; `None` where there is nothing to remember.
fn remember(former: &Values) -> Option<String> {
    let text = serde_json::to_string(former).expect("a map of strings has no value that JSON lacks");
    (!former.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shell::real::{BASH, FISH, RealShell, Stage, ZSH};

    fn variables(pairs: &[(&str, &str)]) -> BTreeMap<VariableName, String> {
        pairs.iter().map(|(name, value)| (VariableName::new_or_own(name).unwrap(), (*value).to_owned())).collect()
    }

    #[track_caller]
    fn check(wanted: &[(&str, &str)], environment: &[(&str, &str)], expected: &str) {
        let environment = BTreeMap::from_iter(environment.iter().copied());
        let current = |name: &str| environment.get(name).map(ToString::to_string);
        assert_eq!(hook_env(Shell::Bash, &variables(wanted), current), expected);
    }

    #[test]
    fn entering_sets_and_remembers() {
        check(&[("PG_PORT", "5433")], &[], "export GANTRY_HOOK='{\"PG_PORT\":null}'\nexport PG_PORT=5433\n");
        check(
            &[("PG_PORT", "5433"), ("GANTRY_CONTEXT", "abc")],
            &[("PG_PORT", "it's"), ("GANTRY_CONTEXT", "")],
            "export GANTRY_CONTEXT=abc\n\
             export GANTRY_HOOK='{\"GANTRY_CONTEXT\":\"\",\"PG_PORT\":\"it'\\''s\"}'\n\
             export PG_PORT=5433\n",
        );
    }

    #[test]
    fn nothing_changed_prints_nothing() {
        check(&[], &[], "");
        check(&[], &[("PG_PORT", "1")], "");
        check(&[("PG_PORT", "5433")], &[("PG_PORT", "5433"), ("GANTRY_HOOK", r#"{"PG_PORT":null}"#)], "");
    }

    #[test]
    fn leaving_puts_back() {
        check(
            &[],
            &[("A_PORT", "5433"), ("B_PORT", "6379"), ("GANTRY_HOOK", r#"{"A_PORT":null,"B_PORT":"7"}"#)],
            "export B_PORT=7\nunset -v A_PORT\nunset -v GANTRY_HOOK\n",
        );
    }

    #[test]
    fn the_next_project_follows_at_once() {
        check(
            &[("B_PORT", "2"), ("C_PORT", "3")],
            &[("A_PORT", "1"), ("B_PORT", "1"), ("GANTRY_HOOK", r#"{"A_PORT":"old","B_PORT":null}"#)],
            "export A_PORT=old\n\
             export B_PORT=2\n\
             export C_PORT=3\n\
             export GANTRY_HOOK='{\"B_PORT\":null,\"C_PORT\":null}'\n",
        );
    }

    #[test]
    fn what_direnv_has_set_is_left_to_direnv() {
        check(&[("PG_PORT", "5433")], &[("PG_PORT", "5433"), ("DIRENV_DIR", "-/p")], "");
    }

    #[test]
    fn a_hostile_memory_sets_nothing_that_steers() {
        for memory in [
            r#"{"PATH":"/tmp/evil","LD_PRELOAD":"/tmp/evil.so","BASH_ENV":null,"DIRENV_DIR":"x"}"#,
            r#"{"A;touch pwned":"x","$(touch pwned)":null,"GANTRY_HOOK":"again"}"#,
            r#"{"PG_PORT":5432,"B_PORT":["x"],"C_PORT":{}}"#,
            "[]",
            "{",
            "",
            "null",
        ] {
            check(&[], &[("GANTRY_HOOK", memory), ("PATH", "/bin"), ("BASH_ENV", "x")], "unset -v GANTRY_HOOK\n");
        }
        let deep = "[".repeat(100_000);
        check(&[], &[("GANTRY_HOOK", &deep)], "unset -v GANTRY_HOOK\n");
        check(
            &[],
            &[("GANTRY_HOOK", r#"{"A_PORT":"'; touch pwned; '"}"#)],
            "export A_PORT=''\\''; touch pwned; '\\'''\nunset -v GANTRY_HOOK\n",
        );
    }

    /// One way through three projects and out again leaves each real shell with the environment it began with.
    #[test]
    fn real_shells_come_back_as_they_went() {
        #[track_caller]
        fn check(shell: Shell, real: RealShell) {
            let begin = BTreeMap::from([("B_PORT", "it's"), ("C_PORT", ""), ("D_PORT", "a\n$(touch pwned)\\")]);
            let mut environment: BTreeMap<String, String> =
                begin.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
            let stops = [
                &[("A_PORT", "1"), ("B_PORT", "2"), ("COMPOSE_FILE", "x"), ("D_PORT", "3")][..],
                &[("B_PORT", "3"), ("C_PORT", "4")],
                &[("A_PORT", "'"), ("C_PORT", "$(touch pwned)\n\\")],
                &[],
            ];
            let stage = Stage::new();
            for stop in stops {
                let wanted = variables(stop);
                let text = hook_env(shell, &wanted, |name| environment.get(name).cloned());
                let given: Vec<_> = environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                environment = stage.environment_after(real, &text, &given);
                for (name, value) in &wanted {
                    assert_eq!(environment.get(name.as_str()), Some(value), "{shell}: {name}");
                }
                assert_eq!(hook_env(shell, &wanted, |name| environment.get(name).cloned()), "", "{shell}");
            }
            environment
                .retain(|name, _| name.ends_with("_PORT") || name.starts_with("GANTRY") || name.starts_with("COMPOSE"));
            let end: BTreeMap<&str, &str> =
                environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(end, begin, "{shell}");
            assert_eq!(stage.files(), ["rendered"]);
        }
        check(Shell::Bash, BASH);
        check(Shell::Zsh, ZSH);
        check(Shell::Fish, FISH);
    }

    proptest! {
        #[test]
        fn any_memory_is_survived(memory in any::<String>(), entry in "[A-Z_]{1,12}", former in any::<String>()) {
            let object = serde_json::json!({ entry: former }).to_string();
            for memory in [memory, object] {
                let script = hook_env(Shell::Bash, &BTreeMap::new(), |name| {
                    (name == "GANTRY_HOOK").then(|| memory.clone())
                });
                prop_assert!(script.contains("unset -v GANTRY_HOOK\n"));
            }
        }
    }
}
