//! The whole set-up at a glance: what is good, what is bad and how to mend it, what is not set up.
//!
//! It looks and changes nothing. Each part is asked in its own room; what fails there is a finding like any other, so
//! that one broken part does not hide the rest.

mod direnv;
mod engines;
mod ranges;
mod registry;
mod serving;

use anyhow::Result;
use serde::Serialize;

use crate::app::App;
use crate::model::Finding;
use crate::{certs, dns, route};

/// A part of the set-up.
#[derive(Debug, Serialize)]
pub struct Section {
    pub name: &'static str,
    pub findings: Vec<Finding>,
    /// Why the part could not be looked at.
    #[serde(skip)]
    pub failure: Option<anyhow::Error>,
}

/// Looks at everything; `on_section` is told of each part before it is looked at.
pub fn examine(app: &mut App, on_section: &mut dyn FnMut(&str)) -> Vec<Section> {
    let looks: [(&'static str, Look); 7] = [
        ("registry", registry::look),
        ("ranges", ranges::look),
        ("direnv", direnv::look),
        ("engine", |_| Ok(engines::look())),
        ("dns", names),
        ("proxy", serving::look),
        ("certificates", certificates),
    ];
    let look = |(name, look): (&'static str, Look)| {
        on_section(name);
        match look(app) {
            Ok(findings) => Section { name, findings, failure: None },
            Err(error) => Section { name, findings: Vec::new(), failure: Some(error) },
        }
    };
    looks.into_iter().map(look).collect()
}

type Look = fn(&mut App) -> Result<Vec<Finding>>;

fn names(app: &mut App) -> Result<Vec<Finding>> {
    Ok(dns::state(app)?.findings())
}

fn certificates(app: &mut App) -> Result<Vec<Finding>> {
    let sites = route::table(app)?.sites;
    let projects: Vec<_> = sites.iter().map(|site| (site.domain.clone(), site.certified_names())).collect();
    Ok(certs::report(&projects)?)
}
