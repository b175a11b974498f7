//! Names that a compose file fixes for the whole machine. The first checkout that uses one keeps it; for the others it
//! is a clash, which an override takes away.

use anyhow::Result;

use crate::context::is_checkout_of;
use crate::model::FixedName;
use crate::registry::{ContextRow, Reader, SqlResult, contexts, fixed_names};

/// A fixed name, and the context that uses it already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    pub name: FixedName,
    pub holder: ContextRow,
}

/// The clashes, where the registry has every name as it is; `None` where something would have to be written.
pub(super) fn clashes(reader: &Reader, held: &ContextRow, wanted: &[FixedName]) -> SqlResult<Option<Vec<Clash>>> {
    let own = fixed_names::of_context(reader, held.id)?;
    if own.iter().any(|(kind, name)| !fixed_names::is_of(wanted, kind, name)) {
        return Ok(None);
    }
    let mut clashes = Vec::new();
    for name in wanted {
        match rival(reader, held, name)? {
            Rival::None => {}
            Rival::Live(holder) => clashes.push(Clash { name: name.clone(), holder: *holder }),
            Rival::NobodyLives => return Ok(None),
        }
    }
    Ok(Some(clashes))
}

/// The names that live checkouts use, whatever would have to be written.
pub(super) fn live_clashes(reader: &Reader, held: &ContextRow, wanted: &[FixedName]) -> SqlResult<Vec<Clash>> {
    let mut clashes = Vec::new();
    for name in wanted {
        if let Rival::Live(holder) = rival(reader, held, name)? {
            clashes.push(Clash { name: name.clone(), holder: *holder });
        }
    }
    Ok(clashes)
}

/// Takes the names that nobody uses, frees those that the file no longer fixes, and says which are somebody else's.
///
/// # Errors
/// What SQLite says.
pub(super) fn settle(writer: &Reader, held: &ContextRow, wanted: &[FixedName]) -> Result<Vec<Clash>> {
    for (kind, name) in fixed_names::of_context(writer, held.id)? {
        if !fixed_names::is_of(wanted, &kind, &name) {
            fixed_names::release(writer, &kind, &name, held.id)?;
        }
    }
    let mut clashes = Vec::new();
    for name in wanted {
        match rival(writer, held, name)? {
            Rival::None => {}
            Rival::Live(holder) => clashes.push(Clash { name: name.clone(), holder: *holder }),
            Rival::NobodyLives => fixed_names::take(writer, name, held.id)?,
        }
    }
    Ok(clashes)
}

/// Who uses a name besides the context.
enum Rival {
    /// The context itself has it.
    None,
    Live(Box<ContextRow>),
    /// Nobody, or a checkout that is gone.
    NobodyLives,
}

fn rival(reader: &Reader, held: &ContextRow, name: &FixedName) -> SqlResult<Rival> {
    match fixed_names::holder(reader, name)? {
        None => Ok(Rival::NobodyLives),
        Some(id) if id == held.id => Ok(Rival::None),
        Some(id) => {
            let holder = contexts::of_id(reader, id)?;
            let lives = is_checkout_of(&holder.path, holder.remote.as_deref());
            Ok(if lives { Rival::Live(Box::new(holder)) } else { Rival::NobodyLives })
        }
    }
}
