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
    clap_complete::generate(args.shell, &mut visible(), "gantry", &mut script);
    ui.data(&script)
}

/// The tree without its hidden commands, which clap_complete would offer.
fn visible() -> clap::Command {
    let tree = super::command();
    let commands = tree.get_subcommands().filter(|command| !command.is_hide_set());
    clap::Command::new("gantry")
        .version(env!("CARGO_PKG_VERSION"))
        .propagate_version(true)
        .args(tree.get_arguments().cloned())
        .subcommands(commands.cloned())
}
