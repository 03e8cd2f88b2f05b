# from_ipchains WORDS: runs the iptables commands that do what `ipchains WORDS` did.
# It is for commands whose words are known only while the script runs. The status is 0,
# that of the last iptables that failed, or 2 with a message for what has no translation.
# _fi_copies lists the chains that stand for a chain of ipchains, as CHAIN/STAGE/COPY, and
# _fi_joints the rules that are policies, as CHAIN/STAGE/COPY/NUMBER. A chain that is not
# listed counts as part of input. It works in a subshell, so that no variable and no option
# of the script changes.
from_ipchains() { (set +eu -f; unset IFS; from_ipchains_words "$@"); }

# Reads the words one option at a time, in the order in which ipchains read them.
from_ipchains_words() {
    : "${FROM_IPCHAINS:=iptables}"
    _fi_status=0
    while [ $# -gt 0 ]; do
        _fi_word=$1 _fi_value='' _fi_used=0
        shift
        [ "$_fi_word" != ! ] || { _fi_not=!$_fi_not; continue; }
        from_ipchains_letter "$_fi_word"
        case $_fi_letter in
        [bflnvxyhMV03]) # What is joined to a letter without a value is further letters.
            [ -z "$_fi_joined" ] || set -- "-$_fi_joined" "$@" ;;
        [psdi12]) # Of these ipchains never read a joined value.
            [ -z "$_fi_joined" ] || from_ipchains_refuse "$_fi_joined must be a word of its own"
            [ "${1-}" != ! ] || { _fi_not=!$_fi_not; shift; } ;;
        *)  [ -z "$_fi_joined" ] || set -- "$_fi_joined" "$@" ;;
        esac
        case $_fi_not$_fi_letter${1-} in
        !!* | ![!psdi12yf]* | [psdi12]!*) from_ipchains_refuse "misplaced ! at $_fi_word" ;;
        esac
        case $_fi_letter in
        [bflnvxyhMV03]) ;;
        [FLXZo]) case ${1--} in [-!]*) ;; *) _fi_value=$1; shift ;; esac ;;
        *)  [ $# -gt 0 ] || from_ipchains_refuse "$_fi_word lacks its value"
            _fi_value=$1
            shift ;;
        esac
        from_ipchains_option "$@"
        [ $# -ge "$_fi_used" ] || from_ipchains_refuse "$_fi_word lacks a word"
        shift "$_fi_used"
        _fi_not=
    done
    from_ipchains_command
    return "$_fi_status"
}

from_ipchains_refuse() { printf 'from_ipchains: %s\n' "$*" >&2; exit 2; }

from_ipchains_run() { $FROM_IPCHAINS "$@" || _fi_status=$?; }

# Splits an option word into its letter and what is joined to it. A long option may be
# shortened as far as it stays clear; those without a letter of their own have a digit.
from_ipchains_letter() {
    _fi_letter='' _fi_joined=''
    case $1 in
    --*) ;;
    -[ACDFILMNPRSVXZbdfhijlmnopstvxy]*)
        _fi_joined=${1#-?} _fi_letter=${1%"${1#-?}"}
        _fi_letter=${_fi_letter#-}
        return ;;
    *)  from_ipchains_refuse "unexpected word $1" ;;
    esac
    for _fi_long in A:append I:insert R:replace D:delete L:list F:flush Z:zero N:new-chain \
        X:delete-chain P:policy C:check M:masquerading S:set h:help V:version p:protocol \
        s:source s:src d:destination d:dst 1:source-port 1:sport 1:icmp-type \
        2:destination-port 2:dport i:interface j:jump y:syn f:fragments b:bidirectional \
        l:log m:mark t:TOS o:output v:verbose n:numeric x:exact 3:line-numbers 0:no-warnings
    do
        case --${_fi_long#??} in
        "${1%%=*}") _fi_letter=${_fi_long%%:*}; break ;;
        "${1%%=*}"*) _fi_letter=$_fi_letter${_fi_long%%:*} ;;
        esac
    done
    case $_fi_letter in ?) ;; *) from_ipchains_refuse "unclear option $1" ;; esac
    case $1 in *=*) _fi_joined=${1#*=} ;; esac
}

