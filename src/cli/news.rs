//! What a command may have changed of what names lead to, and the proxy told of it.

use anyhow::Error;

use super::Command;
use super::progress::Progress;
use super::ui::Ui;
use crate::app::App;
use crate::lifecycle::Event;
use crate::model::Hostname;
use crate::project::{Selected, project_here};
use crate::proxy::{Patience, ProxyError, Published, Served};
use crate::resolve::known;
use crate::route::{self, Note, Refreshed};

/// What may be new to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// What it has written into the registry, if anything.
    Bookings,
    /// The branch may have been switched before it. Somebody waits for a value.
    Glance,
    /// The same, and nothing is said at a prompt.
    Prompt,
    /// What is to be served, so the user wants to know what is wrong with that.
    Names,
    /// The same, and where it is served.
    Address,
}

impl News {
    pub(super) fn of(command: &Command) -> News {
        match command {
            Command::HookEnv(_) => News::Prompt,
            // The last two say where names lead, which had better be so.
            Command::Export(_) | Command::Get(_) | Command::Run(_) | Command::Routes(_) | Command::Url(_) => {
                News::Glance
            }
            Command::Start(_) => News::Address,
            Command::Register(args) if !args.json => News::Address,
            Command::Restart(_) | Command::Update(_) | Command::Register(_) | Command::Cert(_) => News::Names,
            // From cron, where certificates are renewed by it.
            Command::CertSetup(_) | Command::Prune(_) => News::Names,
            _ => News::Bookings,
        }
    }

    /// Of a command that has failed: what it wrote before that may be new all the same.
    pub(super) fn of_failed(self) -> News {
        if self == News::Address { News::Names } else { self }
    }

    fn patience(self) -> Patience {
        match self {
            News::Glance | News::Prompt => Patience::Short,
            News::Bookings => Patience::Brief,
            News::Names | News::Address => Patience::Long,
        }
    }
}

/// Lets the proxy, where it runs, serve what is booked by now. Says whether it does: where it does not, that is no failure
/// of the command, which is done, but whoever comes next has to try again.
pub(super) fn tell(app: &mut App, ui: &Ui, news: News) -> bool {
    if news == News::Bookings && !app.has_written() {
        return true;
    }
    let wants_notes = matches!(news, News::Names | News::Address);
    let here = if wants_notes { project_here(app).ok().flatten() } else { None };
    match route::refresh(app, news.patience()) {
        Ok(Refreshed { published, notes }) => {
            if let (Published::Loaded(_), Some(here)) = (&published, &here) {
                own(&notes, &here.hostname).for_each(|note| ui.warn(note));
            }
            if let (News::Address, Published::Loaded(served) | Published::Unchanged(served)) = (news, &published)
                && let Some(address) = address_here(app, served)
            {
                ui.note(&address);
            }
            !matches!(published, Published::Left)
        }
        Err(_) if news == News::Prompt => false,
        Err(error) => {
            ui.warn(&format!("the proxy was not told: {error:#}; {}", way_out(&error)));
            false
        }
    }
}

/// Shows what goes on while a project starts. As soon as its ports are booked the proxy is told, so that its names lead
/// there, and a page that waits for it sees it come up.
pub(super) fn follow(progress: &mut Progress<'_>, selected: &Selected, event: Event<'_>) {
    progress.tell(event);
    if event != Event::Booked {
        return;
    }
    // The command's own handles are in use. What fails here is tried again, and told, when it is done.
    let refreshed = route::refresh(&mut App::default(), Patience::Brief);
    if let (Ok(Refreshed { published: Published::Loaded(_), notes }), Some(project)) = (refreshed, &selected.project) {
        own(&notes, &project.hostname).for_each(|note| progress.tell(Event::Warning(note)));
    }
}

fn own<'a>(notes: &'a [Note], project: &Hostname) -> impl Iterator<Item = &'a str> {
    notes.iter().filter(move |note| note.project == *project).map(|note| note.text.as_str())
}

/// Where the context here is served, if it is.
fn address_here(app: &mut App, served: &Served) -> Option<String> {
    // What is wrong with the context is told by who works on it.
    let context_id = known(app).ok()??.0.row()?.id;
    served.sites.iter().find_map(|site| {
        let (_, route) = route::find([&site.site], context_id, None)?;
        Some(served.url(site, route))
    })
}

fn way_out(error: &Error) -> String {
    let goes_on = "what it served before is served on";
    match error.downcast_ref() {
        // Who knows what it serves?
        Some(error @ (ProxyError::Mute { .. } | ProxyError::NoAnswer { .. })) => error.hint(),
        Some(error @ (ProxyError::PortBusy { .. } | ProxyError::PortForbidden { .. })) => {
            format!("{goes_on}; {}", error.hint())
        }
        _ => format!("{goes_on}; `gantry proxy reload` tries again"),
    }
}
