//! The room against repositories that the real git made.
#![allow(clippy::disallowed_methods, reason = "the tests build what the room reads")]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::*;
use crate::config::ConfigError;

const REMOTE: &str = "git@github.com:test/repo.git";

/// A directory of its own, and git without anybody's settings.
struct Scene {
    base: PathBuf,
    _directory: TempDir,
}

impl Scene {
    fn new() -> Scene {
        let directory = tempfile::tempdir().expect("a directory");
        Scene { base: directory.path().canonicalize().expect("its real path"), _directory: directory }
    }

    /// A repository `name` on `main` with one commit, and `REMOTE` as its origin.
    fn repository(&self, name: &str) -> PathBuf {
        let path = self.local_repository(name);
        self.git(&path, &["remote", "add", "origin", REMOTE]);
        path
    }

    /// The same without a remote.
    fn local_repository(&self, name: &str) -> PathBuf {
        self.git(&self.base, &["init", "-q", name]);
        let path = self.base.join(name);
        self.commit(&path, "base");
        path
    }

    fn commit(&self, repository: &Path, content: &str) {
        self.write(&repository.join("file"), content);
        self.git(repository, &["add", "file"]);
        self.git(repository, &["commit", "-qm", content]);
    }

    fn write(&self, file: &Path, content: &str) {
        fs::create_dir_all(file.parent().expect("a parent")).expect("made");
        fs::write(file, content).expect("written");
    }

    #[track_caller]
    fn git(&self, directory: &Path, args: &[impl AsRef<OsStr>]) {
        let output = self.try_git(directory, args);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// For what git reports as a failure, a rebase that stops at a conflict.
    fn try_git(&self, directory: &Path, args: &[impl AsRef<OsStr>]) -> Output {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let settings = ["init.defaultBranch=main", "protocol.file.allow=always", "advice.detachedHead=false"];
        let who = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"];
        Command::new("git")
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .args(args)
            .current_dir(directory)
            .env_clear()
            .envs([("PATH", path.as_os_str()), ("HOME", self.base.as_os_str())])
            .envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null"), ("GIT_EDITOR", "true")])
            .envs(who.map(|name| (name, "tester")))
            .output()
            .expect("git starts")
    }
}

/// The identity as text.
#[track_caller]
fn identity(directory: &Path) -> String {
    String::from_utf8_lossy(&detect(directory).expect("a context").identity).into_owned()
}

/// Remote, branch and what follows them.
#[track_caller]
fn check(directory: &Path, key: &str, label: &str) {
    let context = detect(directory).expect("a context");
    assert_eq!(String::from_utf8_lossy(&context.identity), format!("{REMOTE}{key}"));
    assert_eq!((context.label.as_str(), context.remote.as_deref()), (label, Some(REMOTE)));
}

#[track_caller]
fn check_path_is_identity(directory: &Path, root: &Path, label: &str) {
    let context = detect(directory).expect("a context");
    assert_eq!(context.identity, root.as_os_str().as_bytes());
    assert_eq!((context.root.as_path(), context.label.as_str(), context.remote), (root, label, None));
}

#[test]
fn the_known_vector() {
    let scene = Scene::new();
    let context = detect(&scene.repository("clone")).expect("a context");
    assert_eq!(context.identity, b"git@github.com:test/repo.git:main");
    assert_eq!(hash_of(&context.identity).as_str(), "7e0dcf051c93");
    assert_eq!((context.label.as_str(), context.branch.as_deref()), ("repo/main", Some("main")));
    assert_eq!((context.root, context.subdir), (scene.base.join("clone"), None));
}

#[test]
fn every_directory_of_a_project_answers_the_same() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    scene.write(&top.join("src/deep/file"), "");
    symlink(top.join("src"), scene.base.join("link")).expect("linked");
    for directory in [top.join("src"), top.join("src/deep"), scene.base.join("link/deep")] {
        let context = detect(&directory).expect("a context");
        assert_eq!((context.root, context.identity), (top.clone(), format!("{REMOTE}:main").into_bytes()));
    }
}

