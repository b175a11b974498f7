# gantry's hook for fish: before each prompt, sets what the project has and puts back what leaving it ends.
# Add to ~/.config/fish/config.fish:  gantry hook fish | source

function _gantry_hook --on-event fish_prompt
    command -q gantry; and command gantry hook-env --shell fish | source
end
