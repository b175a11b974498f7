# shellcheck shell=bash
# gantry's hook for zsh: before each prompt, sets what the project has and puts back what leaving it ends.
# Add to ~/.zshrc:  eval "$(gantry hook zsh)"

_gantry_hook() {
  # zsh gives each hook the status of the user's last command, and the prompt too.
  emulate -L zsh
  if whence -p gantry >/dev/null; then
    eval "$(command gantry hook-env --shell zsh)"
  fi
}

# Sourcing twice changes nothing.
typeset -ga precmd_functions
if [[ " ${precmd_functions[*]-} " != *" _gantry_hook "* ]]; then
  precmd_functions=(_gantry_hook "${precmd_functions[@]}")
fi
