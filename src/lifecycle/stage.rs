//! What a command that runs something stands on: the context, its variables, the engine, and its containers there.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::event::{Event, Tell};
use super::failure::LifecycleError;
use super::state::summary;
use crate::app::App;
use crate::config::ProjectConfig;
use crate::context;
use crate::engine::{self, Container, Engine, EngineError, Invocation, Request};
use crate::exports::Resolution;
use crate::model::{ContextHash, EngineKind};
use crate::project::Selected;
use crate::registry::{ContextRow, ProjectRow, allocations, contexts};
use crate::resolve::{self, nearest_of};
use crate::shell::VariableName;
use crate::sys::child::{Cause, Limits, Start, Supervised};
use crate::sys::signals::Interrupts;
use crate::sys::{env, files};

/// Seconds that Compose gets to tidy up after Ctrl-C; it stops what it was starting.
const GRACE: Duration = Duration::from_secs(30);

/// Seconds from SIGTERM to SIGKILL for a container that Compose would take away by itself: Compose's own number.
const TIMEOUT: u32 = 10;

/// Lines of what a program said that an error repeats.
const TAIL: usize = 5;

/// A context that runs, or may run.
#[derive(Debug)]
pub struct Stage {
    /// The hostname, else the context's label.
    pub name: String,
    pub project: Option<ProjectRow>,
    pub hash: ContextHash,
    /// The Compose project's name.
    pub compose_name: String,
    /// Where Compose is run: the context's root.
    pub root: PathBuf,
    /// Where hooks run: the project's working directory, by default its root.
    pub directory: PathBuf,
    pub engine: Box<dyn Engine>,
    /// As they were when this was opened.
    pub containers: Vec<Container>,
    /// Containers of another checkout that goes by the same Compose project name: left alone.
    pub foreign: Vec<Container>,
    /// The checkouts of other contexts.
    others: Vec<PathBuf>,
    /// Something ran and was stopped.
    pub is_stopped: bool,
    /// There is no directory any more, and so nothing but the engine to ask.
    pub is_gone: bool,
    /// Why another engine does not tell whether it has any of its containers.
    pub silent: Option<EngineError>,
    /// What stands for Compose, once it was asked for.
    composer: Option<Invocation>,
}

impl Stage {
    /// The context that `app` stands in, as far as it is booked: what has no ports yet has no containers of gantry's.
    /// Books nothing.
    ///
    /// # Errors
    /// [`crate::engine::EngineError`]; the checkout or the registry cannot be read.
    pub fn open(app: &mut App, selected: &Selected, wanted: Option<EngineKind>) -> Result<Option<Stage>> {
        let gone = selected.project.as_ref().filter(|project| !files::is_dir(&project.path));
        let held = match gone {
            Some(project) => last_held_at(app, &project.path)?,
            None => held_here(app)?,
        };
        let Some(held) = held else { return Ok(None) };
        // A gantry.yml that is broken or gone by now keeps nobody from stopping what runs.
        let config = if gone.is_some() { ProjectConfig::default() } else { app.config().cloned().unwrap_or_default() };
        let compose_name = config.project_name.map_or(held.project_name, |name| name.to_string());
        let (engine, containers) = engine::find_of(&compose_name, wanted.or(config.engine))?;
        let asked = wanted.or(config.engine);
        let silent = if containers.is_empty() && asked.is_none() { engine::silent_beside(&*engine) } else { None };
        let root = held.path;
        let others = match app.existing_registry()? {
            Some(registry) => registry.read(contexts::all)?.into_iter().map(|other| other.path).collect(),
            None => Vec::new(),
        };
        let mut stage = Stage {
            is_gone: gone.is_some(),
            silent,
            name: selected.name.clone(),
            project: selected.project.clone(),
            hash: held.hash,
            compose_name,
            directory: selected.project.as_ref().map_or_else(|| root.clone(), |project| project.directory.clone()),
            root,
            engine,
            containers: Vec::new(),
            foreign: Vec::new(),
            others,
            is_stopped: false,
            composer: None,
        };
        stage.sort(containers);
        Ok(Some(stage))
    }

    /// Parts the containers of another checkout from the project's own.
    fn sort(&mut self, containers: Vec<Container>) {
        (self.foreign, self.containers) = containers.into_iter().partition(|it| self.is_foreign(it));
    }

