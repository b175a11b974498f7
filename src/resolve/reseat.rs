//! Moving an allocation to the port that the user names.

use anyhow::Result;

use super::PortTaken;
use super::choose::is_own;
use super::taken::{Occupancy, Taken, holder_of};
use crate::model::Port;
use crate::registry::{Allocation, ContextRow, Reader, allocations};

/// Gives the allocation another port, within the caller's transaction.
///
/// # Errors
/// [`PortTaken`] where the port is somebody's; the registry or the kernel's tables cannot be read.
pub fn reseat(writer: &Reader, held: &ContextRow, row: &Allocation, port: Port) -> Result<()> {
    if row.port == port {
        return Ok(());
    }
    let taken = Occupancy::new(writer).taken(port, &[row.protocol])?;
    if taken.is_some() && !(taken == Some(Taken::Listening) && is_own(held, port)?) {
        let holder = Some(holder_of(writer, port)?);
        return Err(PortTaken { service: row.service.clone(), port, holder, has: None, is_strict: false }.into());
    }
    Ok(allocations::set_port(writer, row.id, port)?)
}
