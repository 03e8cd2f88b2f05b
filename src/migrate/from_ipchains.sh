# from_ipchains WORDS: runs the iptables commands that do what `ipchains WORDS` did, for words that
# are only known while the script runs. What cannot be done exactly then is refused with a message
# and the status 2; else the status is that of the last iptables that failed. _fi_copies lists the
# chains that stand for one of ipchains, as CHAIN/STAGE/COPY/FIRST with the number that its first
# rule has, and _fi_joints the rules that are policies, as CHAIN/STAGE/COPY/NUMBER. It works in a
# subshell, so that no variable and no option of the script changes.
from_ipchains() { (set +eu -f; unset IFS; from_ipchains_words "$@"); }

# Reads the words one option at a time, as ipchains read them, and does what they say.
from_ipchains_words() {
    : "${FROM_IPCHAINS:=iptables}"
    status=0 seen='' command='' chain='' target='' log='' both='' proto='' device=''
    src='' dst='' sport='' dport='' icmp='' syn='' fragment=''
    while [ $# -gt 0 ]; do
        not=''
        [ "$1" != ! ] || { not='! '; shift; }
        option=${1-}
        shift
        case " $seen " in *" $option "*) from_ipchains_refuse "$option twice" ;; esac
        seen="$seen $option"
        case $not$option in
        -b | --bidirectional) both=y; continue ;;
        -l | --log) log=y; continue ;;
        -n | -v | --numeric | --verbose) continue ;;
        *-y | *--syn) syn="$not--tcp-flags SYN,RST,ACK SYN"; continue ;;
        *-f | *--fragments) fragment=$not-f; continue ;;
        -[spdi] | --source | --destination | --src | --dst | --protocol | --interface | --[sd]port | --icmp-type)
            [ "${1-}" != ! ] || { not='! '; shift; } ;;
        esac
        [ $# -gt 0 ] || from_ipchains_refuse "$option lacks its value"
        value=$1
        shift
        case $not$option in
        -[ADFINPXZ])
            command=$command$option chain=$value
            case $option${1--} in
            -P[!-]*) target=$1; shift ;;
            -I1) shift ;;
            -[DI][0-9]*) from_ipchains_refuse "which rule has the number $1 is not known" ;;
            esac ;;
        -j | --jump) target=$value ;;
        *-p | *--protocol) proto=$not$value ;;
        *-i | *--interface) device=$not$value ;;
        *-s | *--source | *--src) from_ipchains_address "$@"; shift "$used"; src=$value sport=${port:-$sport} ;;
        *-d | *--destination | *--dst) from_ipchains_address "$@"; shift "$used"; dst=$value dport=${port:-$dport} ;;
        *--sport | *--icmp-type) sport=$not$value ;;
        *--dport) dport=$not$value ;;
        *) from_ipchains_refuse "no translation for $not$option" ;;
        esac
    done
    case " ${_fi_copies-}" in *" $chain/"*) ;; *) from_ipchains_refuse "the chain $chain is not known" ;; esac
    case $command in
    -P) from_ipchains_policy ;;
    -[FNXZ]) from_ipchains_each from_ipchains_run "$command" ;;
    -[ADI]) from_ipchains_tests; from_ipchains_each from_ipchains_rule
        value=$src src=$dst dst=$value value=$sport sport=$dport dport=$value
        [ -z "$both" ] || from_ipchains_each from_ipchains_rule ;;
    *) from_ipchains_refuse "no translation for the command $command" ;;
    esac
    return "$status"
}

from_ipchains_refuse() { printf 'from_ipchains: %s\n' "$*" >&2; exit 2; }

from_ipchains_run() { $FROM_IPCHAINS "$@" || status=$?; }

# Writes the address `value` as iptables reads it, and reads the port behind it, if there is one.
from_ipchains_address() {
    case $value in
    */0 | */0.0.0.0) value='' ;;
    *[!0-9./]*) ;;
    0[0-9]* | *.0[0-9]*) from_ipchains_refuse "iptables would read $value as octal" ;;
    *.*.*.*) ;;
    *) from_ipchains_refuse "the address $value has not four parts" ;;
    esac
    value=$not$value port='' used=0
    case ${1--}/${2--} in
    -*/* | !/-*) ;;
    !/*) port="! $2" used=2 ;;
    !*) ;;
    *) port=$1 used=1 ;;
    esac
}

# Looks at all tests together. Naming every port would make iptables pass over fragments.
from_ipchains_tests() {
    case $sport in : | 0: | :65535 | 0:65535) sport='' ;; esac
    case $dport in : | 0: | :65535 | 0:65535) dport='' ;; esac
    case $device in +) device='' ;; esac
    case $proto in all | ALL | 0) proto='' ;; esac
    case $proto/$sport/$dport in
    [iI][cC][mM][pP]/* | 1/*) # --icmp-type has no ranges, and 255 means any.
        case $sport/$dport in
        *255* | *:* | */!* | /?* | !*/?*) from_ipchains_refuse "no test for the ICMP types $sport/$dport" ;;
        esac
        icmp=$sport${dport:+/$dport} sport='' dport='' ;;
    [tTuU][cCdD][pP]/* | 6/* | 17/* | *//) ;;
    *) from_ipchains_refuse "ports need -p tcp, udp or icmp" ;;
    esac
    case "/$sport/$dport/" in
    *[/\ :]0[0-9]* | *'! :/'* | *'! 0:/'* | *'! :65535/'* | *'! 0:65535/'*)
        from_ipchains_refuse "no translation for the ports $sport/$dport" ;;
    esac
    case " $src/ $dst/ $device/" in *' ! /'* | *' ! +/'*) from_ipchains_refuse "the rule can match no packet" ;; esac
}