#[test]
fn a_nested_project_has_its_own_context() {
    let scene = Scene::new();
    let top = scene.repository("mono");
    scene.write(&top.join("services/api/compose.yaml"), "");
    scene.write(&top.join("services/api/src/main.rs"), "");
    check(&top.join("services/api/src"), ":main:services/api", "repo/main");
    check(&top.join("services"), ":main", "repo/main");
    let context = detect(&top.join("services/api")).expect("a context");
    assert_eq!(context.subdir.as_deref(), Some("services/api"));
    assert_eq!(context.root, top.join("services/api"));
}

#[test]
fn without_git_the_path_is_the_identity() {
    let scene = Scene::new();
    let plain = scene.base.join("plain");
    scene.write(&plain.join("sub/file"), "");
    check_path_is_identity(&plain.join("sub"), &plain.join("sub"), "sub");
    scene.write(&plain.join("gantry.yml"), "");
    check_path_is_identity(&plain.join("sub"), &plain, "plain");
    // A placeholder that was never a repository, as git itself sees it.
    fs::create_dir(plain.join("sub/.git")).expect("made");
    check_path_is_identity(&plain.join("sub"), &plain, "plain");
}

#[test]
fn without_a_remote_the_path_is_the_identity() {
    let scene = Scene::new();
    let top = scene.local_repository("local");
    scene.write(&top.join("src/main.rs"), "");
    check_path_is_identity(&top.join("src"), &top, "local/main");
    scene.write(&top.join("api/compose.yml"), "");
    check_path_is_identity(&top.join("api"), &top.join("api"), "local/main");
    scene.git(&top, &["switch", "-qc", "other"]);
    check_path_is_identity(&top, &top, "local/other");
}

#[test]
fn a_remote_by_another_name() {
    let scene = Scene::new();
    let top = scene.local_repository("clone");
    scene.git(&top, &["remote", "add", "up.stream", "https://host.test/up/stream.git"]);
    assert_eq!(identity(&top), "https://host.test/up/stream.git:main", "the only one");
    scene.git(&top, &["remote", "add", "fork", "https://host.test/me/fork.git"]);
    check_path_is_identity(&top, &top, "clone/main");
    scene.git(&top, &["config", "branch.main.remote", "."]);
    check_path_is_identity(&top, &top, "clone/main");
    scene.git(&top, &["config", "branch.main.remote", "fork"]);
    assert_eq!(identity(&top), "https://host.test/me/fork.git:main", "the branch's upstream");
    scene.git(&top, &["remote", "add", "origin", REMOTE]);
    check(&top, ":main", "repo/main");
}

#[test]
fn the_url_is_taken_as_written() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    scene.git(&top, &["config", "url.https://mirror.test/.insteadOf", "git@github.com:"]);
    scene.git(&top, &["config", "--add", "remote.origin.url", "https://second.test/x.git"]);
    scene.git(&top, &["config", "remote.pushDefault", "elsewhere"]);
    check(&top, ":main", "repo/main");
}

#[test]
fn credentials_are_removed() {
    let scene = Scene::new();
    let top = scene.local_repository("clone");
    scene.git(&top, &["remote", "add", "origin", "https://me:s3cret@host.test/a/app.git"]);
    let context = detect(&top).expect("a context");
    assert_eq!(context.identity, b"https://host.test/a/app.git:main");
    assert!(!format!("{context:?}").contains("s3cret"));
    assert!(is_checkout_of(&top, context.remote.as_deref()));
}

#[test]
fn a_remote_in_an_included_file_counts() {
    let scene = Scene::new();
    let top = scene.local_repository("clone");
    scene.write(&top.join(".git/shared"), &format!("[remote \"origin\"]\n\turl = {REMOTE}\n"));
    scene.git(&top, &["config", "include.path", "shared"]);
    check(&top, ":main", "repo/main");
    assert!(detect(&top).expect("a context").inputs.contains(&top.join(".git/shared")));
}

#[test]
fn an_unborn_branch_has_a_name() {
    let scene = Scene::new();
    scene.git(&scene.base, &["init", "-q", "-b", "trunk", "empty"]);
    let top = scene.base.join("empty");
    check_path_is_identity(&top, &top, "empty/trunk");
    scene.git(&top, &["remote", "add", "origin", REMOTE]);
    check(&top, ":trunk", "repo/trunk");
    assert!(branch_exists(&top, "trunk").expect("readable"));
}

