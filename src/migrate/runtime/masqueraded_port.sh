# masqueraded_port PORTS: whether masqueraded packets have these as their source port, which is one from 61000 to 65095.
masqueraded_port() {
    case $1 in
    *:*) set -- "${1%:*}" "${1#*:}" "$1" ;;
    *) set -- "$1" "$1" "$1" ;;
    esac
    case $1 in *[!0-9]*) set -- 1 "$2" "$3" ;; esac # Services have lower ones.
    case $2 in *[!0-9]*) set -- "$1" 1 "$3" ;; esac
    [ "${1:-0}" -gt 61000 ] || [ "${2:-65535}" -lt 65095 ] || return 0
    [ "${1:-0}" -gt 65095 ] || [ "${2:-65535}" -lt 61000 ] ||
        echo "masqueraded_port: whether a masqueraded packet has the source port $3 is not known" >&2
    return 1
}