# Does something for each copy of the chain: its name is the last argument.
from_ipchains_each() {
    for entry in $_fi_copies; do
        case $entry in "$chain"/*) ;; *) continue ;; esac
        entry=${entry#*/}
        stage=${entry%%/*} first=${entry##*/} copy=${entry#*/}
        copy=${copy%/*}
        "$@" "$copy"
    done
}

# What the target is at the stage.
from_ipchains_verdict() {
    case $target in
    '' | RETURN) verdict=$target; return ;;
    REDIRECT) from_ipchains_refuse "no translation for REDIRECT while the script runs" ;;
    esac
    verdict=''
    for entry in $_fi_copies; do
        case $entry in "$target/$stage"/*) verdict=${entry%/*} verdict=${verdict##*/} ;; esac
    done
    [ -n "$verdict" ] || verdict=$(iptables_target "$stage" "$target")
    [ -n "$verdict" ] || exit 2
}

# The rules of one copy.
from_ipchains_rule() {
    from_ipchains_verdict
    # No forwarded packet comes from the loopback device or goes there.
    case $stage,$device in input,lo | output,lo) ;; *,lo) return ;; esac
    case $stage$src in
    masqueraded?*) # The source of a masqueraded packet is the address of the device that it leaves by.
        # shellcheck disable=SC2086 # A `!` is a word of its own.
        for out in $(masqueraded_from $src $device); do from_ipchains_lines '' "$out"; done ;;
    *) from_ipchains_lines "$src" "$device" ;;
    esac
}

# The same with this source and device; what stands first in the chain is put there last.
from_ipchains_lines() {
    side=-o d=-d dp=--dport rule=''
    case $stage in
    input | entry) side=-i ;;
    reply) side=-i d=--ctrepldst dp=--ctrepldstport ;;
    relayed) side=-i d=--ctorigdst dp=--ctorigdstport ;;
    esac
    case $d,$dst$dport in --*,?*) rule='-m conntrack' ;; esac
    from_ipchains_test -p "$proto"
    from_ipchains_test "$side" "$2"
    from_ipchains_test -s "$1"
    from_ipchains_test --sport "$sport"
    from_ipchains_test "$d" "$dst"
    from_ipchains_test "$dp" "$dport"
    from_ipchains_test --icmp-type "$icmp"
    rule="$rule $syn $fragment"
    case $command in -I) set -- "$copy" "$first" ;; *) set -- "$copy" ;; esac
    [ "$command" = -I ] || from_ipchains_log "$@"
    # shellcheck disable=SC2086 # The rule and its verdict are several words.
    from_ipchains_run "$command" "$@" $rule ${verdict:+-j $verdict}
    [ "$command" != -I ] || from_ipchains_log "$@"
}

from_ipchains_test() {
    case $2 in '') ;; !*) rule="$rule ! $1 ${2#! }" ;; *) rule="$rule $1 $2" ;; esac
}

from_ipchains_log() {
    # shellcheck disable=SC2086
    [ -z "$log" ] || from_ipchains_run "$command" "$@" $rule -j LOG --log-level info \
        --log-prefix "$(printf '%.29s' "$chain ${target:--} ")"
}

# Sets the policy: that of the kernel, and the rules that stand for it.
from_ipchains_policy() {
    policy=$(iptables_target policy "$target")
    [ -n "$policy" ] || exit 2
    case $chain,$target in
    input,REJECT) from_ipchains_refuse "no translation for the policy REJECT of input while the script runs" ;;
    input,*) from_ipchains_run -P INPUT "$policy" ;;
    output,*) from_ipchains_run -P OUTPUT "$policy" ;;
    esac
    # Without its rules FORWARD lets pass only what every policy does.
    case $chain$policy,${_fi_joints-} in forward*, | *DROP,?*) from_ipchains_run -P FORWARD "$policy" ;; esac
    for entry in ${_fi_joints-}; do
        case $entry in "$chain"/*) ;; *) continue ;; esac
        entry=${entry#*/}
        copy=${entry#*/}
        # The rules may not be there yet; they come with the policies of that time.
        # shellcheck disable=SC2046 # A verdict may be several words.
        $FROM_IPCHAINS -R "${copy%/*}" "${entry##*/}" -j $(iptables_target "${entry%%/*}" "$target") 2>/dev/null || :
    done
}
