//! `gantry completions`.

use anyhow::Result;
use clap_complete::Shell;

use super::ui::Ui;

/// Print a completion script
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The shell to complete in
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLES: &str = "\
Examples:
  gantry completions bash > ~/.local/share/bash-completion/completions/gantry
  gantry completions zsh > ~/.zfunc/_gantry   # with fpath+=~/.zfunc before compinit in ~/.zshrc
  gantry completions fish > ~/.config/fish/completions/gantry.fish";

/// The script, made from the tree of commands.
pub fn run(ui: &mut Ui, args: &Args) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(), "gantry", &mut script);
    ui.data(&script)
}
