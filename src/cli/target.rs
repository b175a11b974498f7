//! The arguments that every command on a project has: which project, and which engine.

use std::time::Duration;

use anyhow::Result;

use crate::app::App;
use crate::lifecycle::StopOptions;
use crate::model::EngineKind;
use crate::project::{ProjectError, Selected, all, select, select_registered};

/// Which project, and what runs it.
#[derive(Debug, clap::Args)]
pub(super) struct Target {
    /// The project; by default the one of the current directory, registered or not
    pub(super) hostname: Option<String>,
    #[command(flatten)]
    pub(super) engine: EngineArg,
}

/// What runs it.
#[derive(Debug, clap::Args)]
pub(super) struct EngineArg {
    /// docker or podman; by default what gantry.yml says, else what answers
    #[arg(long, value_name = "ENGINE", value_parser = parser())]
    pub(super) engine: Option<EngineKind>,
}

/// How something is stopped.
#[derive(Debug, clap::Args)]
pub(super) struct StopArgs {
    /// How long a container may take to end, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(super) timeout: u32,
    /// Do not run the hooks of gantry.yml
    #[arg(long)]
    pub(super) no_hooks: bool,
}

impl StopArgs {
    pub(super) fn options(&self, engine: Option<EngineKind>) -> StopOptions {
        StopOptions { timeout: self.timeout, hooks: !self.no_hooks, engine }
    }
}

impl Target {
    pub(super) fn select(&self, app: &mut App) -> Result<Selected> {
        select(app, self.hostname.as_deref())
    }
}

/// As [`select`], for what the engine alone can answer: a project whose directory is gone counts too, and `app` then
/// stays where it is.
///
/// # Errors
/// As [`select`], but for [`ProjectError::Gone`].
pub(super) fn select_or_gone(app: &mut App, hostname: Option<&str>) -> Result<Selected> {
    match select(app, hostname) {
        Err(error) if matches!(error.downcast_ref(), Some(ProjectError::Gone { .. })) => {
            let project = select_registered(app, hostname)?;
            Ok(Selected { name: project.hostname.to_string(), project: Some(project) })
        }
        selected => selected,
    }
}

/// `[HOSTNAME] WORD...`: the first word is a project's hostname where one is registered under it and the project here
/// has no such service. What is left are the words.
///
/// # Errors
/// The registry cannot be read; the project is gone.
pub(super) fn select_before<'a>(
    app: &mut App,
    named: Option<&str>,
    words: &'a [String],
) -> Result<(Selected, &'a [String])> {
    if let Some(name) = named {
        return Ok((select(app, Some(name))?, words));
    }
    if let Some((first, rest)) = words.split_first()
        && all(app)?.iter().any(|project| project.hostname.as_str() == first)
        && !app.project().is_ok_and(|project| project.services.iter().any(|service| service.as_str() == first))
    {
        return Ok((select(app, Some(first))?, rest));
    }
    Ok((select(app, None)?, words))
}

/// An option's value that is a time in seconds, `0.5` included; a tenth of one at least, a day at most.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    const DAY: f64 = 24.0 * 60.0 * 60.0;
    let number = text.parse().ok().filter(|number| (0.1..=DAY).contains(number));
    let time = number.and_then(|number| Duration::try_from_secs_f64(number).ok());
    time.ok_or_else(|| "a number of seconds from 0.1 to 86400".to_owned())
}

fn parser() -> impl clap::builder::TypedValueParser<Value = EngineKind> {
    use clap::builder::TypedValueParser as _;
    clap::builder::PossibleValuesParser::new(EngineKind::ALL.map(EngineKind::as_str))
        .try_map(|name| name.parse::<EngineKind>())
}