#[test]
fn a_head_may_be_a_link() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    scene.git(&top, &["-c", "core.preferSymlinkRefs=true", "switch", "-qc", "topic/a"]);
    assert!(top.join(".git/HEAD").is_symlink());
    check(&top, ":topic/a", "repo/topic/a");
}

#[test]
fn hostile_branch_names_are_only_names() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    for branch in ["Feat/x;touch${IFS}pwned", "`id`", "$(id)", "a'b\"c", "größe", "-rf", "refs/heads/x"] {
        scene.git(&top, &["update-ref", &format!("refs/heads/{branch}"), "HEAD"]);
        scene.git(&top, &["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")]);
        check(&top, &format!(":{branch}"), &format!("repo/{branch}"));
        assert!(branch_exists(&top, branch).expect("readable"));
    }
}

#[test]
fn names_need_not_be_utf8() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    let moved = scene.base.join(OsStr::from_bytes(b"cl\xffne"));
    fs::rename(&top, &moved).expect("moved");
    scene.git(&moved, &[OsStr::new("switch"), OsStr::new("-qc"), OsStr::from_bytes(b"f\xffx")]);
    let context = detect(&moved).expect("a context");
    assert_eq!(context.identity, [REMOTE.as_bytes(), b":f\xffx"].concat());
    assert_eq!((context.label.as_str(), context.root), ("repo/f\u{fffd}x", moved.clone()));
    assert!(branch_exists(&moved, "f\u{fffd}x").expect("readable"));
    scene.git(&moved, &["remote", "remove", "origin"]);
    assert_eq!(detect(&moved).expect("a context").identity, moved.as_os_str().as_bytes());
}

#[test]
fn a_detached_head_goes_by_its_directory() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    scene.git(&top, &["switch", "-q", "--detach"]);
    check(&top, ":clone", "repo/clone");
    scene.git(&top, &["worktree", "add", "-q", "--detach", "../review"]);
    check(&scene.base.join("review"), ":review", "repo/review");
    assert!(branch_exists(&scene.base.join("review"), "review").expect("readable"));
}

/// A repository whose `topic` conflicts with `main`, on `topic`.
fn conflicting(scene: &Scene) -> PathBuf {
    let top = scene.repository("clone");
    scene.git(&top, &["switch", "-qc", "topic"]);
    scene.commit(&top, "ours");
    scene.git(&top, &["switch", "-q", "main"]);
    scene.commit(&top, "theirs");
    scene.git(&top, &["switch", "-q", "topic"]);
    top
}

#[test]
fn a_rebase_keeps_its_branch() {
    for (backend, state) in [("--merge", "rebase-merge"), ("--apply", "rebase-apply")] {
        let scene = Scene::new();
        let top = conflicting(&scene);
        assert!(!scene.try_git(&top, &["rebase", backend, "main"]).status.success(), "the rebase stops");
        assert!(top.join(".git").join(state).join("head-name").is_file());
        check(&top, ":topic", "repo/topic");
        scene.git(&top, &["branch", "-qm", "main", "trunk"]);
        assert!(branch_exists(&top, "topic").expect("readable"));
        scene.git(&top, &["rebase", "--abort"]);
        check(&top, ":topic", "repo/topic");
    }
}

#[test]
fn a_rebase_of_a_detached_head_has_no_branch() {
    let scene = Scene::new();
    let top = conflicting(&scene);
    scene.git(&top, &["switch", "-q", "--detach"]);
    assert!(!scene.try_git(&top, &["rebase", "main"]).status.success(), "the rebase stops");
    check(&top, ":clone", "repo/clone");
}

#[test]
fn a_rebase_in_a_linked_worktree_is_that_worktrees() {
    let scene = Scene::new();
    let top = conflicting(&scene);
    scene.git(&top, &["switch", "-q", "main"]);
    scene.git(&top, &["worktree", "add", "-q", "../linked", "topic"]);
    let linked = scene.base.join("linked");
    assert!(!scene.try_git(&linked, &["rebase", "main"]).status.success(), "the rebase stops");
    check(&linked, ":topic", "repo/topic");
    check(&top, ":main", "repo/main");
}

