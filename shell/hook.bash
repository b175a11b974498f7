# shellcheck shell=bash
# gantry's hook for bash: before each prompt, sets what the project has and puts back what leaving it ends.
# Add to ~/.bashrc:  eval "$(gantry hook bash)"

_gantry_hook() {
  local _gantry_status=$?
  if type -P gantry >/dev/null; then
    eval "$(command gantry hook-env --shell bash)"
  fi
  # Under `set -e` a failed status would end the shell here, though the user's command has not.
  if [[ $- == *e* ]]; then return 0; fi
  return "$_gantry_status"
}

# Sourcing twice changes nothing. A line end joins the strings, since `;` behind `;` is a syntax error.
if [[ "${PROMPT_COMMAND[*]-}" != *_gantry_hook* ]]; then
  if [[ "$(declare -p PROMPT_COMMAND 2>/dev/null || :)" == "declare -a"* ]]; then
    PROMPT_COMMAND=(_gantry_hook ${PROMPT_COMMAND[@]+"${PROMPT_COMMAND[@]}"})
  else
    # shellcheck disable=SC2128,SC2178 # a string here
    PROMPT_COMMAND=_gantry_hook${PROMPT_COMMAND:+$'\n'$PROMPT_COMMAND}
  fi
fi
