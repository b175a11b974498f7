//! `gantry dns setup`.

use anyhow::Result;
use clap::ValueEnum;
use serde::Serialize;

use super::needs_yes;
use crate::app::App;
use crate::cli::ui::Ui;
use crate::dns::{self, Change, DnsError, Method, Plan, Privilege, Wish};
use crate::model::Tld;
use crate::sys::signals::Interrupts;

/// Have every name under .test resolved to this machine
///
/// Shows every file and command before it does anything, and asks; sudo is used for what needs it. What fails is put
/// back. A second set-up mends what is not in place any more.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// How; by default the least invasive way that works here
    #[arg(long, value_enum)]
    method: Option<Way>,
    /// The domain: test, internal, home.arpa or localhost
    #[arg(long)]
    tld: Option<Tld>,
    /// Only print the commands, as a script
    #[arg(long, conflicts_with = "json")]
    print: bool,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  gantry dns setup --print
  gantry dns setup --yes
  gantry dns setup --method localhost

Exit status: 1 where it failed, or something else resolves names here; 5 where dnsmasq is needed and missing.";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Way {
    /// A file for systemd-resolved, which asks a dnsmasq of gantry's own
    Resolved,
    /// A link for systemd-resolved; lost at a reboot
    ResolvedLink,
    /// A file for NetworkManager's dnsmasq
    #[value(name = "networkmanager")]
    NetworkManager,
    /// A file for this machine's dnsmasq
    Dnsmasq,
    /// A file in /etc/resolver (macOS)
    Resolver,
    /// Names that end in .localhost: nothing is changed
    Localhost,
}

#[derive(Serialize)]
struct Answer<'a> {
    method: Method,
    tld: Tld,
    changed: bool,
    /// All that stands.
    changes: &'a [Change],
}

/// Plans, shows, asks, changes.
pub fn run(app: &mut App, ui: &mut Ui, args: &Args) -> Result<()> {
    let wish = Wish { method: args.method.map(Method::from), tld: args.tld };
    let plan = match dns::plan(app, wish) {
        Err(error) if is_without_way(&error) && !args.print && !args.yes && ui.can_ask() => {
            ui.warn(&format!("{error:#}"));
            if !ui.confirm("Shall names end in .localhost instead? Browsers and curl know them without any set-up.")? {
                return Err(error);
            }
            dns::plan(app, Wish { method: Some(Method::Localhost), tld: None })?
        }
        plan => plan?,
    };
    let is_new = !plan.is_done();
    if plan.asks_for_all && is_new {
        ui.warn(
            "systemd-resolved before version 258 asks the server of a drop-in for all names, beside those of its links; \
             `--method resolved-link` leads it there for these names alone",
        );
    }
    if args.print {
        return ui.data(dns::script_of_plan(&plan, dns::privilege(true))?.as_bytes());
    }
    let privilege = dns::privilege(ui.can_ask());
    if is_new && !make(app, ui, args, &plan, privilege)? {
        return Ok(());
    }
    if args.json {
        let Plan { method, tld, .. } = plan;
        return ui.json(&Answer { method, tld, changed: is_new, changes: &plan.changes });
    }
    conclude(ui, &plan, is_new);
    Ok(())
}

/// Says whether it was made; else the user has refused.
fn make(app: &mut App, ui: &Ui, args: &Args, plan: &Plan, privilege: Privilege) -> Result<bool> {
    let interrupts = Interrupts::listen()?;
    let is_harmless = plan.pending.is_empty() && plan.replaces.is_none();
    if !args.yes && !is_harmless {
        show(ui, plan, privilege);
        if !ui.can_ask() {
            return Err(needs_yes(&args.words()));
        }
        let question = format!("Have names under .{} resolved this way ({})?", plan.tld, plan.method);
        if !interrupts.while_asking(|| ui.confirm(&question))? {
            ui.note("nothing was changed");
            return Ok(false);
        }
    }
    dns::set_up(app, plan, privilege, &mut |step| ui.note(step), &interrupts)?;
    Ok(true)
}

/// Every change, with the whole of each file and the exact commands.
fn show(ui: &Ui, plan: &Plan, privilege: Privilege) {
    for change in plan.replaces.iter().flat_map(dns::Record::in_order_of_removal) {
        ui.note(&format!("will {}:", change.undo_summary()));
        change.undo_commands().iter().for_each(|command| ui.note(&format!("    $ {}", command.shown(privilege))));
    }
    for change in &plan.pending {
        ui.note(&format!("will {}:", change.summary()));
        if let Change::File { contents, .. } | Change::Daemon { contents, .. } = change {
            contents.lines().for_each(|line| ui.note(&format!("    {line}")));
        }
        change.commands().iter().for_each(|command| ui.note(&format!("    $ {}", command.shown(privilege))));
    }
}

fn conclude(ui: &Ui, plan: &Plan, is_new: bool) {
    if plan.method == Method::Localhost {
        ui.note(
            "names end in .localhost: browsers, curl and systemd-resolved know them, programs that ask the C library \
             alone do not",
        );
        return;
    }
    let already = if is_new { "" } else { " already" };
    ui.note(&format!("every name under .{} is 127.0.0.1 and ::1{already} ({})", plan.tld, plan.method));
    match plan.method {
        Method::ResolvedLink => {
            ui.note("a reboot takes the link and dnsmasq away; `gantry dns start` brings them back");
        }
        method if method.has_own_dnsmasq() => {
            ui.note("after a reboot `gantry dns start` starts dnsmasq again");
        }
        _ => {}
    }
}

fn is_without_way(error: &anyhow::Error) -> bool {
    let needs_sudo = DnsError::Missing { program: "sudo" };
    let found = error.downcast_ref();
    matches!(found, Some(DnsError::Unsupported { .. } | DnsError::OnlyFallback)) || found == Some(&needs_sudo)
}

impl Args {
    /// The command as it was typed, but for what it asks.
    fn words(&self) -> String {
        let method = self.method.map(|method| format!(" --method {}", Method::from(method))).unwrap_or_default();
        let tld = self.tld.map(|tld| format!(" --tld {tld}")).unwrap_or_default();
        format!("gantry dns setup{method}{tld}")
    }
}

impl From<Way> for Method {
    fn from(way: Way) -> Method {
        match way {
            Way::Resolved => Method::Resolved,
            Way::ResolvedLink => Method::ResolvedLink,
            Way::NetworkManager => Method::NetworkManager,
            Way::Dnsmasq => Method::Dnsmasq,
            Way::Resolver => Method::Resolver,
            Way::Localhost => Method::Localhost,
        }
    }
}
