#compdef swarm
# completion for swarm in zsh: the one for bash, which lies beside it, says what there is

autoload -Uz bashcompinit && bashcompinit
source "${${(%):-%x}:A:h}/../../bash-completion/completions/swarm"
_bash_complete -o default -F _swarm "$@"
