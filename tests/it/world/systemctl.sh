#!/usr/bin/env bash
# As much of systemctl as is asked of a world, which no systemd has booted. A unit is a file in /run/world/units with
# the functions `run` (becomes the daemon), `ready`, and perhaps `reload`.
set -uo pipefail
units=/run/world/units

fail() {
    printf '%s\n' "$2" >&2
    exit "$1"
}

pid_of() { cat "$units/$1.pid" 2>/dev/null; }

# Asked by any user, who may not send it a signal.
is_active() {
    local pid
    pid=$(pid_of "$1") && [ -e "/proc/$pid" ]
}

start() {
    local unit=$1 deadline=$((SECONDS + 20))
    ! is_active "$unit" || return 0
    # Nothing of the caller's stays open in the daemon.
    (run) </dev/null >>"$units/$unit.log" 2>&1 &
    echo $! >"$units/$unit.pid"
    until ready >/dev/null 2>&1; do
        if ! is_active "$unit" || [ $SECONDS -ge $deadline ]; then
            fail 1 "Job for $unit.service failed because the control process exited with error code."$'\n'"$(tail -n 5 "$units/$unit.log")"
        fi
        sleep 0.02
    done
}

stop() {
    local pid
    pid=$(pid_of "$1") || return 0
    kill "$pid" 2>/dev/null
    while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
    rm -f "$units/$1.pid"
}

act() {
    local verb=$1 unit=$2
    case $verb in
    start) start "$unit" ;;
    stop) stop "$unit" ;;
    restart) stop "$unit" && start "$unit" ;;
    try-restart) ! is_active "$unit" || { stop "$unit" && start "$unit"; } ;;
    reload)
        declare -F reload >/dev/null || fail 1 "Failed to reload $unit.service: Job type reload is not applicable for unit $unit.service."
        reload "$(pid_of "$unit")"
        ;;
    reload-or-restart) if declare -F reload >/dev/null; then act reload "$unit"; else act restart "$unit"; fi ;;
    is-enabled) echo enabled ;;
    is-active | status)
        if is_active "$unit"; then echo active; else echo inactive && exit 3; fi
        ;;
    *) fail 1 "Unknown command verb $verb." ;;
    esac
}

verb=
for argument; do
    case $argument in
    --version) echo 'systemd 252 (a world, no systemd)' && exit ;;
    --quiet | -q) exec >/dev/null ;;
    --*) ;;
    *)
        if [ -z "$verb" ]; then
            verb=$argument
            continue
        fi
        unit=${argument%.service}
        if [ ! -e "$units/$unit" ]; then
            [ "$verb" != is-active ] || { echo inactive && exit 3; }
            fail 5 "Failed to $verb $unit.service: Unit $unit.service not found."
        fi
        unset -f reload
        # shellcheck source=/dev/null
        . "$units/$unit"
        act "$verb" "$unit"
        ;;
    esac
done
[ "$verb" != is-system-running ] || echo running
