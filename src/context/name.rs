//! The Compose project name of a context.

use crate::model::{ComposeProjectName, Context, ContextHash};

/// Characters before the hash. A container is named after project, service and number, and its name is a host
/// name of at most 63 characters on some networks.
const LENGTH: usize = 50;

/// The context's label in Compose's alphabet, and behind it the first digits of `hash` where the name alone would
/// not tell this context from others: the mapping lost something (`feature/a` and `feature-a`), or the label says
/// too little (a nested project, no remote, `identity: worktree`), or `shared` says that another context, a sibling
/// or a fork of the same name, goes by it.
pub fn project_name(context: &Context, hash: &ContextHash, shared: bool) -> ComposeProjectName {
    let label = match &context.remote {
        Some(_) => context.label.as_str(),
        // Here the context outlives its branch, and so must the name: containers live under it.
        None => context.label.split('/').next().unwrap_or_default(),
    };
    let name = fold(label);
    let says_all = context.remote.is_some() && context.branch.is_some() && context.subdir.is_none();
    if says_all && !shared && name == label.replacen('/', "-", 1) {
        return ComposeProjectName::new(name).expect("fold gives Compose's alphabet");
    }
    let digits: String = hash.as_str().chars().take(6).collect();
    ComposeProjectName::new(format!("{name}-{digits}")).expect("hex digits are in Compose's alphabet")
}

/// Every run of foreign characters becomes one `-`.
fn fold(label: &str) -> String {
    let mut name = String::new();
    for c in label.chars().map(|c| c.to_ascii_lowercase()) {
        match c {
            'a'..='z' | '0'..='9' => name.push(c),
            '-' | '_' if !name.is_empty() => name.push(c),
            _ if name.is_empty() || name.ends_with('-') => {}
            _ => name.push('-'),
        }
    }
    name.truncate(LENGTH);
    let name = name.trim_end_matches('-');
    if name.is_empty() { "project".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::hash_of;

    fn context(label: &str) -> Context {
        Context {
            identity: label.as_bytes().to_owned(),
            root: "/src/app".into(),
            label: label.to_owned(),
            remote: Some("git@host.test:app.git".to_owned()),
            branch: Some("main".to_owned()),
            subdir: None,
            inputs: Vec::new(),
        }
    }

    fn name_of(context: &Context, shared: bool) -> String {
        project_name(context, &ContextHash::from_digits("0123456789ab"), shared).as_str().to_owned()
    }

    #[test]
    fn a_label_in_composes_alphabet() {
        #[track_caller]
        fn check(label: &str, expected: &str) {
            assert_eq!(name_of(&context(label), false), expected, "{label:?}");
        }
        check("app/main", "app-main");
        check("my_app/fix-1", "my_app-fix-1");
        check("app/feature/a", "app-feature-a-012345");
        check("app/feature-a", "app-feature-a");
        check("App/main", "app-main-012345");
        check("my.app/main", "my-app-main-012345");
        check("_app/main", "app-main-012345");
        check("app/main-", "app-main-012345");
        check("app/Feat/x;touch${IFS}pwned", "app-feat-x-touch-ifs-pwned-012345");
        check("app/`id`", "app-id-012345");
        check("größe/日本", "gr-e-012345");
        check("日本/日本", "project-012345");
        check(&format!("app/{}", "x".repeat(46)), &format!("app-{}", "x".repeat(46)));
        check(&format!("app/{}", "x".repeat(47)), &format!("app-{}-012345", "x".repeat(46)));
    }

    #[test]
    fn a_label_that_says_too_little_gets_the_hash() {
        let plain = context("app/main");
        assert_eq!(name_of(&plain, true), "app-main-012345");
        assert_eq!(name_of(&Context { subdir: Some("api".to_owned()), ..plain.clone() }, false), "app-main-012345");
        assert_eq!(name_of(&Context { branch: None, ..plain.clone() }, false), "app-main-012345");
        assert_eq!(name_of(&Context { remote: None, ..plain }, false), "app-012345");
        assert_eq!(name_of(&Context { remote: None, branch: None, ..context("app") }, false), "app-012345");
    }

    proptest::proptest! {
        #[test]
        fn branches_of_one_repository_never_share_a_name(left in ".{1,60}", right in "[a-zA-Z/._-]{1,12}") {
            let names = [&left, &right].map(|branch| {
                let context = context(&format!("app/{branch}"));
                project_name(&context, &hash_of(&context.identity), false)
            });
            proptest::prop_assert_eq!(left == right, names[0] == names[1]);
        }
    }
}