#[test]
fn a_bisect_keeps_its_branch() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    for content in ["one", "two", "three", "four"] {
        scene.commit(&top, content);
    }
    scene.git(&top, &["bisect", "start", "HEAD", "HEAD~4"]);
    assert!(!fs::read(top.join(".git/HEAD")).expect("readable").starts_with(b"ref:"), "the bisect detaches");
    check(&top, ":main", "repo/main");
    scene.git(&top, &["bisect", "reset"]);
    scene.git(&top, &["switch", "-q", "--detach"]);
    scene.git(&top, &["bisect", "start", "HEAD", "HEAD~4"]);
    check(&top, ":clone", "repo/clone");
}

#[test]
fn linked_worktrees_have_their_own_branch() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    scene.git(&top, &["worktree", "add", "-q", "-b", "fix", "../linked"]);
    scene.git(&top, &["worktree", "add", "-q", "-b", "inner", "inside"]);
    check(&scene.base.join("linked"), ":fix", "repo/fix");
    check(&top.join("inside"), ":inner", "repo/inner");
    check(&top, ":main", "repo/main");
    assert!(branch_exists(&top, "fix").expect("readable"));
}

#[test]
fn worktrees_of_a_bare_repository() {
    let scene = Scene::new();
    let source = scene.repository("source");
    for (bare, worktree) in [("repo.git", "beside"), ("project/.bare", "project/main")] {
        let git_dir = scene.base.join(bare);
        scene.write(&git_dir.with_file_name(".keep"), "");
        scene.git(&scene.base, &["clone", "-q", "--bare", &source.to_string_lossy(), bare]);
        scene.git(&git_dir, &["remote", "set-url", "origin", REMOTE]);
        let worktree = scene.base.join(worktree);
        scene.git(&git_dir, &["worktree", "add", "-q", &worktree.to_string_lossy(), "main"]);
        check(&worktree, ":main", "repo/main");
        // As git itself lays it out for worktrees with a configuration of their own.
        scene.git(&git_dir, &["config", "extensions.worktreeConfig", "true"]);
        scene.git(&git_dir, &["config", "--unset", "core.bare"]);
        scene.git(&git_dir, &["config", "-f", "config.worktree", "core.bare", "true"]);
        scene.git(&git_dir, &["remote", "remove", "origin"]);
        scene.git(&worktree, &["config", "--worktree", "remote.origin.url", "git@host.test:mine.git"]);
        assert_eq!(identity(&worktree), "git@host.test:mine.git:main");
        check_path_is_identity(&git_dir, &git_dir, &directory_name(&git_dir));
    }
    let project = scene.base.join("project");
    scene.write(&project.join(".git"), "gitdir: ./.bare\n");
    check_path_is_identity(&project, &project, "project");
}

#[test]
fn inside_a_git_directory_there_is_no_checkout() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    scene.git(&top, &["worktree", "add", "-q", "-b", "fix", "../linked"]);
    for inside in [".git", ".git/hooks", ".git/worktrees/linked"] {
        check_path_is_identity(&top.join(inside), &top.join(inside), &directory_name(&top.join(inside)));
    }
}

#[test]
fn a_submodule_is_a_checkout_of_its_own() {
    let scene = Scene::new();
    let library = scene.local_repository("library");
    let top = scene.repository("clone");
    scene.git(&top, &["submodule", "--quiet", "add", &library.to_string_lossy(), "vendor/library"]);
    let submodule = top.join("vendor/library");
    scene.git(&submodule, &["remote", "set-url", "origin", "https://host.test/library.git"]);
    assert_eq!(identity(&submodule), "https://host.test/library.git:main");
    assert_eq!(detect(&submodule).expect("a context").root, submodule);
    check(&top.join("vendor"), ":main", "repo/main");
}

#[test]
fn keyed_by_worktree_a_context_outlives_its_branch() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    scene.write(&top.join("gantry.yml"), "identity: worktree\n");
    let key = format!("@{}", top.display());
    check(&top, &key, "repo/clone");
    scene.git(&top, &["switch", "-qc", "other"]);
    check(&top, &key, "repo/clone");
    assert_eq!(detect(&top).expect("a context").branch, None);
    scene.write(&top.join("api/gantry.yml"), "identity: worktree\n");
    check(&top.join("api"), &format!("{key}:api"), "repo/clone");
    scene.write(&top.join("api/gantry.yml"), "identity: tree\n");
    let error = detect(&top.join("api")).expect_err("refused");
    assert_eq!(error.downcast_ref::<ConfigError>().map(|error| error.line), Some(1));
}

