//! The proxy, and the names that it serves.

use anyhow::Result;

use crate::app::App;
use crate::model::Finding;
use crate::proxy::{self, Caddy, Home, ProxyError};
use crate::route;

pub(super) fn look(app: &mut App) -> Result<Vec<Finding>> {
    let home = Home::locate()?;
    let mut findings = vec![match (home.is_set_up(), home.is_running()) {
        (false, _) => Finding::not_set_up("proxy", "not set up: names lead nowhere", "`gantry proxy setup`"),
        (true, true) => {
            let ports = route::ports(app)?;
            let pid = home.pid().map(|pid| format!("process {pid}, ")).unwrap_or_default();
            Finding::good("proxy", format!("{pid}HTTP on {} and HTTPS on {}", ports.http, ports.https))
        }
        (true, false) => stopped(app, &home)?,
    }];
    let (served, notes) = route::shown(app)?;
    findings.extend(
        notes.into_iter().map(|note| Finding::bad(note.project.as_str(), note.text, "`gantry routes` lists them all")),
    );
    for clash in served.sites.iter().flat_map(|site| &site.site.clashes) {
        let mend = "rename a branch or a service, or `gantry release --all` in one of them";
        findings.push(Finding::bad("routes", format!("{clash}, so it stands for none"), mend));
    }
    Ok(findings)
}

/// Why it may not run, and what to do.
fn stopped(app: &mut App, home: &Home) -> Result<Finding> {
    let caddy = match Caddy::find() {
        Ok(caddy) => caddy,
        Err(error) => return Ok(Finding::bad("proxy", error.to_string(), error.hint())),
    };
    if let Some(pid) = home.pid() {
        let error = ProxyError::Mute { pid };
        return Ok(Finding::bad("proxy", error.to_string(), error.hint()));
    }
    let ports = route::ports(app)?;
    let blocker = [ports.http, ports.https].into_iter().find_map(|port| proxy::blocker(home, &caddy, port));
    Ok(match blocker {
        Some(error) => Finding::bad("proxy", format!("it does not run, and {error}"), error.hint()),
        None => Finding::bad("proxy", "it does not run", "`gantry proxy start`"),
    })
}
