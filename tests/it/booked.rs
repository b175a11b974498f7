//! A project whose port is booked, for the tests of what happens when something around it breaks.

use std::path::PathBuf;

use crate::sandbox::Sandbox;

pub const SERVICES: &str = "services:\n  db: {image: postgres, ports: [\"5432\"]}\n";

/// A project whose port is booked, and what `export` says of it.
pub struct Booked {
    pub sandbox: Sandbox,
    pub project: PathBuf,
    pub exports: String,
}

impl Booked {
    pub fn new() -> Booked {
        let sandbox = Sandbox::new();
        let project = sandbox.directory("shop");
        sandbox.write(project.join("compose.yaml"), SERVICES);
        let exports = sandbox.gantry(&project, ["export", "--auto"]).require_success().stdout;
        assert!(exports.contains("export DB_PORT="), "{exports}");
        Booked { sandbox, project, exports }
    }
}
