//! What a context puts into the shell: its ports, its Compose project name, and where the compose file as it stands
//! would not publish those ports, the files that do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;

use crate::app::App;
use crate::certs::{self, Exported};
use crate::compose::ComposeError;
use crate::config::{self, Remap};
use crate::context;
use crate::model::{ComposeProjectName, Context, FixedKind};
use crate::registry::{Allocation, ContextRow, RegistryError, allocations};
use crate::remap;
use crate::resolve::{self, Booked, Discovery, Note, book_project, booked_already, discover, first_held, note_use};
use crate::shell::VariableName;
use crate::sys::env;

/// A context's variables, as far as they are known.
#[derive(Debug, Default)]
pub struct Resolution {
    pub variables: BTreeMap<VariableName, String>,
    /// What another context left in the environment and this one does not set.
    pub unset: Vec<VariableName>,
    pub notes: Vec<Note>,
    /// The files that decide all this: where one changes, the answer may.
    pub inputs: Vec<PathBuf>,
    /// What went wrong besides: the variables are then those that were known before.
    pub failures: Vec<anyhow::Error>,
}

/// What [`resolve()`] may do.
#[derive(Clone, Copy, Debug)]
pub struct ResolveOptions {
    /// Book what the compose file publishes; without it, only what is booked is told.
    pub auto: bool,
    /// Write an override where the compose file would publish other ports.
    pub remap: bool,
    /// Lead programs that bring roots of their own to the CA that signs the projects' certificates.
    pub certs: bool,
}

/// The variables of the current directory's context.
///
/// # Errors
/// The directory is gone. Everything else goes into [`Resolution::failures`], so that what is booked already is still
/// told.
pub fn resolve(app: &mut App, options: ResolveOptions) -> Result<Resolution> {
    let mut resolution = resolve_here(app, options)?;
    if app.has_foreign_compose_file() && !resolution.variables.contains_key(&VariableName::COMPOSE_FILE) {
        resolution.unset.push(VariableName::GANTRY_COMPOSE_FILE);
        match app.own_compose_file() {
            Some(own) => drop(resolution.variables.insert(VariableName::COMPOSE_FILE, own)),
            None => resolution.unset.push(VariableName::COMPOSE_FILE),
        }
    }
    let wanted = if options.certs { certificates(&mut resolution) } else { None };
    export_certs(&mut resolution, wanted.unwrap_or_else(certs::left_over));
    Ok(resolution)
}

fn certificates(resolution: &mut Resolution) -> Option<Vec<Exported>> {
    resolution.inputs.extend(certs::input().ok());
    let exported = keep(&mut resolution.failures, certs::exported())?;
    if exported.is_none() {
        resolution.notes.push(Note::NoCertificates);
    }
    exported
}

/// Sets the variables, and beside each what the user had there, so that it can be put back.
fn export_certs(resolution: &mut Resolution, exported: Vec<Exported>) {
    for Exported { name, own_name, value, own } in exported {
        let mut set = |name: &'static str, value: Option<String>| match value {
            Some(value) => drop(resolution.variables.insert(VariableName::known(name), value)),
            None => resolution.unset.push(VariableName::known(name)),
        };
        if own.is_some() || env::raw_var(own_name).is_some() {
            set(own_name, own);
        }
        set(name, value);
    }
}

fn resolve_here(app: &mut App, options: ResolveOptions) -> Result<Resolution> {
    let mut resolution = Resolution::default();
    let context = match app.context() {
        Ok(context) => context,
        Err(error) => return without_context(app, error, options.remap),
    };
    resolution.inputs.extend(context.inputs.iter().cloned());
    resolution.inputs.push(context.root.join(config::FILE_NAME));
    let config = keep(&mut resolution.failures, app.config().cloned()).unwrap_or_default();
    let may_remap = options.remap && config.remap == Remap::Auto;
    // Without `auto` the registry alone answers; the compose file is read for the override, if it can be.
    let discovery = if options.auto { discovered(app, &mut resolution) } else { discover(app).ok() };
    let mut booked = match &discovery {
        Some(discovery) if options.auto => book_all(app, discovery, &mut resolution),
        _ => None,
    };
    // What could not be opened just now would be waited for twice.
    let is_readable = app.has_open_registry() || !resolution.failures.iter().any(|error| error.is::<RegistryError>());
    if let (None, Some(discovery), true) = (&booked, &discovery, is_readable) {
        booked = keep(&mut resolution.failures, booked_already(app, discovery)).flatten();
    }
    if let Some(booked) = &booked
        && let Ok(Some(registry)) = app.existing_registry()
    {
        note_use(registry, &booked.held);
    }
    let known = match &booked {
        Some(booked) => Some((booked.held.clone(), booked.allocations.clone())),
        None if !is_readable => None,
        None => keep(&mut resolution.failures, known(app)).flatten(),
    };
    if let Some((held, rows)) = &known {
        resolution.variables = variables(held, rows, config.project_name.as_ref());
    }
    if let Some(booked) = &booked {
        resolution.notes.extend(shared_project(booked));
    }
    if let (Some(discovery), Some(booked)) = (&discovery, &booked) {
        let outcome = keep(&mut resolution.failures, remap::apply(discovery, booked, may_remap));
        if let Some(remap::Outcome { variables, mut notes, file }) = outcome {
            if let Some(Some(registry)) = keep(&mut resolution.failures, app.existing_registry()) {
                keep(&mut resolution.failures, remap::name_holders(registry.reader(), &mut notes));
            }
            resolution.variables.extend(variables);
            resolution.notes.extend(notes);
            resolution.inputs.extend(file);
        }
    }
    if let (None, Some((held, _)), true) = (&discovery, &known, may_remap) {
        resolution.variables.extend(remap::last_known(&held.hash, app.own_compose_file()));
    }
    resolution.inputs.sort_unstable();
    resolution.inputs.dedup();
    Ok(resolution)
}