# Notes one option; the arguments are the words after it, of which it uses _fi_used.
# A test is kept as its value, with a `!` in front if negated, and empty if there is none.
from_ipchains_option() {
    case $_fi_letter in
    [AIDRNPFLXZCMShV]) # Commands add up, as in -L -Z; what makes no sense is refused later.
        _fi_command=$_fi_command$_fi_letter _fi_chain=$_fi_chain$_fi_value
        case $_fi_letter${1--} in
        [IDR][-!]*) ;;
        [IDR]*) _fi_number=$1 _fi_used=1
            case $1 in *[!0-9]*) from_ipchains_refuse "$1 is no rule number" ;; esac ;;
        P*) _fi_target=${1-} _fi_used=1 ;;
        S*) _fi_fin=${1-} _fi_udp=${2-} _fi_used=2 ;;
        esac ;;
    [nvx]) _fi_list=${_fi_list:--}$_fi_letter ;;
    3)  _fi_numbers=y ;;
    p)  case $_fi_value in
        0 | [Aa][Ll][Ll]) _fi_value= ;;
        6 | [Tt][Cc][Pp]) _fi_value=tcp ;;
        17 | [Uu][Dd][Pp]) _fi_value=udp ;;
        1 | [Ii][Cc][Mm][Pp]) _fi_value=icmp ;;
        esac
        _fi_proto=$_fi_not$_fi_value ;;
    i)  [ "$_fi_value" != + ] || _fi_value=
        _fi_device=$_fi_not$_fi_value ;;
    [sd]) from_ipchains_address "$_fi_value"
        case $_fi_letter in s) _fi_src=$_fi_not$_fi_value ;; d) _fi_dst=$_fi_not$_fi_value ;; esac
        case ${1--} in !) _fi_not=! _fi_port=${2--} ;; *) _fi_not='' _fi_port=${1--} ;; esac
        case $_fi_port in [-!]*) ;; *) from_ipchains_port; _fi_used=$((${#_fi_not} + 1)) ;; esac ;;
    [12]) _fi_port=$_fi_value; from_ipchains_port ;;
    y)  _fi_syn=${_fi_not}y ;;
    f)  _fi_fragment=${_fi_not}f ;;
    b)  _fi_both=y ;;
    l)  _fi_log=y ;;
    m)  _fi_mark=$_fi_value ;;
    t)  _fi_and=${_fi_value#0x} _fi_xor=${1-} _fi_used=1
        _fi_xor=${_fi_xor#0x}
        case $_fi_and/$_fi_xor in
        *[!0-9a-fA-F/]* | /* | */) from_ipchains_refuse "-t wants two hexadecimal bytes" ;;
        esac ;;
    o)  _fi_copy=y _fi_size=$_fi_value ;;
    j)  _fi_target=$_fi_value
        case $_fi_value${1--} in REDIRECT[-!]*) ;; REDIRECT*) _fi_to=$1 _fi_used=1 ;; esac ;;
    esac
}

# Notes the port _fi_port. Naming every port would make iptables pass over fragments,
# and only a fragment is outside of every port.
from_ipchains_port() {
    case $_fi_port,$_fi_not,$_fi_letter in
    :,,? | 0:,,? | :65535,,? | 0:65535,,?) ;;
    :,!,? | 0:,!,? | :65535,!,? | 0:65535,!,?) _fi_fragment=f ;;
    *[s1]) _fi_sport=$_fi_not$_fi_port ;;
    *) _fi_dport=$_fi_not$_fi_port ;;
    esac
}

