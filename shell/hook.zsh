# shellcheck shell=bash
# gantry's hook for zsh: before each prompt, sets what the project has and puts back what leaving it ends.
# Add to ~/.zshrc:  eval "$(gantry hook zsh)"

# zsh itself keeps `$?` for the prompt and for the hooks that follow.
_gantry_hook() {
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
