//! What a command may need, opened when it is first asked for: a command pays for what it touches.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::compose::{self, Project};
use crate::config::{self, ProjectConfig};
use crate::context;
use crate::model::{Context, Tld};
use crate::registry::{Registry, settings};
use crate::sys::{env, paths};

/// The file's name in the data directory.
const REGISTRY_FILE: &str = "registry.db";

/// The setting of what names end in.
pub const TLD: &str = "tld";

/// Lazy handles on the current directory, its context and project, and the registry.
#[derive(Debug, Default)]
pub struct App {
    directory: OnceCell<PathBuf>,
    context: OnceCell<Context>,
    config: OnceCell<ProjectConfig>,
    project: OnceCell<Project>,
    registry: Option<Registry>,
    is_elsewhere: bool,
}

impl App {
    /// Where the user stands.
    ///
    /// # Errors
    /// The directory is gone.
    pub fn directory(&self) -> Result<&Path> {
        if self.directory.get().is_none() {
            let _ = self.directory.set(env::current_dir()?);
        }
        Ok(self.directory.get().expect("set above"))
    }

    /// Goes to another directory than the one where the user stands; what was opened there is forgotten. The registry
    /// stays open.
    pub fn enter(&mut self, directory: PathBuf) {
        let registry = self.registry.take();
        *self = App { directory: directory.into(), registry, is_elsewhere: true, ..App::default() };
    }

    /// Whether [`App::enter`] has led away from where the user stands.
    pub fn is_elsewhere(&self) -> bool {
        self.is_elsewhere
    }

    /// The context of the current directory, as its checkout tells it.
    ///
    /// # Errors
    /// The repository or `gantry.yml` cannot be read.
    pub fn context(&self) -> Result<&Context> {
        if self.context.get().is_none() {
            let _ = self.context.set(context::detect(self.directory()?)?);
        }
        Ok(self.context.get().expect("set above"))
    }

    /// The project's `gantry.yml`.
    ///
    /// # Errors
    /// It is unreadable or wrong.
    pub fn config(&self) -> Result<&ProjectConfig> {
        if self.config.get().is_none() {
            let loaded = config::load_project_config(&self.context()?.root)?;
            let _ = self.config.set(loaded);
        }
        Ok(self.config.get().expect("set above"))
    }

    /// What the project's compose files say.
    ///
    /// # Errors
    /// [`compose::ComposeError`] where Compose would refuse them.
    pub fn project(&self) -> Result<&Project> {
        if self.project.get().is_none() {
            let loaded = compose::load_project(&self.context()?.root, &|name| self.compose_env(name));
            let _ = self.project.set(loaded?);
        }
        Ok(self.project.get().expect("set above"))
    }

    /// Where the registry lies, or would lie.
    ///
    /// # Errors
    /// There is no home directory.
    pub fn registry_path(&self) -> Result<PathBuf> {
        Ok(paths::data_dir()?.join(REGISTRY_FILE))
    }

    /// The registry to write to, which makes it where there is none.
    ///
    /// # Errors
    /// It cannot be made, opened or migrated.
    pub fn registry(&mut self) -> Result<&mut Registry> {
        let registry = match self.registry.take() {
            Some(registry) => registry,
            None => Registry::open(&self.registry_path()?)?,
        };
        Ok(self.registry.insert(registry))
    }

    /// Whether the registry has been opened already.
    pub fn has_open_registry(&self) -> bool {
        self.registry.is_some()
    }

    /// Whether anything was written into the registry.
    pub fn has_written(&self) -> bool {
        self.registry.as_ref().is_some_and(Registry::has_written)
    }

    /// The registry where there is one: what only looks makes no file.
    ///
    /// # Errors
    /// It cannot be opened or migrated.
    pub fn existing_registry(&mut self) -> Result<Option<&mut Registry>> {
        if self.registry.is_none() {
            self.registry = Registry::open_existing(&self.registry_path()?)?;
        }
        Ok(self.registry.as_mut().filter(|registry| registry.is_readable()))
    }

    /// What names end in on this machine, where `gantry.yml` says nothing.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn tld(&mut self) -> Result<Tld> {
        Ok(self.setting(TLD)?.and_then(|text| text.parse().ok()).unwrap_or_default())
    }

    /// A setting of the machine, as `registry::settings` has it.
    ///
    /// # Errors
    /// The registry cannot be read.
    pub fn setting(&mut self, name: &str) -> Result<Option<String>> {
        match self.existing_registry()? {
            Some(registry) => registry.read(|reader| settings::value(reader, name)),
            None => Ok(None),
        }
    }

    /// The `COMPOSE_FILE` that the user set, also where gantry's own stands before it: an override that another checkout
    /// left in the environment says nothing of this one.
    pub fn own_compose_file(&self) -> Option<String> {
        match self.is_elsewhere {
            true => None,
            false if has_gantrys_compose_file() => env::var("GANTRY_COMPOSE_FILE"),
            false => env::var("COMPOSE_FILE"),
        }
    }

    /// Whether the environment's `COMPOSE_FILE` is not this directory's: gantry exported it, for this context or for
    /// another, or the user set it elsewhere.
    pub fn has_foreign_compose_file(&self) -> bool {
        has_gantrys_compose_file() || self.is_elsewhere && env::raw_var("COMPOSE_FILE").is_some()
    }

    /// The process environment as a compose file may see it.
    fn compose_env(&self, name: &str) -> Option<String> {
        match name {
            "COMPOSE_FILE" => self.own_compose_file(),
            // Paths from the directory where the user stands.
            "COMPOSE_ENV_FILES" | "COMPOSE_PATH_SEPARATOR" if self.is_elsewhere => None,
            _ => env::raw_var(name),
        }
    }
}

/// Whether the environment's `COMPOSE_FILE` is one that gantry exported, for this context or for another.
fn has_gantrys_compose_file() -> bool {
    env::var("COMPOSE_FILE").is_some_and(|list| is_gantrys(&list))
}

/// Where the overrides lie, one a context.
///
/// # Errors
/// There is no home directory.
pub fn overrides_dir() -> Result<PathBuf> {
    Ok(paths::state_dir()?.join("overrides"))
}

/// Whether the last file of the list is an override. What stands between the files may be said in a `.env` that is not
/// this checkout's, so the list is not taken apart.
fn is_gantrys(list: &str) -> bool {
    let overrides = overrides_dir().ok();
    let overrides = overrides.as_deref().and_then(Path::to_str);
    let name = overrides.and_then(|overrides| list.rsplit_once(overrides)?.1.strip_prefix('/')?.strip_suffix(".yaml"));
    name.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
