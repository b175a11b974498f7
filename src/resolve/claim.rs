//! Who holds a context. Two live checkouts of one remote and branch never share one: the first that came keeps it,
//! the second gets a sibling; a checkout that has moved takes its context along.

use anyhow::{Context as _, Result};

use crate::app::App;
use crate::context::{hash_of, is_checkout_of, project_name, sibling_identity};
use crate::memo;
use crate::model::{ComposeProjectName, Context, ContextHash};
use crate::registry::{Allocation, ContextRow, Reader, Registry, SqlResult, allocations, contexts};
use crate::sys::clock;

/// What the registry says to a checkout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The checkout holds this context.
    Held(ContextRow),
    /// The context's holder is gone or is another project by now: the checkout takes it over, ports and all.
    Inherited(ContextRow),
    /// Nobody has it, or a live checkout has: a new context with this hash.
    New { hash: ContextHash, is_sibling: bool },
}

impl Claim {
    pub fn hash(&self) -> &ContextHash {
        match self {
            Claim::Held(row) | Claim::Inherited(row) => &row.hash,
            Claim::New { hash, .. } => hash,
        }
    }

    /// The registry's row, where there is one.
    pub fn row(&self) -> Option<&ContextRow> {
        match self {
            Claim::Held(row) | Claim::Inherited(row) => Some(row),
            Claim::New { .. } => None,
        }
    }

    pub fn into_row(self) -> Option<ContextRow> {
        match self {
            Claim::Held(row) | Claim::Inherited(row) => Some(row),
            Claim::New { .. } => None,
        }
    }
}

/// What the checkout would get; changes nothing.
///
/// # Errors
/// What SQLite says.
pub fn judge(reader: &Reader, context: &Context) -> SqlResult<Claim> {
    if let Some(row) = contexts::find(reader, &context.identity, &context.root)? {
        return Ok(Claim::Held(row));
    }
    let base = hash_of(&context.identity);
    let mut rivals = contexts::of_identity(reader, &context.identity)?;
    // The original before its siblings: a clone that moved wants the ports that everybody knows.
    rivals.sort_by_key(|row| row.hash != base);
    let is_sibling = rivals.iter().any(|row| row.hash == base);
    match rivals.iter().position(|row| !is_checkout_of(&row.path, row.remote.as_deref())) {
        Some(orphan) => Ok(Claim::Inherited(rivals.swap_remove(orphan))),
        None if is_sibling => Ok(Claim::New { hash: free_hash(sibling_identity(context), &rivals), is_sibling }),
        None => Ok(Claim::New { hash: base, is_sibling }),
    }
}

/// A claim's row, where the registry has one, and its allocations in the order of their booking; makes nothing.
///
/// # Errors
/// The checkout or the registry cannot be read.
pub fn known(app: &mut App) -> Result<Option<(Claim, Vec<Allocation>)>> {
    let context = app.context()?.clone();
    let Some(registry) = app.existing_registry()? else { return Ok(None) };
    registry.read(|reader| {
        let claim = judge(reader, &context)?;
        match claim.row() {
            Some(row) => allocations::of_context(reader, row.id).map(|rows| Some((claim.clone(), rows))),
            None => Ok(None),
        }
    })
}

/// Keeps the context from being pruned by age: the time of its last use is refreshed, at most once a day.
pub fn note_use(registry: &mut Registry, held: &ContextRow) {
    if clock::has_reached(held.used_at + clock::DAY) {
        let now = clock::now();
        // A registry that cannot be written still answers; only pruning by age loses a day.
        let _ = registry.write(|writer| Ok(contexts::touch(writer, held.id, now)?));
        // Once a day, so that the cache stays small also where nobody prunes.
        memo::prune();
    }
}

/// The first of the context's names that nobody goes by. A branch may be called like a name that ends in a sibling's
/// digits, so the last resort has nothing in it that a stranger chose.
fn free_project_name(
    reader: &Reader,
    context: &Context,
    hash: &ContextHash,
    is_sibling: bool,
) -> Result<ComposeProjectName> {
    for name in [project_name(context, hash, is_sibling), project_name(context, hash, true)] {
        if !contexts::project_name_is_taken(reader, &name)? {
            return Ok(name);
        }
    }
    ComposeProjectName::new(format!("project-{hash}")).context("a hash that is not in Compose's alphabet")
}

/// The sibling's hash. A sibling that has moved away keeps the hash of the path it came from; who comes to that path
/// after it gets the next one.
fn free_hash(mut identity: Vec<u8>, rivals: &[ContextRow]) -> ContextHash {
    loop {
        let hash = hash_of(&identity);
        if rivals.iter().all(|row| row.hash != hash) {
            return hash;
        }
        identity.push(b'@');
    }
}

/// Makes the claim good: the row that the checkout holds from now on.
///
/// # Errors
/// What SQLite says.
pub(super) fn settle(writer: &Reader, context: &Context, now: i64) -> Result<ContextRow> {
    match judge(writer, context)? {
        Claim::Held(row) => return Ok(row),
        Claim::Inherited(row) => contexts::hand_over(writer, row.id, &context.root, now)?,
        Claim::New { hash, is_sibling } => {
            let name = free_project_name(writer, context, &hash, is_sibling)?;
            contexts::insert(writer, context, &hash, &name, now)?;
        }
    }
    contexts::find(writer, &context.identity, &context.root)?.context("the context vanished in its own transaction")
}
