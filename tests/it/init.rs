//! `gantry init`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::shop::Shop;

const EVAL: &str = "eval \"$(gantry export --auto)\"";

/// Where each shell's start-up file lies in the sandbox, and the line that belongs there.
const SHELLS: [(&str, &str, &str); 3] = [
    ("bash", "home/.bashrc", "eval \"$(gantry hook bash)\""),
    ("zsh", "home/.zshrc", "eval \"$(gantry hook zsh)\""),
    ("fish", "home/.config/fish/config.fish", "gantry hook fish | source"),
];

fn read(shop: &Shop, path: impl AsRef<Path>) -> String {
    fs::read_to_string(shop.sandbox.path(path)).unwrap()
}

#[test]
fn the_envrc_gets_its_line_once() {
    let shop = Shop::new();
    let added = format!("gantry: added to [SANDBOX]/shop/.envrc: {EVAL}\ngantry: next: run `direnv allow` there\n");
    shop.check("init --direnv", "", &added, 0);
    assert_eq!(read(&shop, "shop/.envrc"), format!("{EVAL}\n"));
    for again in ["init --direnv", "init", "init -n"] {
        shop.check(again, "", "gantry: [SANDBOX]/shop/.envrc has the line already\n", 0);
    }
    assert_eq!(read(&shop, "shop/.envrc"), format!("{EVAL}\n"));
}

#[test]
fn from_a_subdirectory_the_projects_envrc_is_meant() {
    let shop = Shop::new();
    let deep = shop.sandbox.directory(shop.checkout.join("deep/down"));
    let added = format!("gantry: added to [SANDBOX]/shop/.envrc: {EVAL}\ngantry: next: run `direnv allow` there\n");
    shop.check_in(&deep, "init", "", &added, 0);
    assert_eq!(read(&shop, "shop/.envrc"), format!("{EVAL}\n"));
}

#[test]
fn what_a_file_holds_stays() {
    let shop = Shop::new();
    for (before, after) in [
        ("export A=1\n", format!("export A=1\n{EVAL}\n")),
        ("no line end", format!("no line end\n{EVAL}\n")),
        ("\u{fffd}\n\n\n", format!("\u{fffd}\n\n\n{EVAL}\n")),
        ("# eval \"$(gantry export --auto)\"\n", format!("# {EVAL}\n{EVAL}\n")),
    ] {
        shop.sandbox.write("shop/.envrc", before);
        shop.gantry("init --direnv").require_success();
        assert_eq!(read(&shop, "shop/.envrc"), after);
    }
    // The line is there already, indented and with a carriage return.
    for already in [format!("  {EVAL}\t\nexport B=2\n"), format!("{EVAL}\r\n")] {
        shop.sandbox.write("shop/.envrc", &already);
        shop.check("init --direnv", "", "gantry: [SANDBOX]/shop/.envrc has the line already\n", 0);
        assert_eq!(read(&shop, "shop/.envrc"), already);
    }
}

#[test]
fn each_shells_start_up_file() {
    let shop = Shop::new();
    for (shell, file, line) in SHELLS {
        let added = format!("gantry: added to [SANDBOX]/{file}: {line}\ngantry: next: open a new shell\n");
        let already = format!("gantry: [SANDBOX]/{file} has the line already\n");
        shop.check(
            &format!("init --shell {shell} --dry-run"),
            &format!("{line}\n"),
            &format!("gantry: would add to [SANDBOX]/{file}:\n"),
            0,
        );
        assert!(!shop.sandbox.path(file).exists());
        shop.check(&format!("init --shell {shell}"), "", &added, 0);
        shop.check(&format!("init --shell {shell}"), "", &already, 0);
        assert_eq!(read(&shop, file), format!("{line}\n"));
    }
    assert!(!shop.checkout.join(".envrc").exists());
}

#[test]
fn zdotdir_is_where_zsh_looks() {
    let mut shop = Shop::new();
    shop.sandbox.set("ZDOTDIR", shop.sandbox.path("home/zsh"));
    shop.gantry("init --shell zsh").require_success();
    assert_eq!(read(&shop, "home/zsh/.zshrc"), "eval \"$(gantry hook zsh)\"\n");
}

#[test]
fn a_link_to_the_dotfiles_stays_a_link() {
    let shop = Shop::new();
    shop.sandbox.write("home/dotfiles/bashrc", "alias l=ls\n");
    symlink("dotfiles/bashrc", shop.sandbox.path("home/.bashrc")).unwrap();
    shop.gantry("init --shell bash").require_success();
    assert_eq!(fs::read_link(shop.sandbox.path("home/.bashrc")).unwrap(), Path::new("dotfiles/bashrc"));
    assert_eq!(read(&shop, "home/dotfiles/bashrc"), "alias l=ls\neval \"$(gantry hook bash)\"\n");
}

#[test]
fn a_link_whose_file_is_not_there_yet_stays_a_link() {
    let shop = Shop::new();
    shop.sandbox.directory("home/dotfiles");
    symlink("dotfiles/bashrc", shop.sandbox.path("home/.bashrc")).unwrap();
    shop.gantry("init --shell bash").require_success();
    assert_eq!(fs::read_link(shop.sandbox.path("home/.bashrc")).unwrap(), Path::new("dotfiles/bashrc"));
    assert_eq!(read(&shop, "home/dotfiles/bashrc"), "eval \"$(gantry hook bash)\"\n");
}

#[test]
fn permissions_stay() {
    use std::os::unix::fs::PermissionsExt;
    let shop = Shop::new();
    let file = shop.sandbox.write("home/.bashrc", "alias l=ls\n");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    shop.gantry("init --shell bash").require_success();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_file_that_cannot_be_read_is_left_alone() {
    let shop = Shop::new();
    shop.sandbox.directory("shop/.envrc");
    let refused = shop.gantry("init --direnv");
    assert_eq!((refused.stdout.as_str(), refused.status), ("", 1), "{refused:?}");
    assert!(refused.stderr.starts_with("error: [SANDBOX]/shop/.envrc cannot be read: "), "{refused:?}");
}

#[test]
fn without_direnv_it_says_what_works() {
    let mut shop = Shop::new();
    let gantry = Path::new(env!("CARGO_BIN_EXE_gantry")).parent().unwrap();
    shop.sandbox.set("PATH", gantry);
    shop.check(
        "init",
        "",
        "gantry: direnv is not installed; `gantry init --shell bash` (or zsh, fish) works without it\n",
        0,
    );
    assert!(!shop.checkout.join(".envrc").exists());
    shop.gantry("init --direnv").require_success();
    assert_eq!(read(&shop, "shop/.envrc"), format!("{EVAL}\n"));
}

#[test]
fn a_line_that_does_the_same_is_enough() {
    for line in ["use gantry", "  eval \"$(gantry export --auto)\"  # ports"] {
        let shop = Shop::new();
        shop.sandbox.write("shop/.envrc", format!("{line}\n"));
        shop.check("init --direnv", "", "gantry: [SANDBOX]/shop/.envrc has the line already\n", 0);
    }
}

#[test]
fn wrong_usage() {
    let shop = Shop::new();
    shop.check_usage("init --shell tcsh", "error: invalid value 'tcsh' for '--shell <SHELL>'");
}
