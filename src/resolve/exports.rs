//! What a context puts into the shell.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use super::claim::judge;
use super::{Discovery, Note, Slot, book_project, discover};
use crate::app::App;
use crate::compose::ComposeError;
use crate::config;
use crate::model::{ComposeProjectName, Published};
use crate::registry::{Allocation, ContextRow, allocations};
use crate::shell::VariableName;

/// A context's variables, as far as they are known.
#[derive(Debug, Default)]
pub struct Resolution {
    pub variables: BTreeMap<VariableName, String>,
    pub notes: Vec<Note>,
    /// The files that decide all this: where one changes, the answer may.
    pub inputs: Vec<PathBuf>,
    /// What went wrong besides: the variables are then those that were known before.
    pub failures: Vec<anyhow::Error>,
}

/// The variables of the current directory's context; with `auto`, what the compose file publishes is booked first.
///
/// # Errors
/// The checkout itself cannot be read. Everything else goes into [`Resolution::failures`], so that what is booked
/// already is still told.
pub fn resolve(app: &mut App, auto: bool) -> Result<Resolution> {
    let mut resolution = Resolution::default();
    let context = app.context()?;
    resolution.inputs.extend(context.inputs.iter().cloned());
    resolution.inputs.push(context.root.join(config::FILE_NAME));
    let booked = if auto { book_all(app, &mut resolution) } else { None };
    let known = match booked {
        Some(known) => Some(known),
        None => keep(&mut resolution.failures, known(app)).flatten(),
    };
    let fixed_name = keep(&mut resolution.failures, app.config().map(|config| config.project_name.clone())).flatten();
    if let Some((held, rows)) = known {
        resolution.variables = variables(&held, &rows, fixed_name);
    }
    resolution.inputs.sort_unstable();
    resolution.inputs.dedup();
    Ok(resolution)
}

fn book_all(app: &mut App, resolution: &mut Resolution) -> Option<(ContextRow, Vec<Allocation>)> {
    let discovery = match discover(app) {
        Ok(discovery) => discovery,
        Err(error) => {
            if let Some(error) = error.downcast_ref::<ComposeError>() {
                resolution.inputs.extend(error.inputs.iter().cloned());
            }
            resolution.failures.push(error);
            return None;
        }
    };
    let Discovery { slots, notes, inputs } = discovery;
    resolution.notes.extend(notes);
    resolution.inputs.extend(inputs);
    let booked = keep(&mut resolution.failures, book_project(app, &slots))?;
    resolution.notes.extend(booked.notes);
    resolution.notes.extend(not_published(&slots, &booked.allocations));
    for (service, exhausted) in booked.exhausted {
        resolution.failures.push(anyhow::Error::from(exhausted).context(format!("{service} gets no port")));
    }
    Some((booked.held, booked.allocations))
}

/// What the registry knows already; makes nothing.
fn known(app: &mut App) -> Result<Option<(ContextRow, Vec<Allocation>)>> {
    let context = app.context()?.clone();
    let Some(registry) = app.existing_registry()? else { return Ok(None) };
    registry.read(|reader| match judge(reader, &context)?.row() {
        Some(row) => Ok(Some((row.clone(), allocations::of_context(reader, row.id)?))),
        None => Ok(None),
    })
}

/// The value; an error is kept for later.
fn keep<T>(failures: &mut Vec<anyhow::Error>, result: Result<T>) -> Option<T> {
    result.map_err(|error| failures.push(error)).ok()
}

fn variables(
    held: &ContextRow,
    rows: &[Allocation],
    fixed_name: Option<ComposeProjectName>,
) -> BTreeMap<VariableName, String> {
    let project_name = fixed_name.map_or_else(|| held.project_name.clone(), |name| name.to_string());
    let ports = rows.iter().filter_map(|row| {
        // Checked again: the registry is a file, and whoever can write it should not get at the shell.
        let name = VariableName::new(row.variable.as_deref()?).ok()?;
        Some((name, row.port.to_string()))
    });
    let own =
        [(VariableName::COMPOSE_PROJECT_NAME, project_name), (VariableName::GANTRY_CONTEXT, held.hash.to_string())];
    ports.chain(own).collect()
}

/// The fixed ports of the file that are not the ones allocated.
fn not_published(slots: &[Slot], rows: &[Allocation]) -> Vec<Note> {
    let find = |slot: &Slot| rows.iter().find(|row| row.variable.as_deref() == Some(slot.variable.as_str()));
    let clashing = slots.iter().filter(|slot| !slot.is_read_by_file).filter_map(|slot| {
        let allocated = find(slot)?.port;
        let Published::Fixed(published) = slot.faces[0].published else { return None };
        (published != allocated).then(|| Note::NotPublished {
            source: slot.faces[0].source.clone(),
            service: slot.service.clone(),
            published,
            allocated,
            variable: slot.variable.to_string(),
        })
    });
    clashing.collect()
}
