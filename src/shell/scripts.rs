//! Tests of the scripts that users source, in the shells that they are written for.
//!
//! A stand-in takes gantry's place: it prints the file `answer` of the directory, so that what is tested is the script.

use crate::shell::Shell;
use crate::shell::real::{DASH, Stage};

const STAND_IN: &str = "#!/bin/sh\necho \"$*\" >>\"$STAGE/asked\"\n[ ! -e answer ] || cat answer\n";

/// A stage with the script, the stand-in, and a project that has `PG_PORT`.
fn stage(shell: Shell, stand_in: &str) -> Stage {
    let stage = Stage::new();
    stage.write("hook", shell.hook());
    stage.write("bin/gantry", stand_in);
    let answer = match shell {
        Shell::Fish => "set -gx PG_PORT 5432;\n",
        _ => "export PG_PORT=5432\n",
    };
    stage.write("project/answer", answer);
    stage
}

/// What the lines, typed at an interactive shell's prompt, wrote to the file `told`.
fn typed(stage: &Stage, shell: Shell, lines: &[&str]) -> String {
    stage.write("typed", lines.join("\n") + "\n");
    let script = match shell {
        Shell::Bash => "bash --norc --noprofile -i <typed",
        Shell::Zsh => "zsh -f -i <typed",
        // Without a terminal fish shows no prompt.
        Shell::Fish => "script -qec 'fish --no-config -i' /dev/null <typed",
    };
    let root = stage.path().to_str().unwrap();
    let left = stage.run(DASH, script, &[("STAGE", root), ("TERM", "dumb")]);
    assert!(stage.files().contains(&"told".to_owned()), "{}{}", left.stdout, left.stderr);
    String::from_utf8(stage.read("told")).unwrap()
}

/// The hook, sourced twice as a start-up file may.
const SOURCED: [&str; 2] = [". ./hook", ". ./hook"];

#[test]
fn each_prompt_asks_gantry_once_and_keeps_the_status() {
    #[track_caller]
    fn check(shell: Shell, status: &str) {
        let stage = stage(shell, STAND_IN);
        let told = typed(
            &stage,
            shell,
            &[
                SOURCED[0],
                SOURCED[1],
                "cd project",
                "echo $PG_PORT >>$STAGE/told",
                "sh -c 'exit 5'",
                &format!("echo {status} >>$STAGE/told"),
                "exit",
            ],
        );
        assert_eq!(told, "5432\n5\n", "{shell}");
        let asked = String::from_utf8(stage.read("asked")).unwrap();
        // Six lines end in a prompt once the hook is there.
        assert_eq!(asked, format!("hook-env --shell {shell}\n").repeat(6), "{shell}");
    }
    check(Shell::Bash, "$?");
    check(Shell::Zsh, "$?");
    check(Shell::Fish, "$status");
}

#[test]
fn strict_shells_live_on() {
    for shell in [Shell::Bash, Shell::Zsh] {
        let told = typed(
            &stage(shell, STAND_IN),
            shell,
            &["set -eu", SOURCED[0], SOURCED[1], "cd project", "echo $PG_PORT >>$STAGE/told", "echo on >>$STAGE/told"],
        );
        assert_eq!(told, "5432\non\n", "{shell}");
    }
}

/// An interrupted line leaves a status that is not 0, without ending a shell under `set -e`; nor may the hook.
#[test]
fn a_strict_bash_survives_the_status_of_a_tested_command() {
    let stage = stage(Shell::Bash, STAND_IN);
    let told = typed(&stage, Shell::Bash, &[SOURCED[0], "set -e", "! true", "echo on >>$STAGE/told"]);
    assert_eq!(told, "on\n");
}

#[test]
fn a_gantry_that_fails_or_is_gone_breaks_nothing() {
    for shell in Shell::ALL {
        let strict = if shell == Shell::Fish { "true" } else { "set -eu" };
        let lines = [strict, SOURCED[0], "cd project", "rm ../bin/gantry", "cd ..", "echo on >>$STAGE/told", "exit"];
        let told = typed(&stage(shell, "#!/bin/sh\necho broken >&2\nexit 1\n"), shell, &lines);
        assert_eq!(told, "on\n", "{shell}");
    }
}

