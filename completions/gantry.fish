# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_gantry_global_optspecs
    string join \n color= h/help V/version
end

function __fish_gantry_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_gantry_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_gantry_using_subcommand
    set -l cmd (__fish_gantry_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c gantry -n "__fish_gantry_needs_command" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_needs_command" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_needs_command" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "export" -d 'Print the context\'s variables for a shell to evaluate'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "get" -d 'Print a service\'s port'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "book" -d 'Book a port for a service, whatever its name'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "release" -d 'Give a service\'s port back'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "status" -d 'List the booked ports and whether anybody listens on them'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "context" -d 'Show which context this directory is, and who shares its remote and branch'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "discover" -d 'List what the compose file publishes; books nothing'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "override" -d 'Print the override that publishes this context\'s ports, and why each line of it is there'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "prune" -d 'Give back the ports of checkouts and branches that are gone'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "gc" -d 'Give back the ports of checkouts and branches that are gone'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "which" -d 'Tell who holds a port: which context booked it, which process listens on it'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "run" -d 'Run a command with the context\'s variables'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "register" -d 'Give this directory a hostname and an HTTP port'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "unregister" -d 'Forget a project: its hostname, and the ports of its directory'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "list" -d 'List the registered projects and whether they run'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "ports" -d 'List a project\'s ports: published, exposed, and the HTTP port'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "update" -d 'Look at a project\'s files again and take over what has changed'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "start" -d 'Start a project\'s containers, on the ports that its context has'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "stop" -d 'Stop a project\'s containers; ports, containers and data stay'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "restart" -d 'Stop a project and start it again, as its files are now'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "stop-all" -d 'Stop everything that runs of gantry\'s contexts, whatever their branch'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "ps" -d 'List a project\'s containers, as the engine has them now'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "health" -d 'Tell how a project\'s services do: their containers, whether their ports answer, what they use'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "watch" -d 'Watch a running project and start again what dies'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "exec" -d 'Run a command in a service\'s container'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "logs" -d 'Show what a project\'s containers have written, in order of time'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "pull" -d 'Fetch the images of a project\'s services'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "push" -d 'Send the images that a project builds to their registries'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "scale" -d 'Run several containers of a service'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "down" -d 'Stop a project and remove its containers and networks; its ports stay booked'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "routes" -d 'List the names that lead to what runs: a project\'s, its other branches\', its services\''
complete -c gantry -n "__fish_gantry_needs_command" -f -a "url" -d 'Print the address of a project or of one of its services'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "open" -d 'Open a project or one of its services in the browser'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "dns" -d 'Have the names of projects resolved: every name under .test is this machine'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "cert" -d 'Certificates for the projects\' names, so that browsers open them without a warning'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "proxy" -d 'Serve the names: a reverse proxy on this machine\'s loopback, which is Caddy'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "doctor" -d 'Look at the whole set-up: what is good, what is bad and how to mend it, what is not set up'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "trust" -d 'Let the hooks of this project\'s gantry.yml run'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "init" -d 'Connect this project with direnv, or your shell with gantry'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "hook" -d 'Print the script that connects a shell, or direnv, with gantry'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "config" -d 'Show or change a project\'s settings, the ranges that ports come from, and the ports to keep out of'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "completions" -d 'Print a completion script'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "man" -d 'Print the manual page of gantry or of one command'
complete -c gantry -n "__fish_gantry_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gantry -n "__fish_gantry_using_subcommand export" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand export" -l format -d 'The language to print' -r -f -a "shell\t''
fish\t''
nu\t''
pwsh\t''
json\t''
env\t''"
complete -c gantry -n "__fish_gantry_using_subcommand export" -l auto -d 'Book first what the compose file publishes and has no port yet'
complete -c gantry -n "__fish_gantry_using_subcommand export" -l no-remap -d 'Write no override, even where the compose file publishes other ports'
complete -c gantry -n "__fish_gantry_using_subcommand export" -l certs -d 'Lead Node and Python\'s requests to the CA of `gantry cert setup`, and what else does not trust it by itself'
complete -c gantry -n "__fish_gantry_using_subcommand export" -l json -d 'Print JSON: the same as --format json'
complete -c gantry -n "__fish_gantry_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand export" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand get" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand get" -s q -l quiet -d 'Print the number and nothing else'
complete -c gantry -n "__fish_gantry_using_subcommand get" -l no-book -d 'Fail where no port is booked, instead of booking one'
complete -c gantry -n "__fish_gantry_using_subcommand get" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand get" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand book" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand book" -s p -l port -d 'The port to have, where it is free' -r
complete -c gantry -n "__fish_gantry_using_subcommand book" -l strict -d 'Fail where the preferred port is taken, instead of taking the next'
complete -c gantry -n "__fish_gantry_using_subcommand book" -l auto -d 'Book every service of the compose file'
complete -c gantry -n "__fish_gantry_using_subcommand book" -s q -l quiet -d 'Leave out the notes on stderr; errors are still told'
complete -c gantry -n "__fish_gantry_using_subcommand book" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand book" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand book" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand release" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand release" -l all -d 'Give back every port of this context'
complete -c gantry -n "__fish_gantry_using_subcommand release" -s n -l dry-run -d 'Only print what would be given back'
complete -c gantry -n "__fish_gantry_using_subcommand release" -s y -s f -l yes -l force -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand release" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand status" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand status" -s a -l all -d 'Every context on the machine, not only this one'
complete -c gantry -n "__fish_gantry_using_subcommand status" -l live -d 'Name the process behind every port that is listened on; without it, only somebody else\'s is named'
complete -c gantry -n "__fish_gantry_using_subcommand status" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand status" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand context" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand context" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand context" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand context" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand discover" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand discover" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand discover" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand discover" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand override" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand override" -l show -d 'Print the file as Compose reads it; the default'
complete -c gantry -n "__fish_gantry_using_subcommand override" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand override" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand override" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand prune" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand prune" -l stale -d 'Also contexts that were not used for so many days' -r
complete -c gantry -n "__fish_gantry_using_subcommand prune" -s n -l dry-run -d 'Only print what would be given back'
complete -c gantry -n "__fish_gantry_using_subcommand prune" -s f -l force -d 'Also ports on which somebody listens; does not ask'
complete -c gantry -n "__fish_gantry_using_subcommand prune" -s y -l yes -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand prune" -l undo -d 'Put back what the last prune removed; that works once'
complete -c gantry -n "__fish_gantry_using_subcommand prune" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand prune" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand gc" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand gc" -l stale -d 'Also contexts that were not used for so many days' -r
complete -c gantry -n "__fish_gantry_using_subcommand gc" -s n -l dry-run -d 'Only print what would be given back'
complete -c gantry -n "__fish_gantry_using_subcommand gc" -s f -l force -d 'Also ports on which somebody listens; does not ask'
complete -c gantry -n "__fish_gantry_using_subcommand gc" -s y -l yes -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand gc" -l undo -d 'Put back what the last prune removed; that works once'
complete -c gantry -n "__fish_gantry_using_subcommand gc" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand gc" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand gc" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand which" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand which" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand which" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand which" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand run" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand run" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand register" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand register" -l hostname -d 'The project\'s name: letters, digits and `-`; it stays as it is' -r
complete -c gantry -n "__fish_gantry_using_subcommand register" -l path -d 'The project\'s directory; by default the project that the current directory lies in' -r -F
complete -c gantry -n "__fish_gantry_using_subcommand register" -l port -d 'The HTTP port to have; fails where it is taken' -r
complete -c gantry -n "__fish_gantry_using_subcommand register" -s y -l yes -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand register" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand register" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand register" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand unregister" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand unregister" -l keep-ports -d 'Keep what the directory\'s contexts have booked, and their containers'
complete -c gantry -n "__fish_gantry_using_subcommand unregister" -s n -l dry-run -d 'Only print what would be given up'
complete -c gantry -n "__fish_gantry_using_subcommand unregister" -s y -l yes -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand unregister" -s f -l force -d 'Stop it first where it runs; does not ask'
complete -c gantry -n "__fish_gantry_using_subcommand unregister" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand unregister" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand unregister" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand list" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand list" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand list" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand list" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand ports" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand ports" -s a -l all -d 'Every project'
complete -c gantry -n "__fish_gantry_using_subcommand ports" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand ports" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand ports" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand update" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand update" -s n -l dry-run -d 'Only print what has changed'
complete -c gantry -n "__fish_gantry_using_subcommand update" -s y -s f -l yes -l force -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand update" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand update" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand update" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand start" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand start" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand start" -l timeout -d 'How long to wait, in seconds' -r
complete -c gantry -n "__fish_gantry_using_subcommand start" -s f -l force -d 'Go on where ports are taken'
complete -c gantry -n "__fish_gantry_using_subcommand start" -l pull -d 'Pull the images first'
complete -c gantry -n "__fish_gantry_using_subcommand start" -l build -d 'Build the images first'
complete -c gantry -n "__fish_gantry_using_subcommand start" -l wait -d 'Wait until everything is up; the default'
complete -c gantry -n "__fish_gantry_using_subcommand start" -l no-wait -d 'Do not wait'
complete -c gantry -n "__fish_gantry_using_subcommand start" -l no-hooks -d 'Do not run the hooks of gantry.yml'
complete -c gantry -n "__fish_gantry_using_subcommand start" -l json -d 'Print the containers as JSON'
complete -c gantry -n "__fish_gantry_using_subcommand start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand start" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand stop" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand stop" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand stop" -l timeout -d 'How long a container may take to end, in seconds' -r
complete -c gantry -n "__fish_gantry_using_subcommand stop" -l no-hooks -d 'Do not run the hooks of gantry.yml'
complete -c gantry -n "__fish_gantry_using_subcommand stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand stop" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand restart" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand restart" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand restart" -l timeout -d 'How long a container may take to end, in seconds' -r
complete -c gantry -n "__fish_gantry_using_subcommand restart" -l no-hooks -d 'Do not run the hooks of gantry.yml'
complete -c gantry -n "__fish_gantry_using_subcommand restart" -l build -d 'Build the images first'
complete -c gantry -n "__fish_gantry_using_subcommand restart" -s f -l force -d 'Go on where ports are taken'
complete -c gantry -n "__fish_gantry_using_subcommand restart" -l json -d 'Print the containers as JSON'
complete -c gantry -n "__fish_gantry_using_subcommand restart" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand restart" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand stop-all" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand stop-all" -l timeout -d 'How long a container may take to end, in seconds' -r
complete -c gantry -n "__fish_gantry_using_subcommand stop-all" -s n -l dry-run -d 'Only print what would be stopped'
complete -c gantry -n "__fish_gantry_using_subcommand stop-all" -s y -s f -l yes -l force -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand stop-all" -l no-hooks -d 'Do not run the hooks of gantry.yml'
complete -c gantry -n "__fish_gantry_using_subcommand stop-all" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand stop-all" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand ps" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand ps" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand ps" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand ps" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand ps" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand health" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand health" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand health" -l interval -d 'Seconds from one round of --watch to the next' -r
complete -c gantry -n "__fish_gantry_using_subcommand health" -l timeout -d 'Seconds that a port has to answer, attempts together' -r
complete -c gantry -n "__fish_gantry_using_subcommand health" -s w -l watch -d 'Ask again and again, until Ctrl-C'
complete -c gantry -n "__fish_gantry_using_subcommand health" -l json -d 'Print JSON; with --watch one object a line'
complete -c gantry -n "__fish_gantry_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand health" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand watch" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand watch" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand watch" -l interval -d 'Seconds from one look to the next' -r
complete -c gantry -n "__fish_gantry_using_subcommand watch" -l limit -d 'Restarts of one container in a row, before it is given up' -r
complete -c gantry -n "__fish_gantry_using_subcommand watch" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand watch" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand exec" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand exec" -l index -d 'Which of several containers, counted from 1' -r
complete -c gantry -n "__fish_gantry_using_subcommand exec" -s p -l project -d 'The project, where its name is a service\'s too' -r
complete -c gantry -n "__fish_gantry_using_subcommand exec" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand exec" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand logs" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand logs" -s n -l tail -d 'The last N lines of each container, before --level and --grep' -r
complete -c gantry -n "__fish_gantry_using_subcommand logs" -l since -d 'Lines since then: 1h30m, 2d, 2026-11-21T08:00:00Z' -r
complete -c gantry -n "__fish_gantry_using_subcommand logs" -l until -d 'Lines until then, written like --since' -r
complete -c gantry -n "__fish_gantry_using_subcommand logs" -l level -d 'Lines of this level and graver ones, with their stack traces: trace, debug, info, warn, error or fatal' -r
complete -c gantry -n "__fish_gantry_using_subcommand logs" -l grep -d 'Lines that match the regular expression; (?i) before it ignores case' -r
complete -c gantry -n "__fish_gantry_using_subcommand logs" -l export -d 'Write the lines to a file, byte for byte' -r -F
complete -c gantry -n "__fish_gantry_using_subcommand logs" -s p -l project -d 'The project, where its name is a service\'s too' -r
complete -c gantry -n "__fish_gantry_using_subcommand logs" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand logs" -s f -l follow -d 'Show also what comes from now on'
complete -c gantry -n "__fish_gantry_using_subcommand logs" -s t -l timestamps -d 'Show when each line was written'
complete -c gantry -n "__fish_gantry_using_subcommand logs" -l force -d 'Let --export replace a file'
complete -c gantry -n "__fish_gantry_using_subcommand logs" -l json -d 'Print JSON, one object a line'
complete -c gantry -n "__fish_gantry_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand logs" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand pull" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand pull" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand pull" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand pull" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand push" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand push" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand push" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand push" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand scale" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand scale" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand scale" -l json -d 'Print the containers as JSON'
complete -c gantry -n "__fish_gantry_using_subcommand scale" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand scale" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand down" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand down" -l engine -d 'docker or podman; by default what gantry.yml says, else what answers' -r -f -a "docker\t''
podman\t''"
complete -c gantry -n "__fish_gantry_using_subcommand down" -l timeout -d 'How long a container may take to end, in seconds' -r
complete -c gantry -n "__fish_gantry_using_subcommand down" -l volumes -d 'Remove the volumes too, and what is in them'
complete -c gantry -n "__fish_gantry_using_subcommand down" -s n -l dry-run -d 'Only print what would be removed'
complete -c gantry -n "__fish_gantry_using_subcommand down" -s y -s f -l yes -l force -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand down" -l no-hooks -d 'Do not run the hooks of gantry.yml'
complete -c gantry -n "__fish_gantry_using_subcommand down" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand down" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand routes" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand routes" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand routes" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand routes" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand url" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand url" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand url" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand url" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand open" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand open" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand open" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and not __fish_seen_subcommand_from setup status test start stop remove help" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand dns; and not __fish_seen_subcommand_from setup status test start stop remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and not __fish_seen_subcommand_from setup status test start stop remove help" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and not __fish_seen_subcommand_from setup status test start stop remove help" -f -a "setup" -d 'Have every name under .test resolved to this machine'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and not __fish_seen_subcommand_from setup status test start stop remove help" -f -a "status" -d 'Show how names are resolved here, layer by layer'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and not __fish_seen_subcommand_from setup status test start stop remove help" -f -a "test" -d 'Test whether a name is resolved to this machine, and say which layer fails'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and not __fish_seen_subcommand_from setup status test start stop remove help" -f -a "start" -d 'Start gantry\'s own dnsmasq, as after a reboot'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and not __fish_seen_subcommand_from setup status test start stop remove help" -f -a "stop" -d 'Stop gantry\'s own dnsmasq: its names are not resolved until it is started again'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and not __fish_seen_subcommand_from setup status test start stop remove help" -f -a "remove" -d 'Take back what `gantry dns setup` has changed, byte for byte'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and not __fish_seen_subcommand_from setup status test start stop remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from setup" -l method -d 'How; by default the least invasive way that works here' -r -f -a "resolved\t'A file for systemd-resolved, which asks a dnsmasq of gantry\'s own'
resolved-link\t'A link for systemd-resolved; lost at a reboot'
networkmanager\t'A file for NetworkManager\'s dnsmasq'
dnsmasq\t'A file for this machine\'s dnsmasq'
resolver\t'A file in /etc/resolver (macOS)'
localhost\t'Names that end in .localhost: nothing is changed'"
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from setup" -l tld -d 'The domain: test, internal, home.arpa or localhost' -r
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from setup" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from setup" -l print -d 'Only print the commands, as a script'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from setup" -s y -l yes -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from setup" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from setup" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from status" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from status" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from test" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from test" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from test" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from start" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from start" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from start" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from stop" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from stop" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from stop" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from remove" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from remove" -l print -d 'Only print the commands, as a script'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Do not ask, not even where a file was edited since'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from remove" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from help" -f -a "setup" -d 'Have every name under .test resolved to this machine'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show how names are resolved here, layer by layer'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from help" -f -a "test" -d 'Test whether a name is resolved to this machine, and say which layer fails'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from help" -f -a "start" -d 'Start gantry\'s own dnsmasq, as after a reboot'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from help" -f -a "stop" -d 'Stop gantry\'s own dnsmasq: its names are not resolved until it is started again'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Take back what `gantry dns setup` has changed, byte for byte'
complete -c gantry -n "__fish_gantry_using_subcommand dns; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -f -a "setup" -d 'Make a CA where there is none, have this machine trust it, and issue the projects\' certificates'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -f -a "status" -d 'Show the CA, what was issued, and who trusts it: each store as it answers now'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -f -a "verify" -d 'Look which certificate the proxy shows under a name, and whether it holds'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -f -a "info" -d 'Show what a project\'s certificate, or the CA\'s, says'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -f -a "trust" -d 'Have stores trust the CA that do not'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -f -a "untrust" -d 'Take the CA out of the stores'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -f -a "renew" -d 'Issue a project\'s certificate anew'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -f -a "remove" -d 'Forget what was issued, and that certificates were set up'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and not __fish_seen_subcommand_from setup status verify info trust untrust renew remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from setup" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from setup" -l stores -d 'The stores to change: system, nss (Firefox and Chromium), java, or none; by default those that are there' -r
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from setup" -s n -l dry-run -d 'Show what would be changed'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from setup" -s y -l yes -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from setup" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from setup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from setup" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from status" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from status" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from verify" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from verify" -l port -d 'The port to ask at; by default the proxy\'s' -r
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from verify" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from info" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from info" -l ca -d 'Show the CA'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from info" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from info" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from info" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from trust" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from trust" -l stores -d 'The stores to change: system, nss (Firefox and Chromium), java, or none; by default those that are there' -r
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from trust" -s n -l dry-run -d 'Show what would be changed'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from trust" -s y -l yes -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from trust" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from trust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from trust" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from untrust" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from untrust" -l stores -d 'The stores to change: system, nss (Firefox and Chromium), java; by default those that hold it' -r
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from untrust" -s n -l dry-run -d 'Show what would be changed'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from untrust" -s y -l yes -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from untrust" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from untrust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from untrust" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from renew" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from renew" -l all -d 'Every project'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from renew" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from renew" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from renew" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from remove" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from remove" -l ca -d 'Remove mkcert\'s CA too, and its key: what other tools had issued by it holds no more'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from remove" -s n -l dry-run -d 'Show what would be removed'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from remove" -s y -l yes -d 'Do not ask'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from remove" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from help" -f -a "setup" -d 'Make a CA where there is none, have this machine trust it, and issue the projects\' certificates'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show the CA, what was issued, and who trusts it: each store as it answers now'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Look which certificate the proxy shows under a name, and whether it holds'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from help" -f -a "info" -d 'Show what a project\'s certificate, or the CA\'s, says'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from help" -f -a "trust" -d 'Have stores trust the CA that do not'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from help" -f -a "untrust" -d 'Take the CA out of the stores'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from help" -f -a "renew" -d 'Issue a project\'s certificate anew'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Forget what was issued, and that certificates were set up'
complete -c gantry -n "__fish_gantry_using_subcommand cert; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and not __fish_seen_subcommand_from setup start stop reload status remove help" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and not __fish_seen_subcommand_from setup start stop reload status remove help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and not __fish_seen_subcommand_from setup start stop reload status remove help" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and not __fish_seen_subcommand_from setup start stop reload status remove help" -f -a "setup" -d 'Choose the ports, and see whether everything is there'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and not __fish_seen_subcommand_from setup start stop reload status remove help" -f -a "start" -d 'Start it'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and not __fish_seen_subcommand_from setup start stop reload status remove help" -f -a "stop" -d 'Stop it; the names lead nowhere then'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and not __fish_seen_subcommand_from setup start stop reload status remove help" -f -a "reload" -d 'Write its configuration anew and load it; what is connected stays connected'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and not __fish_seen_subcommand_from setup start stop reload status remove help" -f -a "status" -d 'Tell whether it runs, and on what'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and not __fish_seen_subcommand_from setup start stop reload status remove help" -f -a "remove" -d 'Stop it and forget its ports and files'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and not __fish_seen_subcommand_from setup start stop reload status remove help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from setup" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from setup" -l http-port -d 'Where HTTP is served; by default where it was, at first on 80' -r
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from setup" -l https-port -d 'Where HTTPS is served; by default where it was, at first on 443' -r
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from setup" -l high-ports -d 'Take free ports that need no privilege; they then stand in each address'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from setup" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from setup" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from start" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from start" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from start" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from stop" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from stop" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from stop" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from reload" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from reload" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from reload" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from status" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from status" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from status" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from remove" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from help" -f -a "setup" -d 'Choose the ports, and see whether everything is there'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from help" -f -a "start" -d 'Start it'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from help" -f -a "stop" -d 'Stop it; the names lead nowhere then'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from help" -f -a "reload" -d 'Write its configuration anew and load it; what is connected stays connected'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from help" -f -a "status" -d 'Tell whether it runs, and on what'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Stop it and forget its ports and files'
complete -c gantry -n "__fish_gantry_using_subcommand proxy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c gantry -n "__fish_gantry_using_subcommand doctor" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand doctor" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand trust" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand trust" -l revoke -d 'Trust them no more'
complete -c gantry -n "__fish_gantry_using_subcommand trust" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand trust" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand trust" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand init" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand init" -l shell -d 'Add the hook to this shell\'s start-up file' -r -f -a "bash\t''
zsh\t''
fish\t''"
complete -c gantry -n "__fish_gantry_using_subcommand init" -l direnv -d 'Add the line to the .envrc of this project'
complete -c gantry -n "__fish_gantry_using_subcommand init" -s n -l dry-run -d 'Only print what would be added, and where'
complete -c gantry -n "__fish_gantry_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand init" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand hook" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand hook" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand hook" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand config" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand config" -l set -d 'Change a setting of the project' -r
complete -c gantry -n "__fish_gantry_using_subcommand config" -l set-range -d 'Where a service, or a kind of service, looks for ports; `default` is where the others look' -r
complete -c gantry -n "__fish_gantry_using_subcommand config" -l unset-range -d 'Go back to the default range' -r
complete -c gantry -n "__fish_gantry_using_subcommand config" -l reserve -d 'Never choose these ports; one that is asked for by number is still given' -r
complete -c gantry -n "__fish_gantry_using_subcommand config" -l unreserve -d 'Take a reserve back' -r
complete -c gantry -n "__fish_gantry_using_subcommand config" -l show -d 'Show the settings; the default'
complete -c gantry -n "__fish_gantry_using_subcommand config" -l json -d 'Print JSON'
complete -c gantry -n "__fish_gantry_using_subcommand config" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c gantry -n "__fish_gantry_using_subcommand config" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand completions" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand completions" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand completions" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand man" -l color -d 'When to colour: auto, always or never' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set'
always\t'Also into files and pipes'
never\t'Not even on a terminal'"
complete -c gantry -n "__fish_gantry_using_subcommand man" -l dir -d 'Write every page into this directory instead' -r -F
complete -c gantry -n "__fish_gantry_using_subcommand man" -s h -l help -d 'Print help'
complete -c gantry -n "__fish_gantry_using_subcommand man" -s V -l version -d 'Print version'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "export" -d 'Print the context\'s variables for a shell to evaluate'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "get" -d 'Print a service\'s port'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "book" -d 'Book a port for a service, whatever its name'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "release" -d 'Give a service\'s port back'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "status" -d 'List the booked ports and whether anybody listens on them'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "context" -d 'Show which context this directory is, and who shares its remote and branch'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "discover" -d 'List what the compose file publishes; books nothing'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "override" -d 'Print the override that publishes this context\'s ports, and why each line of it is there'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "prune" -d 'Give back the ports of checkouts and branches that are gone'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "which" -d 'Tell who holds a port: which context booked it, which process listens on it'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "run" -d 'Run a command with the context\'s variables'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "register" -d 'Give this directory a hostname and an HTTP port'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "unregister" -d 'Forget a project: its hostname, and the ports of its directory'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "list" -d 'List the registered projects and whether they run'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "ports" -d 'List a project\'s ports: published, exposed, and the HTTP port'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "update" -d 'Look at a project\'s files again and take over what has changed'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "start" -d 'Start a project\'s containers, on the ports that its context has'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "stop" -d 'Stop a project\'s containers; ports, containers and data stay'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "restart" -d 'Stop a project and start it again, as its files are now'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "stop-all" -d 'Stop everything that runs of gantry\'s contexts, whatever their branch'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "ps" -d 'List a project\'s containers, as the engine has them now'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "health" -d 'Tell how a project\'s services do: their containers, whether their ports answer, what they use'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "watch" -d 'Watch a running project and start again what dies'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "exec" -d 'Run a command in a service\'s container'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "logs" -d 'Show what a project\'s containers have written, in order of time'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "pull" -d 'Fetch the images of a project\'s services'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "push" -d 'Send the images that a project builds to their registries'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "scale" -d 'Run several containers of a service'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "down" -d 'Stop a project and remove its containers and networks; its ports stay booked'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "routes" -d 'List the names that lead to what runs: a project\'s, its other branches\', its services\''
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "url" -d 'Print the address of a project or of one of its services'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "open" -d 'Open a project or one of its services in the browser'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "dns" -d 'Have the names of projects resolved: every name under .test is this machine'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "cert" -d 'Certificates for the projects\' names, so that browsers open them without a warning'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "proxy" -d 'Serve the names: a reverse proxy on this machine\'s loopback, which is Caddy'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "doctor" -d 'Look at the whole set-up: what is good, what is bad and how to mend it, what is not set up'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "trust" -d 'Let the hooks of this project\'s gantry.yml run'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "init" -d 'Connect this project with direnv, or your shell with gantry'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "hook" -d 'Print the script that connects a shell, or direnv, with gantry'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "config" -d 'Show or change a project\'s settings, the ranges that ports come from, and the ports to keep out of'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "completions" -d 'Print a completion script'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "man" -d 'Print the manual page of gantry or of one command'
complete -c gantry -n "__fish_gantry_using_subcommand help; and not __fish_seen_subcommand_from export get book release status context discover override prune which run register unregister list ports update start stop restart stop-all ps health watch exec logs pull push scale down routes url open dns cert proxy doctor trust init hook config completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
