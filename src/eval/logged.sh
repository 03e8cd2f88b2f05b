# logged PROGRAM CHAIN PLACE TARGET: the name of a chain that logs and then does what TARGET is in PLACE, with what a rule
# says beside that.
logged() (
    unset IFS
    target=${4% -l} name=${3%-*}-${4%% *}-log
    case $target in RETURN) echo "logged: no translation for the target '$4'" >&2; exit 2 ;; esac
    verdict=$(iptables_target "$3" "$target")
    [ -n "$verdict" ] || exit
    comment=${verdict#"${verdict%% -m comment *}"} verdict=${verdict%"$comment"}
    $1 -N "$name" 2>/dev/null || $1 -F "$name"
    $1 -A "$name" -j LOG --log-level info --log-prefix "$2 ${target%% *} " && $1 -A "$name" -j $verdict && echo "$name$comment"
)
