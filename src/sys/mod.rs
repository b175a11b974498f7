//! The doors to the world: processes, files, sockets, the clock, the environment, the user's directories.
//!
//! No other room starts a process, changes a file or reads the environment; clippy's `disallowed-methods` holds it.
//! Nothing here knows a word of the project.
#![allow(clippy::disallowed_methods, reason = "this room is the door")]

pub mod child;
pub mod clock;
pub mod draft;
pub mod env;
pub mod files;
pub mod lock;
pub mod own;
pub mod paths;
pub mod process;
pub mod signals;
pub mod sockets;
pub mod stamp;
pub mod trees;
pub mod witness;
