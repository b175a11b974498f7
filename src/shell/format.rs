//! The languages that `export` writes and the shells that can be hooked.

use std::fmt;
use std::str::FromStr;

/// A language that variables can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// POSIX: bash, zsh, dash, ksh.
    Shell,
    Fish,
    /// Nushell.
    Nu,
    /// PowerShell.
    Pwsh,
    /// One sorted object of strings.
    Json,
    /// Lines of a `.env` file.
    Env,
}

/// An interactive shell that gantry has a hook for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// No format or shell goes by this name; its `Display` is a sentence for the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatUnknown(String);

impl Format {
    pub const ALL: [Format; 6] = [Format::Shell, Format::Fish, Format::Nu, Format::Pwsh, Format::Json, Format::Env];

    pub const fn as_str(self) -> &'static str {
        match self {
            Format::Shell => "shell",
            Format::Fish => "fish",
            Format::Nu => "nu",
            Format::Pwsh => "pwsh",
            Format::Json => "json",
            Format::Env => "env",
        }
    }
}

impl Shell {
    pub const ALL: [Shell; 3] = [Shell::Bash, Shell::Zsh, Shell::Fish];

    /// Defines `use_gantry` for direnv: the text of `~/.config/direnv/lib/gantry.sh`.
    pub const DIRENV_FUNCTION: &'static str = include_str!("../../shell/direnv.sh");

    pub const fn as_str(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
        }
    }

    /// The language that this shell evaluates.
    pub const fn format(self) -> Format {
        match self {
            Shell::Bash | Shell::Zsh => Format::Shell,
            Shell::Fish => Format::Fish,
        }
    }

    /// The script that the user's start-up file sources: at each prompt it evaluates what `gantry hook-env` prints.
    pub const fn hook(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../../shell/hook.bash"),
            Shell::Zsh => include_str!("../../shell/hook.zsh"),
            Shell::Fish => include_str!("../../shell/hook.fish"),
        }
    }
}

impl FromStr for Format {
    type Err = FormatUnknown;

    fn from_str(text: &str) -> Result<Format, FormatUnknown> {
        Format::ALL.into_iter().find(|format| format.as_str() == text).ok_or_else(|| {
            let known = Format::ALL.map(Format::as_str).join(", ");
            FormatUnknown(format!("`{}` is not a format: {known}", text.escape_debug()))
        })
    }
}

impl FromStr for Shell {
    type Err = FormatUnknown;

    fn from_str(text: &str) -> Result<Shell, FormatUnknown> {
        Shell::ALL.into_iter().find(|shell| shell.as_str() == text).ok_or_else(|| {
            let known = Shell::ALL.map(Shell::as_str).join(", ");
            FormatUnknown(format!("`{}` is not a shell that can be hooked: {known}", text.escape_debug()))
        })
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Shell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for FormatUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FormatUnknown {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_goes_by_its_name() {
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        for shell in Shell::ALL {
            assert_eq!(shell.as_str().parse(), Ok(shell));
        }
    }

    #[test]
    fn an_unknown_one_is_told_the_known_ones() {
        #[track_caller]
        fn check(error: FormatUnknown, expected: &str) {
            assert_eq!(error.to_string(), expected);
        }
        check("yaml".parse::<Format>().unwrap_err(), "`yaml` is not a format: shell, fish, nu, pwsh, json, env");
        check("a\nb".parse::<Shell>().unwrap_err(), "`a\\nb` is not a shell that can be hooked: bash, zsh, fish");
    }
}
