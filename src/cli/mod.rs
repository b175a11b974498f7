//! The command line: one file a command, each with its documented arguments and a short `run`.
//!
//! Nothing here decides anything about ports: a command asks the verbs and puts their answer into words.

mod ahead;
mod book;
mod cert;
mod completions;
mod config;
mod context;
mod discover;
mod dns;
mod doctor;
mod down;
mod exec;
mod export;
mod failure;
mod get;
mod health;
mod hook;
mod hook_env;
mod init;
mod list;
mod logs;
mod man;
mod news;
mod open;
mod overrides;
mod ports;
mod progress;
mod project;
mod proxy;
mod prune;
mod ps;
mod pull;
mod push;
mod register;
mod release;
mod restart;
mod routes;
mod run;
mod scale;
mod start;
mod status;
mod stop;
mod stop_all;
mod target;
mod trust;
mod ui;
mod unregister;
mod update;
mod url;
mod watch;
mod which;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::app::App;
use crate::memo;
use ahead::{color_of, wants_json};
use failure::{Failure, Silent};
use news::News;
use ui::{Color, Ui};

/// Every checkout its own ports.
///
/// gantry gives each context (this repository, this branch) ports that nobody else on the machine has, finds them in
/// the compose file as it stands, and puts them into the shell.
#[derive(Debug, Parser)]
#[command(name = "gantry", version, propagate_version = true, max_term_width = 100)]
#[command(after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// When to colour: auto, always or never
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN", hide_possible_values = true)]
    color: Color,
}

const EXAMPLES: &str = "\
Examples:
  echo 'eval \"$(gantry export --auto)\"' >> .envrc && direnv allow
  PGPORT=$(gantry get postgres -q)
  gantry status -a
  gantry prune -n

Exit status: 0 done, 1 failed, 2 wrong usage, 3 no such thing, 4 port conflict or range full,
5 a needed program or daemon is missing, 130 interrupted.";

// Each command's arguments are built when it is the one that runs (`defer`): the others cost as much as opening
// the registry. So a command's summary stands here once more, for the list of commands.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Command {
    /// Print the context's variables for a shell to evaluate
    Export(export::Args),
    /// Print a service's port
    Get(get::Args),
    /// Book a port for a service, whatever its name
    Book(book::Args),
    /// Give a service's port back
    Release(release::Args),
    /// List the booked ports and whether anybody listens on them
    Status(status::Args),
    /// Show which context this directory is, and who shares its remote and branch
    Context(context::Args),
    /// List what the compose file publishes; books nothing
    Discover(discover::Args),
    /// Print the override that publishes this context's ports, and why each line of it is there
    Override(overrides::Args),
    /// Give back the ports of checkouts and branches that are gone
    #[command(visible_alias = "gc")]
    Prune(prune::Args),
    /// Tell who holds a port: which context booked it, which process listens on it
    Which(which::Args),
    /// Run a command with the context's variables
    Run(run::Args),
    /// Give this directory a hostname and an HTTP port
    Register(register::Args),
    /// Forget a project: its hostname, and the ports of its directory
    Unregister(unregister::Args),
    /// List the registered projects and whether they run
    List(list::Args),
    /// List a project's ports: published, exposed, and the HTTP port
    Ports(ports::Args),
    /// Look at a project's files again and take over what has changed
    Update(update::Args),
    /// Start a project's containers, on the ports that its context has
    Start(start::Args),
    /// Stop a project's containers; ports, containers and data stay
    Stop(stop::Args),
    /// Stop a project and start it again, as its files are now
    Restart(restart::Args),
    /// Stop everything that runs of gantry's contexts, whatever their branch
    StopAll(stop_all::Args),
    /// List a project's containers, as the engine has them now
    Ps(ps::Args),
    /// Tell how a project's services do: their containers, whether their ports answer, what they use
    Health(health::Args),
    /// Watch a running project and start again what dies
    Watch(watch::Args),
    /// Run a command in a service's container
    Exec(exec::Args),
    /// Show what a project's containers have written, in order of time
    Logs(logs::Args),
    /// Fetch the images of a project's services
    Pull(pull::Args),
    /// Send the images that a project builds to their registries
    Push(push::Args),
    /// Run several containers of a service
    Scale(scale::Args),
    /// Stop a project and remove its containers and networks; its ports stay booked
    Down(down::Args),
    /// List the names that lead to what runs: a project's, its other branches', its services'
    Routes(routes::Args),
    /// Print the address of a project or of one of its services
    Url(url::Args),
    /// Open a project or one of its services in the browser
    Open(open::Args),
    /// Have the names of projects resolved: every name under .test is this machine
    Dns(dns::Args),
    /// Have every name under .test resolved to this machine
    #[command(hide = true)]
    DnsSetup(dns::setup::Args),
    /// Show how names are resolved here, layer by layer
    #[command(hide = true)]
    DnsStatus(dns::status::Args),
    /// Test whether a name is resolved to this machine, and say which layer fails
    #[command(hide = true)]
    DnsTest(dns::test::Args),
    /// Certificates for the projects' names, so that browsers open them without a warning
    Cert(cert::Args),
    /// Make a CA where there is none, have this machine trust it, and issue the projects' certificates
    #[command(hide = true)]
    CertSetup(cert::SetupArgs),
    /// Show the CA, what was issued, and who trusts it: each store as it answers now
    #[command(hide = true)]
    CertStatus(cert::StatusArgs),
    /// Serve the names: a reverse proxy on this machine's loopback, which is Caddy
    Proxy(proxy::Args),
    /// `proxy setup`
    #[command(hide = true)]
    CaddySetup(proxy::SetupArgs),
    /// `proxy start`
    #[command(hide = true)]
    CaddyStart,
    /// `proxy stop`
    #[command(hide = true)]
    CaddyStop,
    /// `proxy reload`
    #[command(hide = true)]
    CaddyReload,
    /// `proxy status`
    #[command(hide = true)]
    CaddyStatus(proxy::StatusArgs),
    /// Look at the whole set-up: what is good, what is bad and how to mend it, what is not set up
    Doctor(doctor::Args),
    /// Let the hooks of this project's gantry.yml run
    Trust(trust::Args),
    /// Connect this project with direnv, or your shell with gantry
    Init(init::Args),
    /// Print the script that connects a shell, or direnv, with gantry
    Hook(hook::Args),
    /// Print what changes for the shell at this prompt
    #[command(hide = true)]
    HookEnv(hook_env::Args),
    /// Show or change a project's settings, the ranges that ports come from, and the ports to keep out of
    Config(config::Args),
    /// Print a completion script
    Completions(completions::Args),
    /// Print the manual page of gantry or of one command
    Man(man::Args),
}

