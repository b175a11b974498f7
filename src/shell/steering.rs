//! Names that steer: what a shell, the loader, a language's runtime or a common tool acts on.
//!
//! A compose file may be a stranger's, and it chooses the names of variables. What it may not choose stands here; the
//! tests hold the lists against what real shells say of themselves. That the values are mere ports does not help: one
//! in `TMOUT` closes the shell, one in `PATH` leaves it without commands.

/// Never passed, whatever they end in: the loader and direnv read whole families, and ones to come.
const SEALED: &[&str] = &["LD_", "DYLD_", "DIRENV_"];

/// Passed only where the name ends in `_PORT`: `DOCKER_POSTGRES_PORT` and `GIT_PORT` are in real use and harmless.
#[rustfmt::skip]
const FAMILIES: &[&str] = &[
    // Gantry's own, and tools that run what a variable says.
    "COMPOSE_", "DOCKER_", "FZF_", "GANTRY_", "GIT_", "NIX_", "SSH_", "SUDO_", "SYSTEMD_", "TMUX",
    // Shells.
    "BASH_", "COMP_", "FISH_", "HIST", "KSH_", "NU_", "POWERSHELL_", "PROMPT_", "READLINE_", "TRANSIENT_PROMPT_",
    "ZCURSES_", "ZDOTDIR", "ZFTP_", "ZLE_", "ZSH", "__fish_", "dis_", "fish_", "zcurses_", "zle_", "zsh_",
    // The system's libraries.
    "DBUS_", "GCONV_", "GETCONF_", "GIO_", "GLIBC_", "GTK_", "LC_", "MALLOC_", "RES_", "RESOLV_", "TERMINFO",
    "XDG_",
    // Languages and their packagers.
    "BUNDLE_", "CARGO_", "CONDA_", "GEM_", "GRADLE_", "JAVA_", "JDK_", "LUA_", "MAVEN_", "NODE_", "NPM_", "PERL",
    "PIP_", "PYENV_", "PYTHON", "RUBY", "RUSTC_", "RUSTUP_", "UV_", "VIRTUAL_ENV", "YARN_", "npm_config_",
];

/// Never passed.
#[rustfmt::skip]
const NAMES: &[&str] = &[
    // Shells in general.
    "ARGC", "ARGV0", "CDPATH", "COLUMNS", "EGID", "EUID", "ENV", "ERRNO", "FCEDIT", "FIGNORE", "FPATH", "FUNCNAME",
    "FUNCNEST", "GID", "GLOBIGNORE", "GLOBSORT", "GROUPS", "HOME", "HOST", "HOSTNAME", "HOSTTYPE", "IFS",
    "IGNOREEOF", "INPUTRC", "KEYBOARD_HACK", "KEYTIMEOUT", "LINENO", "LINES", "LOGNAME", "MACHTYPE", "MAIL",
    "MAILCHECK", "MAILPATH", "OLDPWD", "OPTARG", "OPTERR", "OPTIND", "OSTYPE", "PATH", "PIPESTATUS", "PPID",
    "PROMPT", "PROMPT2", "PROMPT3", "PROMPT4", "PS0", "PS1", "PS2", "PS3", "PS4", "PWD", "RANDOM", "REPLY",
    "SECONDS", "SHELL", "SHELLOPTS", "SHLVL", "TERM", "TERMCAP", "TIMEFORMAT", "TMOUT", "TTY", "UID", "USER",
    "USERNAME", "_",
    // bash's own.
    "BASH", "BASHOPTS", "BASHPID", "CHILD_MAX", "COMPREPLY", "COPROC", "DIRSTACK", "EMACS", "EPOCHREALTIME",
    "EPOCHSECONDS", "EXECIGNORE", "INSIDE_EMACS", "MAPFILE", "POSIXLY_CORRECT", "SRANDOM", "auto_resume",
    "ignoreeof",
    // zsh's own.
    "BAUD", "CPUTYPE", "DIRSTACKSIZE", "LISTMAX", "LOGCHECK", "MATCH", "MBEGIN", "MEND", "MODULE_PATH", "NULLCMD",
    "PERIOD", "POSTEDIT", "PSVAR", "READNULLCMD", "REPORTMEMORY", "REPORTTIME", "RPROMPT", "RPROMPT2", "RPS1",
    "RPS2", "SAVEHIST", "SPROMPT", "STTY", "TIMEFMT", "TMPPREFIX", "TMPSUFFIX", "TRY_BLOCK_ERROR",
    "TRY_BLOCK_INTERRUPT", "TTYIDLE", "VENDOR", "WATCH", "WATCHFMT", "WORDCHARS", "ZBEEP", "aliases", "argv",
    "builtins", "cdpath", "chpwd_functions", "commands", "dirstack", "epochtime", "errnos", "fignore", "fpath",
    "funcfiletrace", "funcsourcetrace", "funcstack", "functions", "functions_source", "functrace", "galiases",
    "histchars", "history", "historywords", "jobdirs", "jobstates", "jobtexts", "keymaps", "langinfo", "mailpath",
    "manpath", "mapfile", "match", "mbegin", "mend", "module_path", "modules", "nameddirs", "options", "parameters",
    "patchars", "path", "periodic_functions", "pipestatus", "precmd_functions", "preexec_functions", "prompt",
    "psvar", "reply", "reswords", "saliases", "signals", "status", "sysparams", "termcap", "terminfo", "userdirs",
    "usergroups", "watch", "widgets", "zshaddhistory_functions", "zshexit_functions",
    // fish's, Nushell's and PowerShell's own.
    "CMD_DURATION", "CMD_DURATION_MS", "CURRENT_FILE", "ENV_CONVERSIONS", "FILE_PWD", "LAST_EXIT_CODE",
    "PROCESS_PATH", "PSExecutionPolicyPreference", "PSModulePath", "__PSLockdownPolicy", "config", "hostname",
    "status_generation", "umask", "version",
    // Where the system's libraries look for files, names and languages.
    "DISPLAY", "GNUPGHOME", "HOSTALIASES", "LANG", "LANGUAGE", "LOCALDOMAIN", "LOCPATH", "LS_COLORS", "NLSPATH",
    "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "SSLKEYLOGFILE", "SSL_CERT_DIR", "SSL_CERT_FILE", "TEMP",
    "TMP", "TMPDIR", "TZ", "TZDIR", "WAYLAND_DISPLAY",
    // Programs that other programs start.
    "BROWSER", "EDITOR", "LESS", "LESSCLOSE", "LESSKEY", "LESSOPEN", "MANOPT", "MANPAGER", "MANPATH", "PAGER",
    "VISUAL",
    // Compilers, runtimes and downloads.
    "CC", "CFLAGS", "CLASSPATH", "CPPFLAGS", "CURL_CA_BUNDLE", "CURL_HOME", "CXX", "CXXFLAGS", "ERL_AFLAGS",
    "ERL_FLAGS", "ERL_LIBS", "GHCRTS", "GNUMAKEFLAGS", "GOBIN", "GOENV", "GOFLAGS", "GOPATH", "GOPROXY", "GOROOT",
    "GOTOOLCHAIN", "KUBECONFIG", "LDFLAGS", "MAKEFILES", "MAKEFLAGS", "MFLAGS", "PHPRC", "PHP_INI_SCAN_DIR",
    "REQUESTS_CA_BUNDLE", "RUSTC", "RUSTDOC", "RUSTDOCFLAGS", "RUSTFLAGS", "TCLLIBPATH", "WGETRC",
    // Proxies, in either case.
    "ALL_PROXY", "FTP_PROXY", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "all_proxy", "ftp_proxy", "http_proxy",
    "https_proxy", "no_proxy",
];

