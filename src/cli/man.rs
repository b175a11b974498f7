//! `gantry man`.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::failure::NotFound;
use super::ui::Ui;
use crate::sys::files;

/// Print the manual page of gantry or of one command
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The command; without one, gantry itself
    command: Option<String>,
    /// Write every page into this directory instead
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    dir: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  gantry man | man -l -
  gantry man prune | man -l -
  gantry man --dir ~/.local/share/man/man1";

/// The page, made from the tree of commands.
pub fn run(ui: &mut Ui, args: &Args) -> Result<()> {
    let pages = pages()?;
    if let Some(directory) = &args.dir {
        files::make_dir(directory).with_context(|| format!("{} cannot be made", directory.display()))?;
        for (name, page) in pages {
            let path = directory.join(format!("{name}.1"));
            files::replace(&path, &page, 0o644).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        return Ok(());
    }
    let wanted = args.command.as_deref().map_or_else(|| "gantry".to_owned(), page_of);
    match pages.into_iter().find(|(name, _)| *name == wanted) {
        Some((_, page)) => ui.data(&page),
        None => {
            let message = format!("there is no manual page {}", wanted.escape_debug());
            Err(NotFound { message, hint: "`gantry help` lists the commands".to_owned() }.into())
        }
    }
}

/// The page's name; an alias has its command's page.
fn page_of(name: &str) -> String {
    let tree = super::command();
    let command = tree.find_subcommand(name).map_or(name, clap::Command::get_name);
    format!("gantry-{command}")
}

/// Each page by its name, hidden commands left out: `gantry-dns`, `gantry-dns-setup`.
fn pages() -> Result<Vec<(String, Vec<u8>)>> {
    let mut command = super::command();
    command.build();
    let mut pages = Vec::new();
    collect("gantry".to_owned(), &command, &mut pages)?;
    Ok(pages)
}

fn collect(name: String, command: &clap::Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).title(name.clone()).date("").render(&mut page)?;
    let visible = command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help");
    let within: Vec<_> = visible.map(|sub| (format!("{name}-{}", sub.get_name()), sub)).collect();
    pages.push((name, page));
    within.into_iter().try_for_each(|(name, sub)| collect(name, sub, pages))
}
