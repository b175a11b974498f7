//! What is measured: the ways in which gantry is called, and the state that each finds.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::checkout::{Checkout, remove};
use crate::sample::Scenario;
use crate::size::Size;

/// One way of calling a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// `/bin/true`, which all the others are compared with.
    True,
    ExportWarm,
    GetWarm,
    /// Nothing has changed, but there is no memo.
    ExportSlow,
    /// The first call in the checkout, which books; the registry lies in memory.
    ExportCold,
    ExportColdOnDisk,
    Status,
    Help,
}

impl Work {
    /// What grows with the registry or with the compose file, or should not.
    pub const GROWING: [Work; 6] =
        [Work::ExportWarm, Work::GetWarm, Work::ExportSlow, Work::ExportCold, Work::Status, Work::Help];

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Work::True => &[],
            Work::ExportWarm | Work::ExportSlow | Work::ExportCold | Work::ExportColdOnDisk => &["export", "--auto"],
            Work::GetWarm => &["get", "s0", "-q"],
            Work::Status => &["status", "--all"],
            Work::Help => &["--help"],
        }
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Work::True => "/bin/true",
            Work::ExportWarm => "export --auto, warm",
            Work::GetWarm => "get SERVICE -q, warm",
            Work::ExportSlow => "export --auto, no memo",
            Work::ExportCold => "export --auto, books all",
            Work::ExportColdOnDisk => "export --auto, books all, on disk",
            Work::Status => "status --all",
            Work::Help => "--help",
        })
    }
}

/// A booked and warm checkout of every size.
pub struct World {
    checkouts: Vec<(Size, Checkout)>,
}

impl World {
    pub fn new(program: &Path) -> World {
        let checkouts = Size::ALL.map(|size| (size, Checkout::new(program, size))).into();
        let world = World { checkouts };
        // The call that books leaves no memo, the next one does.
        for (size, work) in Size::ALL.iter().flat_map(|size| [(*size, Work::ExportWarm), (*size, Work::GetWarm)]) {
            let mut scenario = world.scenario(work, size);
            for _ in 0..3 {
                scenario.run();
            }
        }
        world
    }

    pub fn scenario(&self, work: Work, size: Size) -> Scenario<'_> {
        let (_, checkout) = self.checkouts.iter().find(|(other, _)| *other == size).unwrap();
        let command = checkout.command(work.arguments());
        let (command, before): (Command, Box<dyn Fn() + '_>) = match work {
            Work::True => (checkout.silent(Path::new("/bin/true")), Box::new(|| {})),
            Work::ExportWarm | Work::GetWarm | Work::Status | Work::Help => (command, Box::new(|| {})),
            Work::ExportSlow => without_memo(checkout, command),
            Work::ExportCold => unbooked(checkout, command, false),
            Work::ExportColdOnDisk => unbooked(checkout, command, true),
        };
        Scenario::new(command, checkout.directory(), before)
    }
}

type Prepared<'a> = (Command, Box<dyn Fn() + 'a>);

/// The cache's other files stay.
fn without_memo(checkout: &Checkout, mut command: Command) -> Prepared<'_> {
    let (cache, memos) = checkout.cache("slow");
    command.env("XDG_CACHE_HOME", cache);
    (command, Box::new(move || remove(&memos)))
}

fn unbooked(checkout: &Checkout, mut command: Command, on_disk: bool) -> Prepared<'_> {
    let (cache, memos) = checkout.cache("cold");
    let (data, state) = (checkout.data(on_disk), cache.join("state"));
    command.env("XDG_CACHE_HOME", &cache).env("XDG_DATA_HOME", &data).env("XDG_STATE_HOME", &state);
    let before = move || {
        remove(&memos);
        remove(&state);
        checkout.lay_registry(&data);
        fs::create_dir_all(&cache).unwrap();
    };
    (command, Box::new(before))
}