/// Reads the command line, runs the command, tells what went wrong.
pub fn main(arguments: &[OsString]) -> ExitCode {
    let wants_json = wants_json(arguments);
    let matches = match command().color(color_of(arguments)).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return refuse(&error, wants_json),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, wants_json),
    };
    let mut ui = Ui::new(cli.color);
    ui.speak_json(wants_json);
    let (news, mut app) = (News::of(&cli.command), App::default());
    let done = cli.command.run(&mut app, &mut ui);
    // The proxy is nothing that the answer depends on.
    let testimony = memo::end();
    let teller = Ui::new(cli.color);
    match done {
        Ok(()) => {
            // While it is not told, the next call must not be answered before it tries.
            if news::tell(&mut app, &teller, news)
                && let Some(testimony) = testimony
            {
                memo::remember(arguments, &testimony, &ui.into_said());
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            // The error comes last, where who reads JSON looks for it.
            news::tell(&mut app, &teller, news.of_failed());
            fail(&ui, &error)
        }
    }
}

/// Tells that an answer could not be printed, as the command itself would.
pub fn lose_output(arguments: &[OsString], error: io::Error) -> ExitCode {
    let mut ui = Ui::new(Color::Auto);
    ui.speak_json(wants_json(arguments));
    fail(&ui, &ui::lost(error))
}

fn fail(ui: &Ui, error: &anyhow::Error) -> ExitCode {
    if Failure::is_closed_pipe(error) {
        return ExitCode::SUCCESS;
    }
    if let Some(Silent(status)) = error.downcast_ref::<Silent>() {
        return ExitCode::from(*status);
    }
    let failure = Failure::of(error);
    ui.fail(&failure);
    ExitCode::from(failure.exit)
}

/// The whole tree of commands, as the completions and the man pages show it too.
pub fn command() -> clap::Command {
    Cli::command()
}

