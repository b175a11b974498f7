//! What the prompt's hook evaluates: how one directory's variables give way to the next one's.
//!
//! `GANTRY_HOOK` remembers, for each variable that the hook has set, what the user had before: a JSON object of names
//! to the former value, or `null` where there was none. It is exported, so that a shell started inside a project knows
//! what to put back when it leaves. It is only ever text from outside: of what it names, nothing that steers is set.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Shell, VariableName, render, render_unset};

/// What the user had before, for each variable that the hook has set.
type Former = BTreeMap<VariableName, Option<String>>;

/// The script that leads from the variables the hook set before to `wanted`: sets what is new, puts back what is over.
/// Empty where nothing changes.
///
/// `memory` is the value of `GANTRY_HOOK`, damaged or hostile as it may be; `wanted` is empty outside a project;
/// `current` looks a variable up in the environment, an empty one included.
pub fn hook_env(
    shell: Shell,
    memory: Option<&str>,
    wanted: &BTreeMap<VariableName, String>,
    current: impl Fn(&str) -> Option<String>,
) -> String {
    let before = memory.map(recall).unwrap_or_default();
    let after: Former = wanted
        .keys()
        .map(|name| (name.clone(), before.get(name).cloned().unwrap_or_else(|| current(name.as_str()))))
        .collect();
    let over = before.iter().filter(|(name, _)| !wanted.contains_key(name));
    let restored = over.clone().filter_map(|(name, former)| Some((name, former.as_ref()?)));
    let mut set: BTreeMap<VariableName, String> = wanted
        .iter()
        .chain(restored)
        .filter(|(name, value)| current(name.as_str()).as_ref() != Some(value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let mut unset: BTreeSet<&VariableName> = over
        .filter(|(name, former)| former.is_none() && current(name.as_str()).is_some())
        .map(|(name, _)| name)
        .collect();
    let remembered = (!after.is_empty()).then(|| remember(&after));
    match remembered {
        Some(text) if memory != Some(text.as_str()) => drop(set.insert(VariableName::GANTRY_HOOK, text)),
        None if memory.is_some() => drop(unset.insert(&VariableName::GANTRY_HOOK)),
        _ => {}
    }
    render(shell.format(), &set) + &render_unset(shell.format(), unset)
}

/// Entries that are no valid name, or no text, are passed over: nobody knows what to put back for them.
fn recall(memory: &str) -> Former {
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

fn remember(former: &Former) -> String {
    serde_json::to_string(former).expect("a map of strings has no value that JSON lacks")
}
