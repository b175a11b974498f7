//! `extends`: a service that starts from another one, of the same file or of a file of its own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::environment::Surroundings;
use super::load::{interpolate, read_documents};
use super::merge::{merge, merge_service, settle};
use super::session::{Session, join};
use super::tree::{Entry, Node, Place, Tag, Value};
use super::{ComposeError, ports};

/// Services that extend each other in a row.
const DEPTH_LIMIT: usize = 50;

/// Puts every service of the tree on the one that it extends.
///
/// # Errors
/// A service or file that is missing, a circle, or an `extends` of the wrong shape.
pub(super) fn resolve(
    session: &Session<'_>,
    around: &Surroundings,
    file: &Rc<Path>,
    tree: &mut Node,
) -> Result<(), ComposeError> {
    let Value::Mapping(sections) = &mut tree.value else { return Ok(()) };
    let Some(section) = sections.iter_mut().find(|entry| entry.name == "services") else { return Ok(()) };
    let Value::Mapping(entries) = &mut section.node.value else {
        return Err(section.node.place.error("services must be a mapping"));
    };
    if !entries.iter().any(|entry| entry.node.field("extends").is_some()) {
        return Ok(());
    }
    let source = Source::new(Rc::clone(file), around.directory.clone(), std::mem::take(entries));
    let mut extending = Extending { session, around, sources: vec![source], trail: Vec::new() };
    for index in 0..extending.sources[0].entries.len() {
        extending.settle_service(0, index)?;
    }
    *entries = extending.sources.swap_remove(0).entries;
    Ok(())
}

/// A file's services.
struct Source {
    file: Rc<Path>,
    /// Relative paths of its `extends` start here.
    directory: PathBuf,
    entries: Vec<Entry>,
    index: HashMap<String, usize>,
}

struct Extending<'a> {
    session: &'a Session<'a>,
    around: &'a Surroundings,
    /// The tree at hand, then each file that is extended from.
    sources: Vec<Source>,
    /// The services on the way here: number of the source, number of the service.
    trail: Vec<(usize, usize)>,
}

/// What an `extends` names.
struct Reference {
    service: String,
    file: Option<String>,
    place: Place,
}

impl Source {
    fn new(file: Rc<Path>, directory: PathBuf, entries: Vec<Entry>) -> Source {
        let index = entries.iter().enumerate().map(|(index, entry)| (entry.name.clone(), index)).collect();
        Source { file, directory, entries, index }
    }
}

impl Extending<'_> {
    /// Replaces a service by itself laid on its base; a service that extends nothing stays.
    fn settle_service(&mut self, source: usize, index: usize) -> Result<(), ComposeError> {
        let entry = &self.sources[source].entries[index];
        let (Some(extends), name) = (entry.node.field("extends"), entry.name.clone()) else { return Ok(()) };
        let reference = Reference::read(extends, &name)?;
        self.trail.push((source, index));
        let (base_source, base_index) = self.find(source, &name, &reference)?;
        self.refuse_circle(&reference.place, base_source, base_index)?;
        self.settle_service(base_source, base_index)?;
        self.trail.pop();

        let mut base = self.sources[base_source].entries[base_index].node.clone();
        self.session.spend(base.size(), &reference.place)?;
        settle(&mut base);
        let slot = &mut self.sources[source].entries[index].node;
        let shell = Node::new(slot.place.clone(), Value::Null);
        let mut over = std::mem::replace(slot, shell);
        over.take("extends");
        // What a service's own tag says is meant for the files below this one.
        let tag = std::mem::replace(&mut over.tag, Tag::Plain);
        let mut merged = match base.value {
            Value::Null => over,
            _ => merge_service(base, over, &name)?,
        };
        merged.tag = tag;
        *slot = merged;
        Ok(())
    }

    fn find(&mut self, source: usize, name: &str, reference: &Reference) -> Result<(usize, usize), ComposeError> {
        let target = match &reference.file {
            Some(file) => {
                let path = join(&self.sources[source].directory, file);
                self.source_of(&path, &reference.place)?
            }
            None => source,
        };
        let found = self.sources[target].index.get(&reference.service);
        found.map(|&index| (target, index)).ok_or_else(|| {
            let (service, file) = (&reference.service, self.sources[target].file.display());
            reference.place.error(format!("cannot extend service {name:?}: service {service:?} not found in {file}"))
        })
    }

    /// The number of the file's services, read where they are not yet known.
    fn source_of(&mut self, path: &Path, place: &Place) -> Result<usize, ComposeError> {
        // The tree at hand is not its own file: includes are part of it.
        if let Some(known) = self.sources.iter().skip(1).position(|source| &*source.file == path) {
            return Ok(known + 1);
        }
        let documents = read_documents(self.session, path).map_err(|error| place.or_of_file(error))?;
        let mut tree = Node::new(place.clone(), Value::Mapping(Vec::new()));
        for document in documents {
            tree = merge(tree, interpolate(self.session, &self.around.env, document)?)?;
        }
        let entries = match tree.take("services").map(|services| services.value) {
            Some(Value::Mapping(entries)) => entries,
            _ => return Err(place.error(format!("{} has no services to extend", path.display()))),
        };
        ports::check(&entries)?;
        let directory = path.parent().unwrap_or(&self.around.directory).to_owned();
        self.sources.push(Source::new(Rc::from(path), directory, entries));
        Ok(self.sources.len() - 1)
    }

    fn refuse_circle(&self, place: &Place, source: usize, index: usize) -> Result<(), ComposeError> {
        if self.trail.len() > DEPTH_LIMIT {
            return Err(place.error(format!("more than {DEPTH_LIMIT} services extend each other in a row")));
        }
        if !self.trail.contains(&(source, index)) {
            return Ok(());
        }
        let steps = self.trail.iter().copied().chain([(source, index)]);
        let names: Vec<&str> = steps.map(|(source, index)| self.sources[source].entries[index].name.as_str()).collect();
        Err(place.error(format!("circular reference: {}", names.join(" extends "))))
    }
}

impl Reference {
    fn read(extends: &Node, name: &str) -> Result<Reference, ComposeError> {
        let place = extends.place.clone();
        let text = |field: &str| extends.field(field).and_then(Node::as_str).map(str::to_owned);
        let service = match &extends.value {
            Value::String(service) => Some(service.clone()),
            _ => text("service"),
        };
        match service {
            Some(service) => Ok(Reference { service, file: text("file"), place }),
            None => Err(place.error(format!("services.{name}.extends.service is required"))),
        }
    }
}