# Writes an address as iptables wants it: nothing for every address, and four decimal
# parts; ipchains put the missing ones before the last, iptables reads 010 as octal.
from_ipchains_address() {
    case $1 in
    */0 | */0.0.0.0) _fi_value=; return ;;
    */*) _fi_value=.${1%/*} _fi_mask=/${1##*/} ;;
    *) _fi_value=.$1 _fi_mask= ;;
    esac
    case $_fi_value in
    *[!0-9.]* | .*.*.*.*) ;;
    .*.*.*) _fi_value=${_fi_value%.*}.0.${_fi_value##*.} ;;
    .*.*) _fi_value=${_fi_value%.*}.0.0.${_fi_value##*.} ;;
    *) _fi_value=.0.0.0$_fi_value ;;
    esac
    while case $_fi_value in *[!0-9.]*) false ;; *.0[0-9]*) ;; *) false ;; esac; do
        _fi_word=${_fi_value%%.0[0-9]*}
        _fi_value=$_fi_word.${_fi_value#"$_fi_word".0}
    done
    _fi_value=${_fi_value#.}$_fi_mask
}

# Prints STAGE/COPY for each chain that stands for the chain $1.
from_ipchains_copies() {
    _fi_found=
    for _fi_entry in ${_fi_copies-}; do
        case $_fi_entry in "$1"/*) _fi_found=y; echo "${_fi_entry#*/}" ;; esac
    done
    case $_fi_found$1 in
    y*) ;;
    input) echo input/INPUT ;;
    forward) echo forward/FORWARD ;;
    output) echo output/OUTPUT ;;
    *) echo "input/$1" ;;
    esac
}

# Carries out the command that the words named.
from_ipchains_command() {
    case $_fi_chain in
    input) _fi_mangle=PREROUTING ;;
    forward) _fi_mangle=FORWARD ;;
    output) _fi_mangle=POSTROUTING ;;
    esac
    case $_fi_command in *LZ | ZL) _fi_zero=y ;; esac
    case $_fi_command/$_fi_chain in
    [AIDR]/*) from_ipchains_both ;;
    P/*) from_ipchains_policy ;;
    [FNXZ]/) from_ipchains_run "-$_fi_command"
        [ "$_fi_command" != F ] || for _fi_table in nat mangle; do
            from_ipchains_run -t "$_fi_table" -F
        done ;;
    [FNXZ]/*) for _fi_entry in $(from_ipchains_copies "$_fi_chain"); do
            from_ipchains_run "-$_fi_command" "${_fi_entry#*/}"
        done ;;
    L/* | LZ/* | ZL/*) _fi_filter=$(from_ipchains_copies "$_fi_chain")
        _fi_filter=${_fi_filter%%[!a-zA-Z0-9/_+.-]*}
        from_ipchains_run -L ${_fi_chain:+"${_fi_filter#*/}"} ${_fi_list:+"$_fi_list"} \
            ${_fi_numbers:+--line-numbers} ${_fi_zero:+-Z} ;;
    [hV]/*) from_ipchains_run "-$_fi_command" ;;
    S/* | MS/* | SM/*) from_ipchains_timeouts "tcp_timeout_established=$_fi_chain" \
        "tcp_timeout_fin_wait=$_fi_fin" "udp_timeout=$_fi_udp" "udp_timeout_stream=$_fi_udp" ;;
    *) from_ipchains_refuse "no translation for the command -$_fi_command" ;;
    esac
}

# Sets the timeouts of masqueraded connections; zero leaves one as it is.
from_ipchains_timeouts() {
    for _fi_pair do
        case $_fi_pair in *=0) continue ;; esac
        sysctl -w "net.netfilter.nf_conntrack_$_fi_pair" || _fi_status=$?
    done
}

# iptables has no policies but ACCEPT and DROP. A REJECT rule for the end of INPUT would
# stand before all rules that the script still appends, so that REJECT becomes silent there.
from_ipchains_policy() {
    case $_fi_target,$_fi_chain in
    ACCEPT,* | MASQ,forward) _fi_drop=ACCEPT ;;
    DENY,* | DROP,* | REJECT,output) _fi_drop=DROP ;;
    REJECT,*) _fi_drop=DROP
        [ "$_fi_chain" != input ] ||
            echo "from_ipchains: the policy of input drops without REJECT's answer" >&2 ;;
    *) from_ipchains_refuse "$_fi_target is no policy of $_fi_chain" ;;
    esac
    case $_fi_chain in
    input) from_ipchains_run -P INPUT "$_fi_drop" ;;
    output) from_ipchains_run -P OUTPUT "$_fi_drop" ;;
    esac
    # Without its rules FORWARD lets pass only what every policy does.
    case $_fi_chain$_fi_drop,${_fi_joints-} in
    forward*, | *DROP,?*) from_ipchains_run -P FORWARD "$_fi_drop" ;;
    esac
    for _fi_entry in ${_fi_joints-}; do
        case $_fi_entry in "$_fi_chain"/*) ;; *) continue ;; esac
        _fi_number=${_fi_entry##*/}
        _fi_filter=${_fi_entry%/*}
        from_ipchains_stage "${_fi_filter#*/}"
        # The rules may not be there yet; they come with the policies of that time.
        # shellcheck disable=SC2086 # A verdict may be several words.
        $FROM_IPCHAINS -R "$_fi_hook" "$_fi_number" -j $_fi_verdict 2>/dev/null || :
    done
}

