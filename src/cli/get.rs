//! `gantry get`.

use anyhow::Result;
use serde::Serialize;

use super::ui::Ui;
use crate::app::App;
use crate::model::{Kind, ServiceName};
use crate::registry::{Allocation, ContextRow, ranges};
use crate::resolve::{
    BookOptions, Claim, Discovery, Note, UnknownService, book_service, discover, find_allocation, known, nearest_names,
    note_use,
};

/// Print a service's port
///
/// The same number from every shell and every subdirectory, before and after the service runs. A service of the compose
/// file, or a kind that has a range, is booked when it is first asked for; an unknown name never is.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The service's name; SERVICE:CONTAINER_PORT where it has several ports
    service: String,
    /// Print the number and nothing else
    #[arg(short, long)]
    quiet: bool,
    /// Fail where no port is booked, instead of booking one
    #[arg(long)]
    no_book: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  psql -p \"$(gantry get postgres -q)\"
  curl \"localhost:$(gantry get web:8080 -q)\"
  gantry get redis -q 2>/dev/null || echo 6379

Exit status: 3 where no service is called that.";

#[derive(Serialize)]
struct Answer<'a> {
    service: &'a str,
    port: u16,
    context: &'a str,
}

/// Looks first, and books only what is not there.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    ui.be_quiet(args.quiet);
    let held = held(app, args.no_book)?;
    if let Some((context, rows)) = &held
        && let Some((row, note)) = find_allocation(rows, &args.service)
    {
        return answer(ui, args, context, row, note);
    }
    let rows = held.map(|(_, rows)| rows).unwrap_or_default();
    let discovery = discover(app)?;
    let Some(service) = bookable(app, &args.service, &discovery)?.filter(|_| !args.no_book) else {
        let is_known = bookable(app, &args.service, &discovery)?.is_some();
        let nearest = nearest_names(&args.service, &rows, &discovery);
        return Err(UnknownService { name: args.service.clone(), nearest, is_known }.into());
    };
    let booked = book_service(app, &discovery, &service, BookOptions::default())?;
    for note in &booked.notes {
        ui.note(&note.to_string());
    }
    let found = find_allocation(&booked.allocations, &args.service).or_else(|| {
        // The service publishes through a variable that belongs to another one.
        let slot = discovery.slots.iter().find(|slot| slot.is_called(&args.service))?;
        find_allocation(&booked.allocations, slot.service.as_str())
    });
    match found {
        Some((row, note)) => answer(ui, args, &booked.held, row, note),
        None => {
            let nearest = nearest_names(&args.service, &booked.allocations, &discovery);
            Err(UnknownService { name: args.service.clone(), nearest, is_known: false }.into())
        }
    }
}

fn answer(ui: &Ui, args: &Args, context: &ContextRow, row: &Allocation, note: Option<Note>) -> Result<()> {
    if let Some(note) = note {
        ui.note(&note.to_string());
    }
    if args.json {
        let (service, context) = (row.service.as_str(), context.hash.as_str());
        return ui.json(&Answer { service, port: row.port.number(), context });
    }
    ui.line(&row.port.to_string())
}

/// The context that this checkout holds, and its allocations. One that has to be taken over first is left to booking,
/// which does that; who only looks sees it as it is.
fn held(app: &mut App, only_looks: bool) -> Result<Option<(ContextRow, Vec<Allocation>)>> {
    let held = known(app)?.and_then(|(claim, rows)| match claim {
        Claim::Held(row) => Some((row, rows)),
        Claim::Inherited(row) if only_looks => Some((row, rows)),
        Claim::Inherited(_) | Claim::New { .. } => None,
    });
    if let (Some((row, _)), Some(registry)) = (&held, app.existing_registry()?) {
        note_use(registry, row);
    }
    Ok(held)
}

/// The service that `name` would book: one of the compose file, the only one of that kind, or a name that has a range.
fn bookable(app: &mut App, name: &str, discovery: &Discovery) -> Result<Option<ServiceName>> {
    let faces = || discovery.slots.iter().flat_map(|slot| &slot.faces);
    if let Some(face) = discovery.slots.iter().find_map(|slot| slot.face_called(name)) {
        return Ok(Some(face.service.clone()));
    }
    if let Some(kind) = Kind::by_name(name).filter(|kind| *kind != Kind::DEFAULT) {
        let mut of_kind: Vec<_> = faces().filter(|face| face.kind == kind).map(|face| &face.service).collect();
        of_kind.dedup();
        return Ok(match of_kind.as_slice() {
            [] => Some(ServiceName::new(name)),
            [only] => Some((*only).clone()),
            _ => None,
        });
    }
    let Some(registry) = app.existing_registry()? else { return Ok(None) };
    let range = registry.read(|reader| ranges::find(reader, name))?;
    Ok(range.map(|_| ServiceName::new(name)))
}
