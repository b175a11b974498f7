//! Projects: a directory under a hostname, and everything that is done with one.
//!
//! A project is a name for a directory; its ports belong to the contexts that this directory is, branch by branch. What
//! runs is never remembered: it is asked of the engine each time.

mod error;
mod http;
mod ports;
mod register;
mod scan;
mod select;
mod setting;
mod unregister;
mod update;

pub use error::ProjectError;
pub use http::{http_port, is_tool, web_rank};
pub use ports::{PortLine, port_lines};
pub use register::{Proposal, propose, register};
pub use select::{Selected, all, project_here, require_own_root, select, select_registered};
pub use setting::{SETTINGS, apply as apply_settings, parse as parse_settings};
pub use unregister::{Departure, plan as plan_departure, unregister};
pub use update::{Difference, Update, apply as apply_update, plan as plan_update};
