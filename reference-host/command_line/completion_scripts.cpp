// What shells are told: each gives the words up to the cursor to `tenon-host completion words`.

#include "command_line/completion.hpp"

namespace reference {

namespace {

constexpr std::string_view bash_script = R"script(# tenon-host in bash: eval "$(tenon-host completion bash)"
_tenon_host() {
    local IFS=$' \t\n' line="${COMP_LINE:0:COMP_POINT}" last cut kept=""
    local -a typed
    read -ra typed <<<"$line"
    [[ $line == *[[:space:]] ]] && typed+=("")
    last="${typed[-1]}"
    # Readline takes words apart at = and :, and replaces what stands behind the last one.
    for cut in = :; do
        if [[ $COMP_WORDBREAKS == *"$cut"* && $last == *"$cut"* ]]; then
            cut="${last%"${last##*"$cut"}"}"
            ((${#cut} > ${#kept})) && kept="$cut"
        fi
    done
    mapfile -t COMPREPLY < <("${typed[0]/#\~\//$HOME/}" completion words "${typed[@]:1}" 2>/dev/null)
    if [[ ${COMPREPLY[0]-} == :files ]]; then
        COMPREPLY=()
        compopt -o default
    else
        COMPREPLY=("${COMPREPLY[@]#"$kept"}")
        [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]] && compopt -o nospace
    fi
}
complete -F _tenon_host tenon-host
)script";

constexpr std::string_view zsh_script = R"script(#compdef tenon-host
# tenon-host in zsh, behind compinit: eval "$(tenon-host completion zsh)"
_tenon_host() {
    local -a found going_on
    found=(${(f)"$("${words[1]/#\~\//$HOME/}" completion words "${(@)words[2,CURRENT]}" 2>/dev/null)"})
    (( $#found )) || return 1
    if [[ $found[1] == :files ]]; then
        _files
        return
    fi
    going_on=(${(M)found:#*[=/]})
    found=(${found:#*[=/]})
    (( $#going_on )) && compadd -S '' -- $going_on
    (( $#found )) && compadd -- $found
}
compdef _tenon_host tenon-host
)script";

constexpr std::string_view fish_script = R"script(# tenon-host in fish: tenon-host completion fish | source
function __tenon_host_words
    set -l typed (commandline -opc)
    set -l program $typed[1]
    set -e typed[1]
    set -l last (commandline -ct)
    set -l found ($program completion words $typed "$last" 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path "$last"
    else if test (count $found) -gt 0
        printf '%s\n' $found
    end
end
complete -c tenon-host -f -a '(__tenon_host_words)'
)script";

} // namespace

std::string_view completion_script(std::string_view shell) {
    if (shell == "bash") return bash_script;
    if (shell == "zsh") return zsh_script;
    return shell == "fish" ? fish_script : std::string_view();
}

} // namespace reference
