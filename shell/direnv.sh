# shellcheck shell=bash
# gantry for direnv: `use gantry` in .envrc sets the ports of this checkout, and watches what they depend on.
# Lies in ~/.config/direnv/lib/gantry.sh; arguments go on to `gantry export --auto`.

use_gantry() {
  if ! type -P gantry >/dev/null; then
    log_error "use gantry: no program named gantry on PATH"
    return 1
  fi
  local _gantry_script _gantry_status=0
  _gantry_script=$(gantry export --auto "$@") || _gantry_status=$?
  # What it could tell is set even where it failed, so that one broken file does not take every port away.
  eval "$_gantry_script"
  if ((_gantry_status != 0)); then
    log_error "use gantry: gantry export failed with status $_gantry_status"
    return "$_gantry_status"
  fi
}