# Takes apart STAGE/COPY: what the target is there, how the device is tested, and by which
# options the destination.
from_ipchains_stage() {
    _fi_stage=${1%%/*} _fi_hook=${1#*/} _fi_d=-d _fi_dp=--dport _fi_side=-o _fi_onward=ACCEPT
    for _fi_next in ${_fi_onwards-}; do
        case $_fi_next in "$_fi_stage"/*) _fi_onward=${_fi_next#*/} ;; esac
    done
    case $_fi_stage in
    input | entry) _fi_side=-i ;;
    reply) _fi_side=-i _fi_d=--ctrepldst _fi_dp=--ctrepldstport ;;
    relayed) _fi_side=-i _fi_d=--ctorigdst _fi_dp=--ctorigdstport ;;
    esac
    case $_fi_target,$_fi_stage in
    ,*) _fi_verdict= ;;
    DENY,* | REJECT,output | REDIRECT,entry | REDIRECT,re* | REDIRECT,forward) _fi_verdict=DROP ;;
    REJECT,input | REJECT,entry | REJECT,re*) _fi_verdict=REJECT ;;
    REJECT,*) _fi_verdict="REJECT --reject-with icmp-host-unreachable" ;;
    MASQ,forward) _fi_verdict=masquerade ;;
    ACCEPT,* | MASQ,* | REDIRECT,*) _fi_verdict=$_fi_onward ;;
    *)  _fi_verdict=$_fi_target
        for _fi_next in ${_fi_copies-}; do
            case $_fi_next in "$_fi_target/$_fi_stage"/*) _fi_verdict=${_fi_next##*/} ;; esac
        done ;;
    esac
}