/// What was in `PROMPT_COMMAND` still runs, sees the user's status, and is not joined into a syntax error.
#[test]
fn bash_keeps_its_prompt_command() {
    #[track_caller]
    fn check(existing: &str) {
        let stage = stage(Shell::Bash, STAND_IN);
        let lines = [existing, SOURCED[0], SOURCED[1], "cd project", "(exit 5)", "echo $PG_PORT >>$STAGE/told"];
        assert_eq!(typed(&stage, Shell::Bash, &lines), "theirs 5\n5432\n", "{existing}");
    }
    let theirs = "[ $? != 5 ] || echo theirs 5 >>$STAGE/told";
    check(&format!("PROMPT_COMMAND='{theirs}'"));
    check(&format!("PROMPT_COMMAND='{theirs};'"));
    check(&format!("PROMPT_COMMAND=' {theirs} ; '"));
    check(&format!("PROMPT_COMMAND=('{theirs}' :)"));
    check(&format!("declare -ax PROMPT_COMMAND=('{theirs}')"));
}

#[test]
fn zsh_keeps_its_hooks_and_options() {
    #[track_caller]
    fn check(existing: &str) {
        let stage = stage(Shell::Zsh, STAND_IN);
        stage.write("project/answer", "export PG_PORT=5432\nexport LINES_PORT='a\nb'\n");
        let theirs = "theirs() { [ $? != 5 ] || echo theirs 5 >>$STAGE/told }";
        let lines = [theirs, existing, SOURCED[0], SOURCED[1], "cd project", "(exit 5)", "echo $PG_PORT >>$STAGE/told"];
        assert_eq!(typed(&stage, Shell::Zsh, &lines), "theirs 5\n5432\n", "{existing}");
    }
    check("precmd_functions=(theirs)");
    check("precmd() { theirs }");
    check("autoload -Uz add-zsh-hook; add-zsh-hook precmd theirs");
    check("precmd_functions=(theirs); setopt ksh_arrays sh_word_split no_global_export no_unset");
    check("precmd_functions=(theirs); setopt csh_junkie_quotes rc_quotes err_return");
}

#[test]
fn direnv_loads_what_gantry_exports() {
    #[track_caller]
    fn check(envrc: &str, status: u8, expected: &str, message: &str) {
        let stage = Stage::new();
        stage.write("gantry.sh", Shell::DIRENV_FUNCTION);
        let told = "export PG_PORT=5432; export script=theirs\nwatch_file '/a b' /c";
        stage
            .write("bin/gantry", format!("#!/bin/sh\ncat <<'TOLD'\n{told}\nTOLD\necho \"$*\" >asked\nexit {status}\n"));
        stage.write(".envrc", envrc);
        let script = "mkdir -p $HOME/.config/direnv/lib && cp gantry.sh $HOME/.config/direnv/lib/
             direnv allow . && eval \"$(direnv export bash)\"; echo $PG_PORT $script $LAST";
        let left = stage.run(crate::shell::real::BASH, script, &[]);
        assert_eq!(left.stdout, expected, "{}", left.stderr);
        assert!(left.stderr.contains(message), "{}", left.stderr);
        assert_eq!(stage.read("asked"), b"export --auto --x a b\n");
    }
    let failed = "use gantry: gantry export failed with status 3";
    check("use gantry --x 'a b'\n", 0, "5432 theirs\n", "using gantry");
    check("strict_env\nuse gantry --x 'a b'\nexport LAST=1\n", 0, "5432 theirs 1\n", "using gantry");
    check("use gantry --x 'a b'\nexport LAST=1\n", 3, "5432 theirs 1\n", failed);
    check("strict_env\nuse gantry --x 'a b'\nexport LAST=1\n", 3, "\n", failed);
}

#[test]
fn scripts_pass_the_checkers() {
    let stage = Stage::new();
    stage.write("hook.bash", Shell::Bash.hook());
    stage.write("hook.zsh", Shell::Zsh.hook());
    stage.write("hook.fish", Shell::Fish.hook());
    stage.write("direnv.sh", Shell::DIRENV_FUNCTION);
    for script in [
        "shellcheck hook.bash hook.zsh direnv.sh",
        "bash -n hook.bash && bash -n direnv.sh",
        "zsh -n hook.zsh",
        "fish --no-execute hook.fish && fish_indent --check hook.fish",
    ] {
        let left = stage.run(DASH, script, &[]);
        assert_eq!((left.status, left.stdout + &left.stderr), (Some(0), String::new()), "{script}");
    }
}