    /// Whether it was made in the checkout of another context, and that is still there. Compose notes the directory of
    /// the first compose file, which may lie anywhere, so that it lies elsewhere is no proof.
    fn is_foreign(&self, container: &Container) -> bool {
        let Some(directory) = &container.directory else { return false };
        let directory = files::canonicalize(directory).unwrap_or_else(|_| directory.clone());
        let holder =
            self.others.iter().filter(|path| directory.starts_with(path)).max_by_key(|path| path.as_os_str().len());
        holder.is_some_and(|path| *path != self.root && !self.root.starts_with(path) && files::is_dir(path))
    }

    /// As [`Stage::open`], for what needs containers.
    ///
    /// # Errors
    /// Also [`LifecycleError::NotRunning`].
    pub fn require(app: &mut App, selected: &Selected, wanted: Option<EngineKind>) -> Result<Stage> {
        let stage = Stage::open(app, selected, wanted)?.filter(|stage| !stage.containers.is_empty());
        stage.ok_or_else(|| LifecycleError::NotRunning { name: selected.name.clone() }.into())
    }

    /// Asks the engine once more.
    ///
    /// # Errors
    /// It does not answer.
    pub fn refresh(&mut self) -> Result<()> {
        let containers = self.engine.containers(Some(&self.compose_name))?;
        self.sort(containers);
        Ok(())
    }

    /// The running containers of a service, by number.
    ///
    /// # Errors
    /// [`LifecycleError::NoSuchService`], [`LifecycleError::NotRunning`].
    pub fn running_of(&self, service: &str) -> Result<Vec<&Container>, LifecycleError> {
        let of_service: Vec<&Container> = self.containers.iter().filter(|it| it.service == service).collect();
        if of_service.is_empty() {
            return Err(self.no_such_service(service));
        }
        let running: Vec<&Container> = of_service.into_iter().filter(|it| it.is_running()).collect();
        if running.is_empty() {
            return Err(LifecycleError::NotRunning { name: format!("{service} of {}", self.name) });
        }
        Ok(running)
    }

    pub fn no_such_service(&self, service: &str) -> LifecycleError {
        let nearest = nearest_of(service, self.containers.iter().map(|it| it.service.clone()));
        LifecycleError::NoSuchService { name: self.name.clone(), service: service.to_owned(), nearest }
    }

    /// What stands for Compose on the engine.
    ///
    /// # Errors
    /// [`crate::engine::EngineError::NoCompose`].
    pub(super) fn composer(&mut self) -> Result<Invocation> {
        let composer = match self.composer.take() {
            Some(composer) => composer,
            None => self.engine.compose()?,
        };
        Ok(self.composer.insert(composer).clone())
    }

    /// Has Compose do something, and clears away before what it would leave. Tells each line that it says.
    ///
    /// # Errors
    /// [`LifecycleError::Compose`] where it fails, or where it ends well and the containers are not as they were to be;
    /// [`LifecycleError::Interrupted`] after a signal, and [`crate::engine::EngineError`] where the engine is gone.
    pub(super) fn compose(
        &mut self,
        action: &str,
        request: &Request<'_>,
        variables: &Variables,
        tell: &mut Tell<'_>,
        interrupts: &Interrupts,
    ) -> Result<()> {
        let composer = self.composer()?;
        let left = composer.leavings(request, &self.containers);
        if !left.is_empty() {
            engine::discard(&*self.engine, &left, TIMEOUT)?;
            self.refresh()?;
        }
        let mut said = Tail::default();
        let is_success = self.run(&composer, request, variables, &mut said, tell, interrupts)?;
        if is_success && !composer.is_doubtful() {
            return Ok(());
        }
        // An engine that has died says so by itself.
        self.refresh()?;
        if is_success {
            let Some(unmet) = composer.unmet(request, &self.containers) else { return Ok(()) };
            said.push(unmet.as_bytes());
        }
        let (action, name) = (action.to_owned(), self.name.clone());
        Err(LifecycleError::Compose { action, name, said: said.into_lines(), state: summary(&self.containers) }.into())
    }