/// Whether a variable of this name would change what the shell or a program does.
pub(super) fn steers(name: &str) -> bool {
    let starts = |family: &&str| name.starts_with(*family);
    SEALED.iter().any(starts) || (FAMILIES.iter().any(starts) && !name.ends_with("_PORT")) || NAMES.contains(&name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::shell::VariableName;
    use crate::shell::real::{BASH, DASH, FISH, RealShell, Stage, ZSH};

    #[test]
    fn families_spare_ports() {
        #[track_caller]
        fn check(name: &str, expected: bool) {
            assert_eq!(steers(name), expected, "{name}");
        }
        for name in ["PATH", "IFS", "LD_PRELOAD", "LD_X_PORT", "DYLD_PORT", "DIRENV_PORT", "DIRENV_DIR"] {
            check(name, true);
        }
        for name in
            ["GIT_SSH_COMMAND", "BASH_ENV", "NODE_OPTIONS", "PYTHONPATH", "COMPOSE_FILE", "GANTRY_HOOK", "LC_ALL"]
        {
            check(name, true);
        }
        for name in ["http_proxy", "HTTPS_PROXY", "precmd_functions", "path", "fish_greeting", "TMOUT", "_", "PS1"] {
            check(name, true);
        }
        for name in
            ["GIT_PORT", "DOCKER_POSTGRES_PORT", "GANTRY_PORT", "PGPORT", "PORT", "DB", "web_port", "HTTP_LISTEN"]
        {
            check(name, false);
        }
    }

    /// Each shell lists every variable that it knows in an empty environment, or that it gives a meaning.
    #[test]
    fn what_real_shells_call_special_is_refused() {
        #[track_caller]
        fn check(shell: RealShell, script: &str) {
            let stage = Stage::new();
            let listed = stage.run(shell, script, &[]).stdout;
            let names: BTreeSet<&str> = listed.split_ascii_whitespace().collect();
            assert!(names.len() > 3, "{listed}");
            let passed: Vec<_> = names.into_iter().filter(|name| VariableName::new(name).is_ok()).collect();
            assert!(passed.is_empty(), "{shell:?} gives a meaning to {passed:?}");
        }
        check(BASH, "compgen -v");
        check(DASH, "set | sed 's/=.*//'");
        check(FISH, "set --names");
        check(
            ZSH,
            "zmodload -F zsh/main; for each in parameter zleparameter zutil mapfile datetime system terminfo termcap \
             langinfo sched watch files stat regex curses zftp; do zmodload zsh/$each 2>/dev/null; done; unset each
             print -l ${(k)parameters}",
        );
    }
}