# Carries out a rule command, and with -b again for the other direction.
from_ipchains_both() {
    case $_fi_command$_fi_number in
    D?*) for _fi_entry in $(from_ipchains_copies "$_fi_chain"); do
            from_ipchains_run -D "${_fi_entry#*/}" "$_fi_number"
        done
        return ;;
    R) from_ipchains_refuse "-R lacks its number" ;;
    esac
    _fi_outside=$_fi_mark$_fi_and
    case $_fi_target,$_fi_chain,$_fi_proto in
    MASQ,forward,* | REDIRECT,input,tcp | REDIRECT,input,udp) _fi_outside=$_fi_target ;;
    MASQ,* | REDIRECT,*) from_ipchains_refuse "$_fi_target in $_fi_chain for protocol ${_fi_proto:-all}" ;;
    esac
    case $_fi_command$_fi_mangle,$_fi_outside,$_fi_mark in
    *,[+-]*) from_ipchains_refuse "the mark $_fi_mark adds to the one before" ;;
    ?,?*,*) from_ipchains_refuse "-m or -t in the chain $_fi_chain" ;;
    R*,?*,*) from_ipchains_refuse "-R of a rule that needs another table" ;;
    esac
    # The negation of every address or interface holds for no packet.
    case " $_fi_src $_fi_dst $_fi_device " in *' ! '*) return ;; esac
    case $_fi_proto,$_fi_sport$_fi_dport in
    icmp,*) from_ipchains_icmp ;;
    tcp,* | udp,* | *,) ;;
    *)  from_ipchains_refuse "ports need -p tcp, udp or icmp" ;;
    esac
    from_ipchains_once
    [ -n "$_fi_both" ] || return 0
    _fi_word=$_fi_src _fi_src=$_fi_dst _fi_dst=$_fi_word
    _fi_word=$_fi_sport _fi_sport=$_fi_dport _fi_dport=$_fi_word
    from_ipchains_once
}

# Runs the iptables commands of one rule; the verdict comes last, as the others go on.
from_ipchains_once() {
    for _fi_entry in $(from_ipchains_copies "$_fi_chain"); do
        from_ipchains_stage "$_fi_entry"
        # No forwarded packet comes from the loopback device or goes there.
        case $_fi_device,$_fi_stage in lo,input | lo,output) ;; lo,*) continue ;; esac
        case $_fi_stage$_fi_src in
        masqueraded?*) from_ipchains_disguised ;;
        *) from_ipchains_filter ;;
        esac
    done
    _fi_d=-d _fi_dp=--dport
    case $_fi_chain in input) _fi_side=-i ;; *) _fi_side=-o ;; esac
    [ -z "$_fi_mark" ] || from_ipchains_rule mangle "$_fi_mangle" -j MARK --set-mark "$_fi_mark"
    [ -z "$_fi_and" ] || from_ipchains_rule mangle "$_fi_mangle" -j TOS --set-tos \
        "$(printf '0x%02x/0x%02x' $((0x$_fi_xor)) $((~0x$_fi_and & 255)))"
    case $_fi_to in 0) _fi_to= ;; esac
    [ "$_fi_target" != REDIRECT ] ||
        from_ipchains_rule nat PREROUTING -j REDIRECT ${_fi_to:+--to-ports "$_fi_to"}
}

# Runs the rules of one chain of the filter table.
from_ipchains_filter() {
    _fi_at=$_fi_number
    [ -z "$_fi_log" ] || from_ipchains_rule filter "$_fi_hook" -j LOG --log-level info \
        --log-prefix "$(printf '%.29s' "$_fi_chain ${_fi_target:--} ")"
    [ -z "$_fi_copy" ] || from_ipchains_rule filter "$_fi_hook" -j NFLOG \
        ${_fi_size:+--nflog-size "$_fi_size"}
    from_ipchains_rule filter "$_fi_hook" ${_fi_verdict:+-j $_fi_verdict}
}

# The same for masqueraded packets, whose source is the address of the device they leave by.
from_ipchains_disguised() {
    _fi_source=$_fi_src _fi_name=$_fi_device _fi_src=''
    case $_fi_source in !*) set -- ! "${_fi_source#!}" ;; *) set -- "$_fi_source" ;; esac
    for _fi_device in $(masqueraded_from "$@"); do
        _fi_word=${_fi_name#!}
        case $_fi_word in *+) _fi_word=${_fi_word%+}'*' ;; esac
        case $_fi_name,$_fi_device in
        ,*) from_ipchains_filter ;;
        !*,$_fi_word) ;;
        !*,* | *,$_fi_word) from_ipchains_filter ;;
        esac
    done
    _fi_src=$_fi_source _fi_device=$_fi_name
}

