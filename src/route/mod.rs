//! Routes: which name leads to which port, from the registry and what each project says of itself.
//!
//! `shop.test` is the project's own checkout, as it stands now; `feature-x.shop.test` another context of its repository;
//! `api.shop.test` and `api.feature-x.shop.test` are services. Nothing is remembered: the table is worked out anew from
//! what is booked. Where two would go by one name, none does, since the wrong page is worse than none.

mod faces;
mod label;
mod owner;
mod serve;
mod table;

pub use faces::{Face, faces as faces_of};
pub use serve::{HTTP_PORT, HTTPS_PORT, Refreshed, ports, refresh, shown, with_notes};
pub use table::{Note, find, table};
