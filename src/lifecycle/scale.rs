//! Running several containers of a service.

use anyhow::Result;

use super::event::{Event, Tell};
use super::failure::LifecycleError;
use super::stage::Stage;
use super::start::prepare_locked;
use crate::app::App;
use crate::engine::Request;
use crate::model::{EngineKind, FixedKind, FixedName};
use crate::project::Selected;
use crate::resolve::{Discovery, discover, nearest_of};
use crate::sys::signals::Interrupts;

/// How many containers a service is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scale {
    pub service: String,
    pub number: u32,
}

/// Gives each service as many containers as it is to have.
///
/// # Errors
/// [`LifecycleError::Unscalable`] where a port or a name is one container's alone; as [`super::start()`].
pub fn scale(
    app: &mut App,
    selected: &Selected,
    scales: &[Scale],
    wanted: Option<EngineKind>,
    tell: &mut Tell<'_>,
    interrupts: &Interrupts,
) -> Result<Stage> {
    let discovery = discover(app)?;
    let services = app.project()?.services.clone();
    for Scale { service, number } in scales {
        if !services.iter().any(|known| known.as_str() == service) {
            let nearest = nearest_of(service, services.iter().map(ToString::to_string));
            let (name, service) = (selected.name.clone(), service.clone());
            return Err(LifecycleError::NoSuchService { name, service, nearest }.into());
        }
        if *number > 1
            && let Some(why) = why_alone(&discovery, service)
        {
            return Err(LifecycleError::Unscalable { service: service.clone(), why }.into());
        }
    }
    let (mut stage, variables, _work) = prepare_locked(app, selected, wanted, tell, interrupts)?;
    let numbers: Vec<(&str, u32)> = scales.iter().map(|it| (it.service.as_str(), it.number)).collect();
    tell(Event::Phase("scaling"));
    stage.compose("scale", &Request::Scale(&numbers), &variables, tell, interrupts)?;
    stage.refresh()?;
    Ok(stage)
}

/// Why there can be one container of the service only.
fn why_alone(discovery: &Discovery, service: &str) -> Option<String> {
    let mut faces = discovery.slots.iter().flat_map(|slot| &slot.faces);
    if let Some(face) = faces.find(|face| face.service.as_str() == service) {
        return Some(format!(
            "it publishes port {} of the container on one port of the host ({}), which only one container can have",
            face.container_port, face.source
        ));
    }
    let is_own = |name: &&FixedName| name.kind == FixedKind::Container && name.key == service;
    let named = discovery.fixed_names.iter().find(is_own)?;
    Some(format!("its container_name is {} ({}), which only one container can have", named.name, named.source))
}
