//! `gantry hook`.

use anyhow::Result;
use clap::ValueEnum;

use super::ui::Ui;
use crate::shell::Shell;

/// Print the script that connects a shell, or direnv, with gantry
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell to hook; direnv defines `use gantry` for .envrc
    #[arg(value_enum)]
    target: Target,
}

/// Who sources the script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    Bash,
    Zsh,
    Fish,
    Direnv,
}

const EXAMPLES: &str = "\
Examples:
  eval \"$(gantry hook bash)\"        # at the end of ~/.bashrc
  eval \"$(gantry hook zsh)\"         # at the end of ~/.zshrc
  gantry hook fish | source         # in ~/.config/fish/config.fish
  gantry hook direnv > ~/.config/direnv/lib/gantry.sh   # then `use gantry` in .envrc

At each prompt the hook exports the variables of the project that you are in, and takes them back
outside. A project has a compose file, a gantry.yml or a booked port.";

/// The script as it stands in `shell/`.
pub fn run(ui: &mut Ui, args: &Args) -> Result<()> {
    let script = match args.target {
        Target::Bash => Shell::Bash.hook(),
        Target::Zsh => Shell::Zsh.hook(),
        Target::Fish => Shell::Fish.hook(),
        Target::Direnv => Shell::DIRENV_FUNCTION,
    };
    ui.data(script.as_bytes())
}
