//! One reading of a project: what was read, what was missing, and how much work it has cost.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::sys::files;
use crate::yaml;

use super::tree::Place;
use super::{ComposeError, Warning};

/// Nodes that may be built, copies made by `extends` and files included twice counted each time.
const NODE_LIMIT: usize = 300_000;

/// Bytes of text that count as much as one node.
const TEXT_PER_NODE: usize = 32;

/// Files that may be read, and their bytes.
const FILE_LIMIT: usize = 1_000;
const TOTAL_LIMIT: u64 = 2 * yaml::SIZE_LIMIT;

/// Warnings that are kept; nobody reads more.
const WARNING_LIMIT: usize = 100;

/// What a reading gathers on its way.
pub(super) struct Session<'a> {
    pub process_env: &'a dyn Fn(&str) -> Option<String>,
    /// Variables that stand for host ports: gantry exports them itself, so the process environment is no witness.
    pub hidden: &'a BTreeSet<String>,
    /// The variables found to stand for host ports in this reading.
    pub host_variables: RefCell<BTreeSet<String>>,
    inputs: RefCell<Vec<PathBuf>>,
    warnings: RefCell<Vec<Warning>>,
    nodes: Cell<usize>,
    files: Cell<usize>,
    bytes: Cell<u64>,
    incomplete: Cell<bool>,
}

impl<'a> Session<'a> {
    pub(super) fn new(process_env: &'a dyn Fn(&str) -> Option<String>, hidden: &'a BTreeSet<String>) -> Session<'a> {
        Session {
            process_env,
            hidden,
            host_variables: RefCell::default(),
            inputs: RefCell::default(),
            warnings: RefCell::default(),
            nodes: Cell::new(0),
            files: Cell::new(0),
            bytes: Cell::new(0),
            incomplete: Cell::new(false),
        }
    }

    /// Notes a place whose contents, or whose absence, the answer depends on.
    pub(super) fn note_input(&self, path: &Path) {
        let mut inputs = self.inputs.borrow_mut();
        if !inputs.iter().any(|known| known == path) {
            inputs.push(path.to_owned());
        }
    }

    pub(super) fn warn(&self, place: Option<&Place>, message: String) {
        let warning = Warning { source: place.map(Place::source), message };
        let mut warnings = self.warnings.borrow_mut();
        if warnings.len() < WARNING_LIMIT && !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }

    /// Passes over a file that Compose would fetch from elsewhere.
    pub(super) fn skip_remote(&self, place: &Place, what: &str) {
        self.incomplete.set(true);
        self.warn(Some(place), format!("{what} is not read: it lies on another machine"));
    }

    /// Whether something was passed over, so that what seems to be missing may be there.
    pub(super) fn is_incomplete(&self) -> bool {
        self.incomplete.get()
    }

    /// Reads a file of the project.
    ///
    /// # Errors
    /// As [`files::read_limited`], with a message for the user.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>, ComposeError> {
        self.note_input(path);
        self.files.set(self.files.get() + 1);
        if self.files.get() > FILE_LIMIT {
            return Err(whole_file(path, format!("more than {FILE_LIMIT} files are read by include and extends")));
        }
        let bytes = files::read_limited(path, yaml::SIZE_LIMIT);
        let bytes = bytes.map_err(|error| whole_file(path, reason(path, &error)))?;
        self.bytes.set(self.bytes.get() + bytes.len() as u64);
        if self.bytes.get() > TOTAL_LIMIT {
            return Err(whole_file(path, format!("more than {TOTAL_LIMIT} bytes are read by include and extends")));
        }
        Ok(bytes)
    }

    /// Counts nodes about to be built.
    ///
    /// # Errors
    /// Too many: the file is hostile, or no compose file at all.
    pub(super) fn spend(&self, nodes: usize, place: &Place) -> Result<(), ComposeError> {
        self.nodes.set(self.nodes.get().saturating_add(nodes));
        if self.nodes.get() > NODE_LIMIT {
            return Err(place.error(format!("more than {NODE_LIMIT} values, counted after include and extends")));
        }
        Ok(())
    }

    /// Counts a text that variables have made.
    ///
    /// # Errors
    /// As [`Session::spend`].
    pub(super) fn spend_text(&self, text: &str, place: &Place) -> Result<(), ComposeError> {
        self.spend(text.len() / TEXT_PER_NODE, place)
    }

    /// The inputs, the warnings, and the variables that stand for host ports.
    pub(super) fn finish(self) -> (Vec<PathBuf>, Vec<Warning>, BTreeSet<String>) {
        (self.inputs.into_inner(), self.warnings.into_inner(), self.host_variables.into_inner())
    }
}

/// An error about a file as a whole.
pub(super) fn whole_file(path: &Path, message: impl Into<String>) -> ComposeError {
    Place { file: Rc::from(path), line: 0 }.error(message)
}

fn reason(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if path.is_symlink() => "a dangling link: its target does not exist".to_owned(),
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::IsADirectory => "a directory, not a file".to_owned(),
        io::ErrorKind::FileTooLarge => format!("larger than {} bytes", yaml::SIZE_LIMIT),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}