# Runs one rule: from_ipchains_rule TABLE CHAIN [TARGET WORDS]. The tests are pairs of a
# flag and its value, which move behind the target's words, and then those behind them.
from_ipchains_rule() {
    _fi_table=$1 _fi_hook=$2 _fi_words=$(($# - 2))
    shift 2
    set -- -p "$_fi_proto" "$_fi_side" "$_fi_device" -s "$_fi_src" --sport "$_fi_sport" \
        "$_fi_d" "$_fi_dst" "$_fi_dp" "$_fi_dport" --icmp-type "$_fi_icmp" "$@"
    for _fi_pair in 1 2 3 4 5 6 7; do
        case $2 in
        '') ;;
        !*) set -- "$@" ! "$1" "${2#!}" ;;
        *) set -- "$@" "$1" "$2" ;;
        esac
        shift 2
    done
    case $_fi_syn in
    y) set -- "$@" --tcp-flags SYN,RST,ACK SYN ;;
    !y) set -- "$@" ! --tcp-flags SYN,RST,ACK SYN ;;
    esac
    case $_fi_fragment in f) set -- "$@" -f ;; !f) set -- "$@" ! -f ;; esac
    [ -z "$_fi_u32" ] || set -- "$@" -m u32 --u32 "$_fi_u32"
    while [ "$_fi_words" -gt 0 ]; do
        _fi_words=$((_fi_words - 1))
        _fi_word=$1
        shift
        set -- "$@" "$_fi_word"
    done
    case $_fi_d,$_fi_dst$_fi_dport in --*,?*) set -- -m conntrack "$@" ;; esac
    # Only in the filter table do the rules stand where ipchains had them.
    case $_fi_command,$_fi_table,$_fi_number in
    R,filter,*) set -- -R "$_fi_hook" "$_fi_at" "$@"; _fi_command=I _fi_at=$((_fi_at + 1)) ;;
    I,filter,*) set -- -I "$_fi_hook" ${_fi_at:+"$_fi_at"} "$@"; _fi_at=$((${_fi_at:-1} + 1)) ;;
    I,*, | I,*,1) set -- -I "$_fi_hook" "$@" ;;
    D,*) set -- -D "$_fi_hook" "$@" ;;
    *)  set -- -A "$_fi_hook" "$@" ;;
    esac
    [ "$_fi_table" = filter ] || set -- -t "$_fi_table" "$@"
    from_ipchains_run "$@"
}

# Turns type and code, which stand in the ports' places, into one iptables test.
from_ipchains_icmp() {
    case $_fi_sport/$_fi_dport in
    *255*/* | *:* | */!* | /?* | !*/?*) # --icmp-type has no ranges, and 255 means any.
        _fi_u32=${_fi_sport:+"0>>22&0x3C@0>>24=$(from_ipchains_set "$_fi_sport")"}
        _fi_u32=$_fi_u32${_fi_u32:+${_fi_dport:+ && }}
        _fi_u32=$_fi_u32${_fi_dport:+"0>>22&0x3C@0>>16&0xFF=$(from_ipchains_set "$_fi_dport")"} ;;
    *)  _fi_icmp=$_fi_sport${_fi_dport:+/$_fi_dport} ;;
    esac
    _fi_sport='' _fi_dport=''
}

# Prints the bytes that a number or range, perhaps negated, stands for.
from_ipchains_set() {
    _fi_low=${1#!} _fi_high=${1#!}
    _fi_low=${_fi_low%%:*} _fi_high=${_fi_high##*:}
    : "${_fi_low:=0}" "${_fi_high:=255}"
    [ "$_fi_high" -lt 255 ] || _fi_high=255
    case $1 in
    !*) [ "$_fi_low" = 0 ] || printf '0:%d' $((_fi_low - 1))
        [ "$_fi_low" = 0 ] || [ "$_fi_high" = 255 ] || printf ,
        [ "$_fi_high" = 255 ] || printf '%d:255' $((_fi_high + 1)) ;;
    *)  printf '%s:%s' "$_fi_low" "$_fi_high" ;;
    esac
}
