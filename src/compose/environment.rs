//! Where a variable's value comes from: the process environment, then `.env` files, in Compose's order.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::ComposeError;
use super::dotenv;
use super::interpolate::{Scope, TemplateError, substitute};
use super::session::Session;
use super::tree::Place;
use crate::sys::files;

/// The values that a compose file's variables have; an included project has its own.
#[derive(Clone, Default)]
pub(super) struct Environment {
    /// From `.env` files; the first that names a variable wins.
    values: HashMap<String, String>,
}

/// What a list of files is read with; an included project has its own.
pub(super) struct Surroundings {
    pub env: Environment,
    /// Relative paths in the files start here.
    pub directory: PathBuf,
    /// The files on the way here, the outermost first.
    pub included_by: Vec<PathBuf>,
}

impl Environment {
    /// The variable's value: the process's, unless it stands for a host port, else the `.env` files'.
    pub(super) fn lookup(&self, session: &Session<'_>, name: &str) -> Option<String> {
        session.process_variable(name).or_else(|| self.own(name))
    }

    /// The variable's value in the `.env` files.
    pub(super) fn own(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned()
    }

    /// Sets a variable that no file has set.
    pub(super) fn set_default(&mut self, name: &str, value: String) {
        self.values.entry(name.to_owned()).or_insert(value);
    }

    /// Reads `.env` files one after the other: a later one wins over an earlier one of the same call, but not over
    /// what was known before.
    ///
    /// # Errors
    /// A file that cannot be read, or is no `.env` file.
    pub(super) fn add_files(&mut self, session: &Session<'_>, files: &[PathBuf]) -> Result<(), ComposeError> {
        let mut added: HashMap<String, String> = HashMap::new();
        // The null device is the usual way to say "none".
        for file in files.iter().filter(|file| file.as_path() != Path::new("/dev/null")) {
            let bytes = session.read(file)?;
            let known = |name: &str| self.lookup(session, name).or_else(|| added.get(name).cloned());
            let values = dotenv::parse(file, &bytes, &known, &|name, line| {
                session.note_missing(name, &Place { file: file.as_path().into(), line });
            })?;
            added.extend(values);
        }
        for (name, value) in added {
            self.set_default(&name, value);
        }
        Ok(())
    }

    /// Adds the `.env` of a directory where it has one.
    ///
    /// # Errors
    /// As [`Environment::add_files`].
    pub(super) fn add_directory(&mut self, session: &Session<'_>, directory: &Path) -> Result<(), ComposeError> {
        let file = directory.join(".env");
        session.note_input(&file);
        match files::metadata(&file) {
            Ok(metadata) if !metadata.is_dir() => self.add_files(session, &[file]),
            _ => Ok(()),
        }
    }

    /// The template's text; the session hears of variables that have no value.
    ///
    /// # Errors
    /// As [`substitute`]; a required variable without a value is the session's to judge, once it knows all that
    /// gantry will provide.
    pub(super) fn substitute(
        &self,
        session: &Session<'_>,
        template: &str,
        place: &Place,
    ) -> Result<String, TemplateError> {
        let lookup = |name: &str| self.lookup(session, name);
        let missing = |name: &str| session.note_missing(name, place);
        let required = |name: &str, reason: &str| {
            session.note_required(name, reason, place);
            true
        };
        substitute(template, &Scope { lookup: &lookup, missing: &missing, required: &required })
    }
}
