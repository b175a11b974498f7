//! One reading of a project: what was read, what was missing, and how much work it has cost.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::rc::Rc;

use crate::sys::files;
use crate::yaml;

use super::interpolate::TemplateError;
use super::tree::Place;
use super::{ComposeError, Project, Warning};

/// Nodes that may be built, copies made by `extends` and files included twice counted each time.
const NODE_LIMIT: usize = 300_000;

/// Bytes of text that count as much as one node.
const TEXT_PER_NODE: usize = 32;

/// Files that may be read, and the bytes of all of them.
const FILE_LIMIT: usize = 1_000;
const TOTAL_LIMIT: u64 = yaml::SIZE_LIMIT;

/// Warnings that are kept; nobody reads more.
const NOTE_LIMIT: usize = 100;

/// Ports that are taken up: each becomes a variable, and all of them have to fit into a program's environment.
const PORT_LIMIT: usize = 1_000;

/// What a reading gathers on its way.
pub(super) struct Session<'a> {
    process_env: &'a dyn Fn(&str) -> Option<String>,
    /// Variables that stand for host ports: gantry exports them itself, so the process environment is no witness.
    hidden: &'a BTreeSet<String>,
    /// The variables found to stand for host ports in this reading.
    pub host_variables: RefCell<BTreeSet<String>>,
    /// The variables of the process environment that were asked for.
    variables: RefCell<BTreeSet<String>>,
    inputs: RefCell<Vec<PathBuf>>,
    warnings: RefCell<Vec<Warning>>,
    missing: RefCell<Vec<(String, Warning)>>,
    required: RefCell<Vec<(String, ComposeError)>>,
    nodes: Cell<usize>,
    files: Cell<usize>,
    bytes: Cell<u64>,
    ports: Cell<usize>,
    incomplete: Cell<bool>,
}

impl<'a> Session<'a> {
    pub(super) fn new(process_env: &'a dyn Fn(&str) -> Option<String>, hidden: &'a BTreeSet<String>) -> Session<'a> {
        Session {
            process_env,
            hidden,
            host_variables: RefCell::default(),
            variables: RefCell::default(),
            inputs: RefCell::default(),
            warnings: RefCell::default(),
            missing: RefCell::default(),
            required: RefCell::default(),
            nodes: Cell::new(0),
            files: Cell::new(0),
            bytes: Cell::new(0),
            ports: Cell::new(0),
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

    /// A variable of the process environment, unless it stands for a host port.
    pub(super) fn process_variable(&self, name: &str) -> Option<String> {
        if self.hidden.contains(name) {
            return None;
        }
        self.variables.borrow_mut().insert(name.to_owned());
        (self.process_env)(name)
    }

    pub(super) fn warn(&self, place: Option<&Place>, message: String) {
        let warning = Warning { source: place.map(Place::source), message };
        push_new(&mut self.warnings.borrow_mut(), warning);
    }

    /// A variable has no value; a warning, unless it turns out that gantry provides it.
    pub(super) fn note_missing(&self, name: &str, place: &Place) {
        let message = format!("the {name} variable is not set: it counts as empty");
        let warning = Warning { source: Some(place.source()), message };
        push_new(&mut self.missing.borrow_mut(), (name.to_owned(), warning));
    }

    /// A variable that the file requires has no value; an error, unless it turns out that gantry provides it.
    pub(super) fn note_required(&self, name: &str, reason: &str, place: &Place) {
        let error = TemplateError::Required { variable: name.to_owned(), reason: reason.to_owned() };
        push_new(&mut self.required.borrow_mut(), (name.to_owned(), place.error(error.to_string())));
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

    /// Whether so many ports more can be taken up; counts them if so.
    pub(super) fn has_room_for(&self, ports: usize) -> bool {
        let has_room = self.ports.get() + ports <= PORT_LIMIT;
        if has_room {
            self.ports.set(self.ports.get() + ports);
        }
        has_room
    }

    /// Counts a text that variables have made.
    ///
    /// # Errors
    /// As [`Session::spend`].
    pub(super) fn spend_text(&self, text: &str, place: &Place) -> Result<(), ComposeError> {
        self.spend(text.len() / TEXT_PER_NODE, place)
    }

    /// What the reading has come to.
    pub(super) fn finish(
        self,
        result: Result<Project, ComposeError>,
    ) -> (Result<Project, ComposeError>, BTreeSet<String>) {
        let provided = self.host_variables.into_inner();
        let missing = self.missing.into_inner().into_iter().filter(|(name, _)| !provided.contains(name));
        let required = self.required.into_inner().into_iter().find(|(name, _)| !provided.contains(name));
        let warnings = self.warnings.into_inner().into_iter().chain(missing.map(|(_, warning)| warning)).collect();
        let (inputs, variables) = (self.inputs.into_inner(), self.variables.into_inner());
        // What follows upon a missing value is no news beside it.
        let result = match (required, result) {
            (Some((_, error)), _) | (None, Err(error)) => Err(ComposeError { inputs, variables, ..error }),
            (None, Ok(project)) => Ok(Project { inputs, variables, warnings, ..project }),
        };
        (result, provided)
    }
}

fn push_new<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if list.len() < NOTE_LIMIT && !list.contains(&item) {
        list.push(item);
    }
}

/// The path as Compose writes it, from a directory: `..` and `.` are worked out without looking at the disk.
pub(super) fn join(directory: &Path, path: impl AsRef<Path>) -> PathBuf {
    let mut result = PathBuf::new();
    for component in directory.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

/// An error about a file as a whole.
pub(super) fn whole_file(path: &Path, message: impl Into<String>) -> ComposeError {
    Place { file: Rc::from(path), line: 0 }.error(message)
}

fn reason(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if files::is_link(path) => "a dangling link: its target does not exist".to_owned(),
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::IsADirectory => "a directory, not a file".to_owned(),
        io::ErrorKind::FileTooLarge => format!("larger than {} bytes", yaml::SIZE_LIMIT),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_without_detours() {
        #[track_caller]
        fn check(path: &str, expected: &str) {
            assert_eq!(join(Path::new("/p/q"), path), Path::new(expected), "{path}");
        }
        check("a.yaml", "/p/q/a.yaml");
        check("./a/../b.yaml", "/p/q/b.yaml");
        check("../../../a", "/a");
        check("/a/./b", "/a/b");
        check("", "/p/q");
    }
}