#[test]
fn two_clones_of_one_branch_are_told_apart_by_their_path() {
    let scene = Scene::new();
    let [one, two] = ["one", "two"].map(|name| detect(&scene.repository(name)).expect("a context"));
    assert_eq!(one.identity, two.identity);
    assert_eq!(sibling_identity(&two), format!("{REMOTE}:main@{}", two.root.display()).into_bytes());
    assert_ne!(sibling_identity(&one), sibling_identity(&two));
}

#[test]
fn a_path_holds_its_context_as_long_as_it_is_a_checkout_of_that_remote() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    let holds = |path: &Path| is_checkout_of(path, Some(REMOTE));
    scene.git(&top, &["switch", "-qc", "other"]);
    scene.git(&top, &["remote", "rename", "origin", "github"]);
    assert!(holds(&top), "on any branch, by any name");
    assert!(!is_checkout_of(&top, Some("git@github.com:test/other.git")));
    let moved = scene.base.join("moved");
    fs::rename(&top, &moved).expect("moved");
    assert!(!holds(&top) && holds(&moved), "it was moved");
    scene.write(&top.join("file"), "");
    assert!(!holds(&top), "something else lies there now");
    assert!(is_checkout_of(&top, None) && !is_checkout_of(&top.join("file"), None));
    assert!(!is_checkout_of(&scene.base.join("gone"), None) && !holds(&top.join("file/below")));
    scene.write(&moved.join(".git/HEAD"), "garbage");
    assert!(holds(&moved), "damaged, but still of that remote");
    scene.write(&moved.join(".git/config"), "[remote");
    assert!(holds(&moved), "in doubt it lives");
}

#[test]
fn a_branch_lives_loose_or_packed() {
    let scene = Scene::new();
    let top = scene.repository("clone");
    scene.write(&top.join("api/compose.yaml"), "");
    scene.git(&top, &["branch", "topic/a"]);
    let exists = |branch: &str| branch_exists(&top.join("api"), branch).expect("readable");
    assert!(exists("main") && exists("topic/a") && !exists("topic") && !exists("gone"));
    scene.git(&top, &["tag", "-am", "tagged", "v1"]);
    scene.git(&top, &["pack-refs", "--all"]);
    assert!(!top.join(".git/refs/heads/topic").exists(), "packed");
    assert!(exists("main") && exists("topic/a") && !exists("topic") && !exists("v1"));
    scene.git(&top, &["branch", "-qD", "topic/a"]);
    assert!(!exists("topic/a"));
    assert!(branch_exists(&scene.base, "main").is_err(), "where there is no repository, nothing is known");
}

#[test]
fn a_damaged_repository_is_named_with_a_way_out() {
    #[track_caller]
    fn check(damage: impl FnOnce(&Scene, &Path), expected: &str) {
        let scene = Scene::new();
        let top = scene.repository("clone");
        scene.write(&top.join("sub/file"), "");
        damage(&scene, &top);
        let error = detect(&top.join("sub")).expect_err("refused");
        let error = error.downcast_ref::<RepositoryError>().expect("a repository's error");
        let message = error.to_string().replace(&*scene.base.to_string_lossy(), "BASE");
        assert!(message.starts_with(expected), "{message}");
        assert!(error.hint().contains('`') || error.hint().contains("see that it can"));
    }
    let damaged = "the git repository at BASE/clone/.git is damaged: ";
    let head = format!("{damaged}its `HEAD` names neither a branch nor a commit");
    for garbage in ["", "garbage\n", "ref: ../../outside\n", "ref:\n", "\0\0\0\0"] {
        check(|scene, top| scene.write(&top.join(".git/HEAD"), garbage), &head);
    }
    let remove = |path: PathBuf| move |_: &Scene, top: &Path| fs::remove_file(top.join(&path)).expect("removed");
    check(remove(".git/HEAD".into()), &format!("{damaged}it has no `HEAD`"));
    let remove = |path: PathBuf| move |_: &Scene, top: &Path| fs::remove_dir_all(top.join(&path)).expect("removed");
    check(remove(".git/objects".into()), &format!("{damaged}it has no `objects`"));
    check(remove(".git/refs".into()), &format!("{damaged}it has no `refs`"));
    check(|scene, top| scene.write(&top.join(".git/config"), "[remote"), "BASE/clone/.git/config cannot be read: ");
    check(
        |scene, top| scene.write(&top.join("sub/.git"), "nonsense"),
        "the git repository at BASE/clone/sub is damaged",
    );
    check(
        |scene, top| scene.write(&top.join("sub/.git"), "gitdir: ../gone\n"),
        "the git directory BASE/clone/sub/../gone is gone",
    );
}