/// What is booked for the checkout whose `gantry.yml` or repository is broken, and the files that may mend it.
fn without_context(app: &mut App, error: anyhow::Error, may_remap: bool) -> Result<Resolution> {
    let (candidates, mut inputs) = context::detect_despite(app.directory()?);
    inputs.sort_unstable();
    inputs.dedup();
    let mut resolution = Resolution { inputs, failures: vec![error], ..Resolution::default() };
    let held = keep(&mut resolution.failures, held_by_any(app, &candidates)).flatten();
    if let Some((held, rows)) = held {
        resolution.variables = variables(&held, &rows, None);
        if may_remap {
            resolution.variables.extend(remap::last_known(&held.hash, app.own_compose_file()));
        }
    }
    Ok(resolution)
}

fn held_by_any(app: &mut App, candidates: &[Context]) -> Result<Option<(ContextRow, Vec<Allocation>)>> {
    let Some(registry) = app.existing_registry()? else { return Ok(None) };
    registry.read(|reader| {
        let Some(row) = first_held(reader, candidates)? else { return Ok(None) };
        let rows = allocations::of_context(reader, row.id)?;
        Ok(Some((row, rows)))
    })
}

fn discovered(app: &App, resolution: &mut Resolution) -> Option<Discovery> {
    match discover(app) {
        Ok(discovery) => {
            resolution.notes.extend(discovery.notes.iter().cloned());
            resolution.inputs.extend(discovery.inputs.iter().cloned());
            Some(discovery)
        }
        Err(error) => {
            if let Some(error) = error.downcast_ref::<ComposeError>() {
                resolution.inputs.extend(error.inputs.iter().cloned());
            }
            resolution.failures.push(error);
            None
        }
    }
}

/// Another checkout's Compose project goes by the name that `gantry.yml` gives this one: no override mends that.
fn shared_project(booked: &Booked) -> Option<Note> {
    let clash = booked.clashes.iter().find(|clash| clash.name.kind == FixedKind::Project)?;
    let (label, path) = (clash.holder.label.clone(), clash.holder.path.clone());
    Some(Note::NameTaken { name: clash.name.clone(), label, path })
}

fn book_all(app: &mut App, discovery: &Discovery, resolution: &mut Resolution) -> Option<Booked> {
    let mut booked = keep(&mut resolution.failures, book_project(app, discovery))?;
    resolution.notes.append(&mut booked.notes);
    for (service, exhausted) in booked.exhausted.drain(..) {
        resolution.failures.push(anyhow::Error::from(exhausted).context(format!("{service} gets no port")));
    }
    Some(booked)
}

/// What the registry knows already; that it was asked counts as a use.
fn known(app: &mut App) -> Result<Option<(ContextRow, Vec<Allocation>)>> {
    let known = resolve::known(app)?.and_then(|(claim, rows)| Some((claim.into_row()?, rows)));
    if let (Some((row, _)), Some(registry)) = (&known, app.existing_registry()?) {
        note_use(registry, row);
    }
    Ok(known)
}

/// The value; an error is kept for later, once where several steps run into the same one.
fn keep<T>(failures: &mut Vec<anyhow::Error>, result: Result<T>) -> Option<T> {
    let is_new = |error: &anyhow::Error| !failures.iter().any(|known| format!("{known:#}") == format!("{error:#}"));
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            if is_new(&error) {
                failures.push(error);
            }
            None
        }
    }
}

fn variables(
    held: &ContextRow,
    rows: &[Allocation],
    fixed_name: Option<&ComposeProjectName>,
) -> BTreeMap<VariableName, String> {
    let project_name = fixed_name.map_or_else(|| held.project_name.clone(), ToString::to_string);
    let ports = rows.iter().filter_map(|row| {
        // Checked again: the registry is a file, and whoever can write it should not get at the shell.
        let name = VariableName::new(row.variable.as_deref()?).ok()?;
        Some((name, row.port.to_string()))
    });
    let own =
        [(VariableName::COMPOSE_PROJECT_NAME, project_name), (VariableName::GANTRY_CONTEXT, held.hash.to_string())];
    ports.chain(own).collect()
}
