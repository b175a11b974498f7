//! Running projects: starting, stopping and looking after the containers of a context.
//!
//! The real Compose does the work, with the context's variables, so that what gantry starts and what the user starts by
//! hand are the same containers. What runs is asked of the engine at every step and never remembered. One gantry at a
//! time changes what a context runs; the next waits for it.

mod conflict;
mod event;
mod failure;
mod hook;
mod lock;
mod overview;
mod remains;
mod scale;
mod stage;
mod start;
mod state;
mod stop;
mod wait;
mod watch;

pub use conflict::{Conflict, conflicts};
pub use event::Event;
pub use failure::LifecycleError;
pub use hook::{distrust, trust};
pub use overview::{ContextView, Overview, ProjectView, overview};
pub use remains::{Evicted, Remains, evict, remains};
pub use scale::{Scale, scale};
pub use stage::{Stage, Transfer, transfer};
pub use start::{StartOptions, restart, start};
pub use state::RunState;
pub use stop::{DownOptions, StopOptions, down, stop, stop_elsewhere};
pub use watch::{WatchOptions, watch};
