//! How much there is to go through: what others hold in the registry, and what the compose file publishes.

use std::fmt;

use crate::table::thousands;

/// The registry's other contexts, and the checkout's own services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub contexts: u16,
    /// Held by those contexts together.
    pub ports: u16,
    pub services: u16,
}

impl Size {
    /// The first checkout on a machine, with five services.
    pub const ALONE: Size = Size { contexts: 0, ports: 0, services: 5 };
    pub const SMALL: Size = Size { contexts: 2, ports: 10, services: 5 };
    pub const LARGE: Size = Size { contexts: 1_000, ports: 40_000, services: 5 };

    pub const ALL: [Size; 7] = [
        Size::ALONE,
        Size::SMALL,
        Size { contexts: 100, ports: 100, services: 5 },
        Size { contexts: 1_000, ports: 10_000, services: 5 },
        Size::LARGE,
        Size { contexts: 0, ports: 0, services: 50 },
        Size { contexts: 0, ports: 0, services: 500 },
    ];
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Size { contexts, ports, services } = *self;
        match contexts {
            0 => write!(f, "{services} services"),
            _ => {
                let (contexts, ports) = (thousands(contexts.into()), thousands(ports.into()));
                write!(f, "{services} services, {ports} ports held by {contexts} other contexts")
            }
        }
    }
}
