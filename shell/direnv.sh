# shellcheck shell=bash
# gantry for direnv: `use gantry` in .envrc sets the ports of this checkout, and watches what they depend on.
# Lies in ~/.config/direnv/lib/gantry.sh; arguments go on to `gantry export --auto`.

use_gantry() {
  if ! type -P gantry >/dev/null; then
    log_error "use gantry: gantry is not on PATH"
    return 1
  fi
  local script status=0
  script=$(gantry export --auto "$@") || status=$?
  # What it could tell is set even where it failed, so that one broken file does not take every port away.
  eval "$script"
  if ((status != 0)); then
    log_error "use gantry: gantry export failed with status $status"
    return "$status"
  fi
}
