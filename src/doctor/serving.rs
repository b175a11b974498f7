//! The proxy, and the names that it serves.

use anyhow::Result;

use crate::app::App;
use crate::model::Finding;
use crate::proxy::{self, Caddy, Home, ProxyError, Served};
use crate::route;

pub(super) fn look(app: &mut App) -> Result<Vec<Finding>> {
    let home = Home::locate()?;
    let (served, notes) = route::shown(app)?;
    let mut findings = vec![match (home.is_set_up(), home.is_running()) {
        (false, _) => Finding::not_set_up("proxy", "not set up: names lead nowhere", "`gantry proxy setup`"),
        (true, true) => {
            let pid = home.pid().map(|pid| format!("process {pid}, ")).unwrap_or_default();
            Finding::good("proxy", pid + &served.describe_ports())
        }
        (true, false) => stopped(&served, &home),
    }];
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
fn stopped(served: &Served, home: &Home) -> Finding {
    let caddy = match Caddy::find() {
        Ok(caddy) => caddy,
        Err(error) => return Finding::bad("proxy", error.to_string(), error.hint()),
    };
    if let Some(pid) = home.pid() {
        let error = ProxyError::Mute { pid };
        return Finding::bad("proxy", error.to_string(), error.hint());
    }
    let blocker = served.ports_in_use().into_iter().find_map(|port| proxy::blocker(home, &caddy, port));
    match blocker {
        Some(error) => Finding::bad("proxy", format!("it does not run, and {error}"), error.hint()),
        None => Finding::bad("proxy", "it does not run", "`gantry proxy start`"),
    }
}