impl Command {
    fn run(self, app: &mut App, ui: &mut Ui) -> anyhow::Result<()> {
        match self {
            Command::Export(args) => export::run(app, ui, &args),
            Command::Get(args) => get::run(app, ui, &args),
            Command::Book(args) => book::run(app, ui, &args),
            Command::Release(args) => release::run(app, ui, &args),
            Command::Status(args) => status::run(app, ui, &args),
            Command::Context(args) => context::run(app, ui, &args),
            Command::Discover(args) => discover::run(app, ui, &args),
            Command::Override(args) => overrides::run(app, ui, &args),
            Command::Prune(args) => prune::run(app, ui, &args),
            Command::Which(args) => which::run(app, ui, &args),
            Command::Run(args) => run::run(app, ui, &args),
            Command::Register(args) => register::run(app, ui, &args),
            Command::Unregister(args) => unregister::run(app, ui, &args),
            Command::List(args) => list::run(app, ui, &args),
            Command::Ports(args) => ports::run(app, ui, &args),
            Command::Update(args) => update::run(app, ui, &args),
            Command::Start(args) => start::run(app, ui, &args),
            Command::Stop(args) => stop::run(app, ui, &args),
            Command::Restart(args) => restart::run(app, ui, &args),
            Command::StopAll(args) => stop_all::run(app, ui, &args),
            Command::Ps(args) => ps::run(app, ui, &args),
            Command::Health(args) => health::run(app, ui, &args),
            Command::Watch(args) => watch::run(app, ui, &args),
            Command::Exec(args) => exec::run(app, ui, &args),
            Command::Logs(args) => logs::run(app, ui, &args),
            Command::Pull(args) => pull::run(app, ui, &args),
            Command::Push(args) => push::run(app, ui, &args),
            Command::Scale(args) => scale::run(app, ui, &args),
            Command::Down(args) => down::run(app, ui, &args),
            Command::Routes(args) => routes::run(app, ui, &args),
            Command::Url(args) => url::run(app, ui, &args),
            Command::Open(args) => open::run(app, ui, &args),
            Command::Proxy(args) => proxy::run(app, ui, &args),
            Command::CaddySetup(args) => proxy::act(app, ui, &proxy::Action::Setup(args)),
            Command::CaddyStart => proxy::act(app, ui, &proxy::Action::Start),
            Command::CaddyStop => proxy::act(app, ui, &proxy::Action::Stop),
            Command::CaddyReload => proxy::act(app, ui, &proxy::Action::Reload),
            Command::CaddyStatus(args) => proxy::act(app, ui, &proxy::Action::Status(args)),
            Command::Doctor(args) => doctor::run(app, ui, &args),
            Command::Trust(args) => trust::run(app, ui, &args),
            Command::Dns(args) => dns::run(app, ui, &args),
            Command::DnsSetup(args) => dns::setup::run(app, ui, &args),
            Command::DnsStatus(args) => dns::status::run(app, ui, &args),
            Command::DnsTest(args) => dns::test::run(app, ui, &args),
            Command::Init(args) => init::run(app, ui, &args),
            Command::Hook(args) => hook::run(ui, &args),
            Command::HookEnv(args) => hook_env::run(app, ui, &args),
            Command::Config(args) => config::run(app, ui, &args),
            Command::Cert(args) => cert::run(app, ui, &args),
            Command::CertSetup(args) => cert::setup(app, ui, &args),
            Command::CertStatus(args) => cert::status(app, ui, &args),
            Command::Completions(args) => completions::run(ui, &args),
            Command::Man(args) => man::run(ui, &args),
        }
    }
}

/// `--help` and `--version` come this way too.
fn refuse(error: &clap::Error, wants_json: bool) -> ExitCode {
    if error.use_stderr() && wants_json {
        let failure = Failure {
            kind: "usage",
            message: first_paragraph(&error.to_string()),
            hint: Some("`gantry help` lists the commands and their options".to_owned()),
            exit: failure::USAGE,
        };
        let mut ui = Ui::new(Color::Never);
        ui.speak_json(true);
        ui.fail(&failure);
        return ExitCode::from(failure.exit);
    }
    if let Err(gone) = error.print()
        && !error.use_stderr()
        && gone.kind() != std::io::ErrorKind::BrokenPipe
    {
        return fail(&Ui::new(Color::Never), &ui::lost(gone));
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(failure::USAGE))
}

/// clap's message on one line, without the usage that follows it: it names missing arguments below its first line.
fn first_paragraph(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    let message = lines.join(" ");
    message.strip_prefix("error: ").unwrap_or(&message).to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_of_commands_is_sound() {
        super::command().debug_assert();
    }

    #[test]
    fn the_list_says_of_a_command_what_its_help_says() {
        let (listed, mut built) = (super::command(), super::command());
        built.build();
        for command in listed.get_subcommands() {
            let name = command.get_name();
            let about = |it: &clap::Command| it.get_about().map(ToString::to_string);
            let own = built.find_subcommand(name).and_then(about);
            assert!(own.is_some() && about(command) == own, "{name}: {own:?}");
        }
    }
}
