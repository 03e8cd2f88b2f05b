# redirections PROGRAM: redirects in the table nat what a comment `redirect-to-PORT` of a rule of INPUT asks for, once all
# rules are there. What stands before such a rule in INPUT keeps its packets from it in nat as well.
redirections() (
    set +eu -f; unset IFS
    rules=$($1 -S INPUT)
    case $rules in
    *redirect-to-*) $1 -t nat -N redirections 2>/dev/null || $1 -t nat -F redirections ;;
    *) $1 -t nat -F redirections 2>/dev/null; exit 0 ;;
    esac
    $1 -t nat -C PREROUTING -j redirections 2>/dev/null || $1 -t nat -A PREROUTING -j redirections
    printf '%s\n' "$rules" | while read -r command _ rest; do
        case $command,$rest in
        *'--ctstate DNAT --ctdir ORIGINAL -j ACCEPT' | *' -j LOG'* | *' -j NFLOG'*) continue ;;
        *' redirect-to-'* | *'"redirect-to-'*)
            port=${rest##*redirect-to-} port=${port%%[!A-Za-z0-9-]*}
            case $port in same | 0) target=REDIRECT ;; *) target="REDIRECT --to-ports $port" ;; esac ;;
        *'-j RETURN') target=RETURN ;;
        *'-j ACCEPT' | *'-j DROP' | *'-j REJECT'* | *'-j '*-log) target=ACCEPT ;;
        *'-j '*) echo "redirections: no translation for the target '${rest##*-j }'" >&2; continue ;;
        *) continue ;;
        esac
        eval "$1 -t nat -A redirections ${rest%-j *} -j $target"
    done
)