    /// Runs Compose with the context's variables; whether it ended well.
    fn run(
        &mut self,
        composer: &Invocation,
        request: &Request<'_>,
        variables: &Variables,
        said: &mut Tail,
        tell: &mut Tell<'_>,
        interrupts: &Interrupts,
    ) -> Result<bool> {
        let Some(arguments) = composer.arguments_for(request) else { return Ok(true) };
        // Whatever was resolved: under no other name than that of the containers.
        let name = ("COMPOSE_PROJECT_NAME".to_owned(), Some(self.compose_name.clone()));
        let variables: Variables = variables.iter().cloned().chain([name]).collect();
        let start = Start {
            program: composer.program.as_os_str(),
            args: &arguments,
            directory: &self.root,
            variables: &variables,
            own_group: false,
        };
        let child =
            Supervised::start(&start).with_context(|| format!("{} cannot be run", composer.program.display()))?;
        let mut sieve = composer.sieve();
        let end = child.run(&Limits { time: None, grace: GRACE }, interrupts, &mut |_, line| {
            if sieve.lets_through(line) {
                said.push(line);
                tell(Event::Line(line));
            }
        })?;
        match end.cause {
            Cause::Interrupted(signal) => Err(self.interrupted(signal)),
            _ => Ok(end.status.is_success()),
        }
    }

    /// The error for a signal that came, with what runs now.
    pub(super) fn interrupted(&mut self, signal: i32) -> anyhow::Error {
        let state = match self.refresh() {
            Ok(()) => summary(&self.containers),
            Err(error) => format!("in a state that nobody tells: {error:#}"),
        };
        LifecycleError::Interrupted { name: self.name.clone(), signal, state }.into()
    }
}

/// Environment variables for a child process: set, or without a value unset.
pub(super) type Variables = Vec<(String, Option<String>)>;

/// What a shell of the context would have; what another context's shell has besides is taken away.
///
/// # Errors
/// The registry cannot be read.
pub(super) fn variables_of(app: &mut App, resolution: &Resolution) -> Result<Variables> {
    let mut variables: Variables = Vec::new();
    let here = resolution.variables.get(&VariableName::GANTRY_CONTEXT);
    if let Some(other) = env::var("GANTRY_CONTEXT").filter(|other| Some(other) != here)
        && let Some(registry) = app.existing_registry()?
        && let Some(other) = registry.read(|reader| contexts::of_hash(reader, &other))?
    {
        let rows = registry.read(|reader| allocations::of_context(reader, other.id))?;
        variables.extend(rows.into_iter().filter_map(|row| Some((row.variable?, None))));
    }
    if app.is_elsewhere() {
        // Paths from the directory where the user stands.
        variables.push(("COMPOSE_ENV_FILES".to_owned(), None));
    }
    variables.extend(resolution.unset.iter().map(|name| (name.to_string(), None)));
    variables.extend(resolution.variables.iter().map(|(name, value)| (name.to_string(), Some(value.clone()))));
    Ok(variables)
}

/// The context that a directory which is gone has held last.
fn last_held_at(app: &mut App, path: &Path) -> Result<Option<ContextRow>> {
    let Some(registry) = app.existing_registry()? else { return Ok(None) };
    Ok(registry.read(|reader| contexts::of_path(reader, path))?.into_iter().max_by_key(|row| row.used_at))
}

/// The context that the current directory holds. While `gantry.yml` is broken, it is the one that the registry has.
fn held_here(app: &mut App) -> Result<Option<ContextRow>> {
    let error = match resolve::known(app) {
        Ok(known) => return Ok(known.and_then(|(claim, _)| claim.into_row())),
        Err(error) => error,
    };
    let (candidates, _) = context::detect_despite(app.directory()?);
    let Some(registry) = app.existing_registry()? else { return Err(error) };
    for candidate in candidates {
        if let Some(row) = registry.read(|reader| contexts::find(reader, &candidate.identity, &candidate.root))? {
            return Ok(Some(row));
        }
    }
    Err(error)
}

/// The last lines of what a program said.
#[derive(Debug, Default)]
pub(super) struct Tail(Vec<String>);

impl Tail {
    pub(super) fn push(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line).trim().to_owned();
        if !line.is_empty() {
            self.0.push(line);
            if self.0.len() > TAIL {
                self.0.remove(0);
            }
        }
    }

    pub(super) fn into_lines(self) -> Vec<String> {
        self.0
    }
}

/// Moving images to and from their registries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    Pull,
    Push,
}

/// Pulls or pushes the images of the project's services.
///
/// # Errors
/// As [`super::start()`].
pub fn transfer(
    app: &mut App,
    selected: &Selected,
    transfer: Transfer,
    wanted: Option<EngineKind>,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<()> {
    let (mut stage, variables) = super::start::prepare(app, selected, wanted, tell)?;
    let (verb, phase, request) = match transfer {
        Transfer::Pull => ("pull", "pulling images", Request::Pull),
        Transfer::Push => ("push", "pushing images", Request::Push),
    };
    tell(Event::Phase(phase));
    stage.compose(verb, &request, &variables, tell, interrupts)
}
