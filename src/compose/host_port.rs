//! Which variable stands for a host port: the one that, set to a number, publishes exactly that number and changes
//! nothing else of the entry.
//!
//! gantry exports such a variable, so the process environment is not asked for its value: a nested shell, or another
//! checkout's environment, would answer with a port of its own.

use super::environment::Environment;
use super::interpolate::{Scope, TemplateError, substitute, variables, variables_behind};
use super::ports::{ShortParts, short_parts};
use super::session::Session;
use super::tree::Place;

/// Numbers to try; one that the entry itself holds would prove nothing.
const PROBES: [&str; 3] = ["54321", "43215", "32154"];

/// A short entry's text, and the variable that stands for its host port.
///
/// # Errors
/// As [`substitute`].
pub(super) fn short(
    session: &Session<'_>,
    env: &Environment,
    template: &str,
    place: &Place,
) -> Result<(String, Option<String>), TemplateError> {
    resolve(session, env, template, place, &|text, probed, probe| {
        let (text, probed) = (short_parts(text), short_parts(probed));
        // `"${PORT}:${PORT}"`: the container's port follows the host's.
        let follows = probed.container == probe && text.container == text.host;
        let is_range = text.container.contains('-');
        let rest = |parts: &ShortParts<'_>| (parts.ip.to_owned(), parts.protocol.to_owned());
        probed.host == probe
            && rest(&probed) == rest(&text)
            && !is_range
            && (probed.container == text.container || follows)
    })
}

/// The text of a long entry's `published`, and the variable that stands for it.
///
/// # Errors
/// As [`substitute`].
pub(super) fn published(
    session: &Session<'_>,
    env: &Environment,
    template: &str,
    place: &Place,
) -> Result<(String, Option<String>), TemplateError> {
    resolve(session, env, template, place, &|_, probed, probe| probed == probe)
}

/// Tries each variable of the template; `stands(text, probed text, probe)` judges it.
fn resolve(
    session: &Session<'_>,
    env: &Environment,
    template: &str,
    place: &Place,
    stands: &dyn Fn(&str, &str, &str) -> bool,
) -> Result<(String, Option<String>), TemplateError> {
    let names = variables(template);
    for name in &names {
        let behind = variables_behind(template, name);
        let is_port = |other: &str| other == *name || behind.contains(&other);
        let lookup = |other: &str| if is_port(other) { env.own(other) } else { env.lookup(session, other) };
        let scope = Scope { lookup: &lookup, missing: &|_| {}, required: &|_, _| true };
        let Ok(text) = substitute(template, &scope) else { continue };
        let Some(probe) = PROBES.into_iter().find(|probe| !text.contains(probe)) else { continue };
        let with_probe = |other: &str| if other == *name { Some(probe.to_owned()) } else { lookup(other) };
        let Ok(probed) = substitute(template, &Scope { lookup: &with_probe, ..scope }) else { continue };
        if stands(&text, &probed, probe) {
            session.host_variables.borrow_mut().insert((*name).to_owned());
            // Once more, for what the session has to say of the other variables.
            let missing = |other: &str| session.note_missing(other, place);
            let required = |other: &str, reason: &str| {
                session.note_required(other, reason, place);
                true
            };
            let text = substitute(template, &Scope { missing: &missing, required: &required, ..scope })?;
            return Ok((text, Some((*name).to_owned())));
        }
    }
    env.substitute(session, template, place).map(|text| (text, None))
}
