//! What goes into a shell: names, quoting, and the scripts that users source.
//!
//! This is the only place where text reaches a shell, so two things are held here and nowhere else. Every name is a
//! [`VariableName`]: a valid identifier that steers neither the shell nor the loader. Every value is quoted for the
//! shell that will read it. A stranger's branch or compose file then cannot run code through `eval`.
//!
//! Nothing here decides which variables a context has; it never reads the environment, a file or the registry.

mod distinct;
mod format;
mod hook;
mod name;
mod quote;
#[cfg(test)]
mod real;
mod render;
#[cfg(test)]
mod scripts;
mod steering;

pub use distinct::distinct_names;
pub use format::{Format, FormatUnknown, Shell};
pub use hook::hook_env;
pub use name::VariableName;
pub use quote::posix as quote_posix;
pub use render::Exports;
