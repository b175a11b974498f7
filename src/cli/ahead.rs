//! What of the command line is read ahead of the parser, whose own errors and help follow it too.

use std::ffi::OsString;

/// Whether errors are JSON too.
pub(super) fn wants_json(arguments: &[OsString]) -> bool {
    let own = arguments.iter().take_while(|argument| !ends_options(argument));
    own.into_iter().any(|argument| argument == "--json")
}

/// Whether what follows may be another program's options.
fn ends_options(argument: &OsString) -> bool {
    ["--", "run", "exec"].iter().any(|end| argument == end)
}

/// What `--color` says.
pub(super) fn color_of(arguments: &[OsString]) -> clap::ColorChoice {
    let options = || arguments.iter().take_while(|argument| !ends_options(argument)).filter_map(|it| it.to_str());
    let apart = options().zip(options().skip(1)).filter(|(name, _)| *name == "--color").map(|(_, value)| value);
    match options().filter_map(|it| it.strip_prefix("--color=")).chain(apart).last() {
        Some("always") => clap::ColorChoice::Always,
        Some("never") => clap::ColorChoice::Never,
        _ => clap::ColorChoice::Auto,
    }
}
