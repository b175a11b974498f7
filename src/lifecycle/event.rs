//! What long work says while it goes on; the faces choose how that looks.

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The ports are booked, and nothing is awaited yet.
    Booked,
    /// A part of the work begins; the one before it is over.
    Phase(&'a str),
    /// What a program says meanwhile, without its end of line: a stranger's bytes.
    Line(&'a [u8]),
    /// Worth keeping on the screen.
    Note(&'a str),
    /// Something wrong that did not stop the work.
    Warning(&'a str),
}

/// Who is told.
pub(super) type Tell<'a> = dyn FnMut(Event<'_>) + 'a;
