//! The registry: whether it can be read and written, and whether it holds what nobody needs.

use anyhow::Result;

use crate::app::App;
use crate::model::Finding;
use crate::prune::{self, PruneOptions};
use crate::registry::{allocations, contexts};
use crate::{project, sys::files};

pub(super) fn look(app: &mut App) -> Result<Vec<Finding>> {
    let path = app.registry_path()?;
    let Some(registry) = app.existing_registry()? else {
        let text = format!("nothing is booked yet; it will be {}", path.display());
        return Ok(vec![Finding::not_set_up("registry", text, "`gantry register` in a project")]);
    };
    let is_writable = registry.is_writable();
    let (contexts, ports) =
        registry.read(|reader| Ok((contexts::all(reader)?.len(), allocations::all(reader)?.len())))?;
    let text = format!("{}: ports: {ports}, contexts: {contexts}", path.display());
    let mut findings = vec![match is_writable {
        true => Finding::good("registry", text),
        false => Finding::bad("registry", format!("{text}; it cannot be written"), "make the file writable"),
    }];
    findings.extend(unneeded(app)?);
    findings.extend(gone_projects(app)?);
    Ok(findings)
}

fn unneeded(app: &mut App) -> Result<Option<Finding>> {
    let removals = prune::plan(app, PruneOptions::default())?.removals;
    Ok((!removals.is_empty()).then(|| {
        let text = format!("contexts whose checkout or branch is gone: {}", removals.len());
        Finding::bad("unneeded ports", text, "`gantry prune` gives their ports back")
    }))
}

fn gone_projects(app: &mut App) -> Result<Vec<Finding>> {
    let gone = project::all(app)?.into_iter().filter(|project| !files::is_dir(&project.path));
    let finding = |project: crate::registry::ProjectRow| {
        let text = format!("{} is gone", project.path.display());
        let hostname = project.hostname;
        let mend =
            format!("`gantry unregister {hostname}`; was it moved, `gantry config {hostname} --set path=DIRECTORY`");
        Finding::bad(hostname.as_str(), text, mend)
    };
    Ok(gone.map(finding).collect())
}
