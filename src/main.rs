//! gantry gives every checkout its own ports: the same from every shell, unique on the machine, found from the compose
//! file as it stands.
//!
//! # From above
//!
//! A directory leads to a *context* (this repository, this branch; `context/`). The compose file says which ports the
//! context's services publish (`compose/`). Each gets a port (`allocator.rs`), kept in one SQLite file (`registry/`),
//! and the ports go into the shell as variables (`exports.rs`, `shell/`). Where the compose file as it stands would
//! publish other ports, an override outside the project says which (`remap/`). `resolve/` is where these meet;
//! everything else asks it.
//!
//! What `export`, `get` and the hooks print is kept with everything that was looked at to print it (`memo/`), and while
//! all of that is as it was, `hot.rs` prints it again before the command line is even parsed.
//!
//! # The floors
//!
//! ```text
//! 5  faces    hot.rs  cli/
//! 4  verbs    resolve/ remap/ project/ route/ lifecycle/ checkup/ tail/ doctor/ exports.rs status.rs prune.rs
//! 3  hands    app.rs (lazy handles)  dns/  proxy/  certs/  engine/  health/  listeners/  logs/
//! 2  memory   registry/  context/  memo/
//! 1  craft    shell/  compose/  allocator.rs  config.rs  yaml.rs
//! 0  ground   model/ (plain words)  sys/ (doors: processes, files, clock, environment, paths)
//! ```
//!
//! # What always holds
//!
//! - Imports go down, never up, and never in a circle; a test reads the `use` lines.
//! - Only `sys` starts programs, changes files, or looks at files, the clock and the environment; clippy refuses the
//!   rest. It notes each look, so that nothing an answer depends on can be missing from its memo.
//! - A port is chosen and written down in one transaction, so no two contexts ever hold the same one.
//! - Text reaches a shell only through `shell`, quoted, under a name that steers nothing.
//! - Looking never writes: what only informs makes no registry and books no port.
//! - Rooms return errors, faces print them: `cli/failure.rs` has every message's way out and exit status.

mod allocator;
mod app;
mod certs;
mod checkup;
mod cli;
mod compose;
mod config;
mod context;
mod dns;
mod doctor;
mod engine;
mod exports;
mod health;
mod hot;
mod lifecycle;
mod listeners;
mod logs;
mod memo;
mod model;
mod project;
mod proxy;
mod prune;
mod registry;
mod remap;
mod resolve;
mod route;
mod shell;
mod status;
mod sys;
mod tail;
mod yaml;

fn main() -> std::process::ExitCode {
    hot::main()
}
