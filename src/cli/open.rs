//! `gantry open`.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;

use super::failure::Missing;
use super::news::{self, News};
use super::proxy::is_resolved;
use super::ui::Ui;
use super::url::address;
use crate::app::App;
use crate::sys::{env, process};

/// Open a project or one of its services in the browser
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The project, by default the one of the current directory; a service of it, by default its web server
    #[arg(num_args = 0..=2, value_name = "[HOSTNAME] [SERVICE]")]
    words: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  gantry open
  gantry open mail

BROWSER names the program; by default it is xdg-open, on macOS open.
Exit status: 3 as of `gantry url`, 5 where none of these programs is there; else that of the program, which may have
found no browser itself.";

/// Programs that open an address in the browser that the user prefers.
const OPENERS: &[&str] = match cfg!(target_os = "macos") {
    true => &["open"],
    false => &["xdg-open", "wslview", "sensible-browser"],
};

/// Becomes the browser's program.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let address = address(app, ui, &args.words)?;
    let Some(program) = browser() else {
        return Err(Missing {
            kind: "browser",
            message: format!("no browser is found to open {}", address.url),
            hint: "install xdg-utils, or set BROWSER to a program".to_owned(),
        }
        .into());
    };
    if address.name.as_ref().is_some_and(|name| !is_resolved(name)) {
        ui.warn("this machine's resolver does not know the name; `gantry dns setup` mends that");
    }
    // Who becomes another program does nothing afterwards.
    news::tell(app, ui, News::Glance);
    ui.note(&format!("opening {}", address.url));
    let error = process::exec(program.as_os_str(), &[OsString::from(&address.url)], std::iter::empty());
    Err(anyhow::Error::from(error).context(format!("{} cannot be run", program.display())))
}

/// `BROWSER` may be a list, as in `xdg-open`'s manual page.
fn browser() -> Option<PathBuf> {
    let wanted = env::var("BROWSER").unwrap_or_default();
    let wanted = wanted.split(':').filter(|name| !name.is_empty() && !name.contains('%'));
    let find = |name: &str| match name.contains('/') {
        true => Some(PathBuf::from(name)).filter(|path| process::is_executable(path)),
        false => process::find_program(name),
    };
    wanted.chain(OPENERS.iter().copied()).find_map(find)
}
