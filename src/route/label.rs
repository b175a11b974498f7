//! The label that a context goes by under its project's name.

use std::path::Path;

use crate::context::hash_of;
use crate::model::{LABEL_LIMIT, dns_label};
use crate::registry::ContextRow;

/// Digits of the context's hash that stand for what a label cannot hold.
const DIGITS: usize = 6;

/// Each context with its label, in the order of labels. Of second checkouts whose directories go by one name too, all but
/// the oldest have digits behind that.
pub(super) fn labelled(mut contexts: Vec<&ContextRow>) -> Vec<(&ContextRow, String)> {
    contexts.sort_by_key(|context| context.id);
    let mut labelled: Vec<(&ContextRow, String)> = Vec::with_capacity(contexts.len());
    for context in contexts {
        let label = label_of(context);
        let is_met = is_sibling(context) && labelled.iter().any(|(_, other)| *other == label);
        labelled.push((context, if is_met { shortened(&label, context) } else { label }));
    }
    labelled.sort_by(|(_, a), (_, b)| a.cmp(b));
    labelled
}

/// The branch, or where the context has none the directory's name. A second checkout of a branch that another one holds
/// has its directory's name behind it, so that the first one's name never changes.
fn label_of(context: &ContextRow) -> String {
    let directory = directory_name(context);
    let words = match &context.branch {
        Some(branch) if is_sibling(context) => format!("{branch}-{directory}"),
        Some(branch) => branch.clone(),
        None => directory,
    };
    match dns_label(&words) {
        Some(label) if label.len() <= LABEL_LIMIT => label,
        Some(label) => shortened(&label, context),
        // A branch in another script.
        None => format!("c-{}", digits_of(context)),
    }
}

/// The label with the context's digits behind it, within the limit.
fn shortened(label: &str, context: &ContextRow) -> String {
    let kept = label.get(..LABEL_LIMIT - DIGITS - 1).unwrap_or(label).trim_end_matches('-');
    format!("{kept}-{}", digits_of(context))
}

fn digits_of(context: &ContextRow) -> String {
    context.hash.as_str().chars().take(DIGITS).collect()
}

/// Whether another checkout of this remote and branch had come before.
fn is_sibling(context: &ContextRow) -> bool {
    context.hash != hash_of(&context.identity)
}

/// The checkout's, also where the context is a nested project of it: that one's is the same in every clone.
fn directory_name(context: &ContextRow) -> String {
    let below = context.subdir.as_deref().map_or(0, |subdir| Path::new(subdir).components().count());
    let top = context.path.ancestors().nth(below).unwrap_or(&context.path);
    top.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ContextHash;

    fn context(branch: Option<&str>, path: &str, is_sibling: bool) -> ContextRow {
        let identity = b"git@example.com:shop.git:main".to_vec();
        let hash = if is_sibling { ContextHash::from_digits("abcdef012345") } else { hash_of(&identity) };
        ContextRow {
            id: 1,
            hash,
            identity,
            path: path.into(),
            label: String::new(),
            remote: None,
            branch: branch.map(str::to_owned),
            subdir: None,
            project_name: String::new(),
            used_at: 0,
        }
    }

    #[test]
    fn branches_as_labels() {
        #[track_caller]
        fn check(branch: Option<&str>, is_sibling: bool, expected: &str) {
            assert_eq!(label_of(&context(branch, "/src/shop two", is_sibling)), expected);
        }
        check(Some("main"), false, "main");
        check(Some("feature/Login_form"), false, "feature-login-form");
        check(Some("main"), true, "main-shop-two");
        check(None, false, "shop-two");
        check(Some("x\n}\nimport /etc/passwd"), false, "x-import-etc-passwd");
        check(Some("日本"), true, "shop-two");
        let digits = hash_of(b"git@example.com:shop.git:main").as_str()[..DIGITS].to_owned();
        check(Some("日本"), false, &format!("c-{digits}"));
        check(Some(&"a".repeat(80)), false, &format!("{}-{digits}", "a".repeat(56)));
        check(Some(&"a".repeat(63)), false, &"a".repeat(63));
    }
}
