# from_ipchains WORDS: runs the iptables commands that do what `ipchains WORDS` did, for words that are only
# known while the script runs. What cannot be done exactly then is refused with a message and the status 2.
# It is a subshell, so that no variable and no option of the script changes.
from_ipchains() (
    set +eu -f; unset IFS
    : "${FROM_IPCHAINS:=iptables}" #: program
    seen=' ' option='' not='' command='' chain='' target='' proto='' rule='' sport='' dport='' number=''
    refuse() { echo "from_ipchains: $*" >&2; exit 2; }
    once() { case $seen in *" $1 "*) refuse "$1 twice" ;; esac; seen="$seen$1 "; }
    case " $*" in *[\ ./:]0[0-9]*) refuse "iptables would read a number as octal in $*" ;; esac
    for word; do
        case $word in --*port) ;; --icmp-type) word=--sport ;; --syn) word=-y ;; --*) word=$(printf %.2s "${word#-}") ;; esac #: long
        case $not$word,$option in
        !,*) not='! '; continue ;;
        ,* | '! ,'* | '! !,'* | -*,-* | '! -'*,-*) refuse "$option has no value" ;;
        -* | '! -'*) once "$word"; option=$word ;;
        *,[sd]port) option=--$option; once "$option" ;; #: --sport --dport
        esac
        test=" $not$option $word" next=''
        case $option,$word in # Every packet passes these; a test for all ports would let iptables pass over fragments. #: any
        -[sd],*/0 | -[sd],*/0.0.0.0 | --[sd]port,: | --[sd]port,0: | --[sd]port,:65535 | --[sd]port,0:65535 | -p,0 | -p,all | -p,ALL | -i,+) #: any
            [ -z "$not" ] || refuse "no packet passes$test" #: any
            test='' ;; #: any
        esac #: any
        case $not$option,$word in
        -[blv],-*) ;;
        -y,-* | '! -y',-*) rule="$rule $not--tcp-flags SYN,RST,ACK SYN" ;; #: -y
        -f,-* | '! -f',-*) rule="$rule $not-f" ;; #: -f
        *,-*) continue ;; # Its value follows.
        -[ADFINPXZ],*) once command; command=$option chain=$word next=${option#-} ;;
        P,*) target=$word ;; #: -P
        I,1) ;; #: -I
        [ID],*) refuse "which rule has the number $word is not known" ;; #: -I -D
        -j,*) target=$word ;; #: -j
        *-p,*) proto=$word rule="$test$rule" ;; #: -p
        *-i,*) rule="$rule$test" ;; #: -i
        *-[sd],*) #: -s -d
            case $test,${word%/*} in ,* | *,*[!0-9.]* | *,*.*.*.*) ;; *) refuse "$word has not four parts" ;; esac #: -s -d
            rule="$rule$test" next=${option#-}port ;; #: -s -d
        *--sport,*) sport=$test ;; #: --sport
        *--dport,*) dport=$test ;; #: --dport
        *) refuse "no translation for$test" ;;
        esac
        not='' option=$next
    done
    case $not$option$seen in '-F -F ' | '-X -X ' | '-Z -Z ') command=$option option='' chains=all ;; *) chains=one ;; esac #: all
    case $not$option in -* | '! '*) refuse "$not$option has no value" ;; esac
    case $proto in #: icmp
    [iI][cC][mM][pP] | 1) # --icmp-type has no ranges, and 255 means any. #: icmp
        case $sport,$dport in *255* | *:* | ,?* | *!*,?* | *,*!*) refuse "no test for the ICMP types$sport$dport" ;; esac #: icmp
        sport=${sport:+${sport%--*}--icmp-type ${sport##* }${dport:+/${dport##* }}} dport='' ;; #: icmp
    esac #: icmp
    rule="$rule$sport$dport "
    changed() { # PAIRS: the rule with the second word of each pair in the place of the first. #: changed
        for word in $rule; do #: changed
            case $1 in *" $word:"*) word=${1#*" $word:"} word=${word%% *} ;; esac #: changed
            printf '%s ' "$word" #: changed
        done #: changed
    } #: changed
    run() { # CHAIN TARGET PAIRS NUMBER: the command for a chain of iptables, where some words are others. #: !stages
    run() { # CHAIN STAGE PAIRS NUMBER: the command for a chain of iptables, where some words are others. #: stages
        case $command$1 in #: -F -N -X -Z
#: heads
        -[FNXZ]*) $FROM_IPCHAINS "$command" "$1" || exit; return ;; #: -F -N -X -Z
        esac #: -F -N -X -Z
        tests=$rule #: !pairs
        tests=$(changed " ${3-} ") #: pairs
        case $tests in *--ct*) tests="-m conntrack $tests" ;; esac #: connection
        [ "$command" != -I ] || number=${4:-1} #: -I
        case $seen in *' -l '*) #: -l
            $FROM_IPCHAINS "$command" "$1" $number $tests -j LOG --log-level info \ #: -l
                --log-prefix "$(printf %.29s "$chain ${target:--} ")" || exit #: -l
            number=${number:+$((number + 1))} #: numbered
        esac #: -l
        $FROM_IPCHAINS "$command" "$1" $number $tests ${target:+-j $2} || exit #: !stages
        $FROM_IPCHAINS "$command" "$1" $number $tests ${target:+-j $(iptables_target "$2" "$target")} || exit #: stages
    }
    take() { # OPTION: takes it and its value out of the rule; the value is `taken`. #: masqueraded
        before=${rule%%" $1 "*} after=${rule#*" $1 "} taken='' #: masqueraded
        [ "$before" != "$rule" ] || return #: masqueraded
        taken=${after%% *} #: masqueraded
        case $before in *' !') before=${before% !} taken="! $taken" ;; esac #: masqueraded
        rule="$before ${after#* }" #: masqueraded
    } #: masqueraded
    # The same for masqueraded packets, which have the address of their device, and a port from 61000 on. #: masqueraded
    masqueraded() ( #: masqueraded
        take --sport #: masqueraded
        low=${taken#! } high=${low##*:} low=${low%%:*} #: masqueraded
        if [ "${low:-0}" -le 61000 ] && [ "${high:-65535}" -ge 65095 ]; then fits=y #: masqueraded
        elif [ "${low:-0}" -gt 65095 ] || [ "${high:-65535}" -lt 61000 ]; then fits=n #: masqueraded
        else refuse "whether a masqueraded packet has the source port $taken is not known"; fi #: masqueraded
        case $fits$taken in y!* | n[!!]*) exit 0 ;; esac #: masqueraded
        take -s #: masqueraded
        [ -n "$taken" ] || { run "$@"; exit; } #: masqueraded
        source=$taken #: masqueraded
        take -i #: masqueraded
        others=$rule #: masqueraded
        for device in $(masqueraded_from $source $taken); do rule="$others-o $device "; run "$@"; done #: masqueraded
    ) #: masqueraded
#: chains
#: policies
    case $chains in all) # The built-in chains with their copies, then every chain that the script has made. #: all
        [ "$command" = -X ] || for chain in input forward output; do each; done #: all
        for chain in $($FROM_IPCHAINS -S | sed -n 's/^-N //p'); do #: all
#: own
            $FROM_IPCHAINS "$command" "$chain" || chains=some #: all
        done #: all
        [ $chains = all ]; exit ;; #: all
    esac #: all
    each
    case $seen in *' -b '*) rule=" $(changed ' -s:-d -d:-s --sport:--dport --dport:--sport ')"; each ;; esac #: -b
)