#[test]
fn a_reftable_is_refused_by_name() {
    let scene = Scene::new();
    scene.git(&scene.base, &["init", "-q", "clone"]);
    let top = scene.base.join("clone");
    scene.git(&top, &["remote", "add", "origin", REMOTE]);
    // By hand, as git 2.45 and newer lay it out: Debian's knows neither the option nor, afterwards, the repository.
    scene.git(&top, &["config", "core.repositoryFormatVersion", "1"]);
    scene.git(&top, &["config", "extensions.refStorage", "reftable"]);
    scene.write(&top.join(".git/HEAD"), "ref: refs/heads/.invalid\n");
    scene.write(&top.join(".git/reftable/tables.list"), "");
    let error = detect(&top).expect_err("refused");
    let error = error.downcast_ref::<RepositoryError>().expect("a repository's error");
    assert!(error.to_string().contains("reftable") && error.hint().contains("git refs migrate"));
    assert!(branch_exists(&top, "main").is_err() && is_checkout_of(&top, Some(REMOTE)));
    scene.write(&top.join("gantry.yml"), "identity: worktree\n");
    check(&top, &format!("@{}", top.display()), "repo/clone");
}

#[test]
fn extensions_that_concern_objects_do_not_matter() {
    let scene = Scene::new();
    scene.git(&scene.base, &["init", "-q", "--object-format=sha256", "clone"]);
    let top = scene.base.join("clone");
    scene.commit(&top, "base");
    scene.git(&top, &["remote", "add", "origin", REMOTE]);
    scene.git(&top, &["config", "extensions.partialClone", "origin"]);
    check(&top, ":main", "repo/main");
    scene.git(&top, &["switch", "-q", "--detach"]);
    check(&top, ":clone", "repo/clone");
}

/// What a memo would notice: whatever comes, goes or changes.
fn stamps(inputs: &[PathBuf]) -> Vec<(bool, Option<Vec<u8>>)> {
    inputs.iter().map(|input| (input.exists(), fs::read(input).ok())).collect()
}

#[test]
fn whatever_changes_the_context_changes_an_input() {
    let scene = Scene::new();
    let top = conflicting(&scene);
    let sub = top.join("sub");
    scene.write(&sub.join("file"), "");
    let check = |act: &dyn Fn(), what: &str| {
        let before = detect(&sub).expect("a context");
        let (inputs, seen) = (&before.inputs, stamps(&before.inputs));
        act();
        let after = detect(&sub).expect("a context");
        assert_ne!((&before.identity, &before.root), (&after.identity, &after.root), "{what} changes the context");
        assert_ne!(seen, stamps(inputs), "{what} is noticed");
    };
    check(&|| scene.git(&top, &["switch", "-q", "main"]), "a switch");
    check(&|| scene.git(&top, &["switch", "-q", "--detach"]), "detaching");
    check(&|| scene.git(&top, &["switch", "-q", "topic"]), "a switch back");
    check(&|| scene.git(&top, &["remote", "set-url", "origin", "git@host.test:b.git"]), "another remote");
    check(&|| scene.write(&top.join("gantry.yml"), "identity: worktree\n"), "a gantry.yml");
    check(&|| scene.write(&sub.join("docker-compose.yaml"), ""), "a nested project");
    check(&|| scene.git(&sub, &["init", "-q"]), "a nested repository");
    check(&|| fs::remove_dir_all(sub.join(".git")).expect("removed"), "its removal");
}
