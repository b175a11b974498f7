//! Log lines: reading what an engine prints of a container, judging how grave each line is, and showing it.
//!
//! Nothing here starts an engine, opens a file or prints: bytes come in, bytes go out. Whatever a container wrote is
//! a stranger's: memory is bounded, and only colours reach the terminal as they are.

mod detect;
mod escapes;
mod filter;
mod form;
mod head;
mod json;
mod level;
mod levels;
mod lines;
mod moment;
mod stamp;
#[cfg(test)]
mod tests;
mod tokens;

pub use filter::{Filter, Pattern, pattern};
pub use form::{Form, Formatter};
pub use level::Level;
pub use levels::Levels;
pub use lines::{Line, Lines, Source};
pub use moment::Moment;
#[cfg(test)]
use stamp::Stamp;
