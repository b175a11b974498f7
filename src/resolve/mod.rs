//! From a directory to its ports: who holds the context, what the compose file publishes, which port each service has.
//!
//! A port that was booked stays. Whatever is new is chosen and written down in one transaction of the registry; where
//! nothing is new, nothing is written. The room prints nothing: what the user should know comes back as [`Note`]s.

mod book;
mod choose;
mod claim;
mod lookup;
mod names;
mod note;
mod pair;
mod release;
mod reseat;
mod slot;
mod taken;

pub use book::{BookOptions, Booked, book_project, book_service, book_within, booked_already};
pub use claim::{Claim, judge, known, note_use};
pub use lookup::{UnknownService, find_allocation, first_held, nearest_names, nearest_of};
pub use names::Clash;
pub use note::{Note, PortTaken};
pub use release::{give_back, has_fixed_names};
pub use reseat::reseat;
pub use slot::{Discovery, Face, Slot, discover};
pub use taken::{Holder, holder_of};
