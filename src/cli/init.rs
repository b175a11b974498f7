//! `gantry init`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use super::ui::Ui;
use crate::app::App;
use crate::sys::{env, files, paths, process};

/// Connect this project with direnv, or your shell with gantry
///
/// Adds one line to a file, once: to the project's .envrc (--direnv), or to your shell's start-up file (--shell).
/// Without either: --direnv where direnv is installed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// Add the hook to this shell's start-up file
    #[arg(long, value_enum, value_name = "SHELL")]
    shell: Option<Startup>,
    /// Add the line to the .envrc of this project
    #[arg(long)]
    direnv: bool,
    /// Only print what would be added, and where
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// A shell whose start-up file is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Startup {
    Bash,
    Zsh,
    Fish,
}

const EXAMPLES: &str = "\
Examples:
  gantry init --direnv && direnv allow
  gantry init --shell zsh";

/// Bytes; a start-up file of that size is no start-up file.
const FILE_LIMIT: u64 = 4 * 1024 * 1024;

/// One line that a file should hold.
struct Line {
    file: PathBuf,
    text: &'static str,
    /// What the user does next.
    next: String,
}

impl Line {
    /// Whether a line of the file does the same: with a comment behind it, or as `use gantry`.
    fn is_there(&self, existing: &[u8]) -> bool {
        let text = String::from_utf8_lossy(existing);
        let code = text.split(" #").next().unwrap_or_default().trim();
        code == self.text || code == "use gantry" || code == "use_gantry"
    }
}

/// Plans the lines, then adds those that are missing.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let mut lines = Vec::new();
    if let Some(shell) = args.shell {
        lines.push(shell.line()?);
    }
    if args.direnv || args.shell.is_none() && process::find_program("direnv").is_some() {
        let file = app.context()?.root.join(".envrc");
        let next = "run `direnv allow` there".to_owned();
        lines.push(Line { file, text: "eval \"$(gantry export --auto)\"", next });
    }
    if lines.is_empty() {
        ui.note("direnv is not installed; `gantry init --shell bash` (or zsh, fish) works without it");
    }
    for line in &lines {
        add(ui, line, args.dry_run)?;
    }
    Ok(())
}

impl Startup {
    fn line(self) -> Result<Line> {
        let home = paths::home_dir()?;
        let (file, text) = match self {
            Startup::Bash => (home.join(".bashrc"), "eval \"$(gantry hook bash)\""),
            Startup::Zsh => (env::path("ZDOTDIR").unwrap_or(home).join(".zshrc"), "eval \"$(gantry hook zsh)\""),
            Startup::Fish => {
                let config = env::path("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
                (config.join("fish/config.fish"), "gantry hook fish | source")
            }
        };
        Ok(Line { file, text, next: "open a new shell".to_owned() })
    }
}

fn add(ui: &Ui, line: &Line, dry_run: bool) -> Result<()> {
    let shown = line.file.display();
    let contents = read(&line.file)?;
    if contents.split(|&byte| byte == b'\n').any(|existing| line.is_there(existing)) {
        ui.note(&format!("{shown} has the line already"));
        return Ok(());
    }
    if dry_run {
        ui.note(&format!("would add to {shown}:"));
        return ui.line(line.text);
    }
    let mut changed = contents;
    if !changed.is_empty() && !changed.ends_with(b"\n") {
        changed.push(b'\n');
    }
    changed.extend_from_slice(line.text.as_bytes());
    changed.push(b'\n');
    if let Some(directory) = line.file.parent() {
        files::make_dir(directory).with_context(|| format!("{} cannot be made", directory.display()))?;
    }
    files::replace(&line.file, &changed, 0o644).with_context(|| format!("{shown} cannot be written"))?;
    ui.note(&format!("added to {shown}: {}", line.text));
    ui.note(&format!("next: {}", line.next));
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    match files::read_limited(file, FILE_LIMIT) {
        Ok(contents) => Ok(contents),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
    }
}
