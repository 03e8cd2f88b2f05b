# from_ipchains WORDS: runs the iptables commands that do what `ipchains WORDS` did, for words that are only
# known while the script runs. What cannot be done exactly then is refused with a message and the status 2.
# It is a subshell, so that no variable and no option of the script changes.
from_ipchains() (
    set +eu -f; unset IFS
    : "${FROM_IPCHAINS:=iptables}" #: program
    seen=' ' option='' not='' command='' chain='' target='' proto='' rule='' sport='' dport=''
    number='' place='' mark='' tos='' size='' port='' table=''
    refuse() { echo "from_ipchains: $*" >&2; exit 2; }
    once() { case $seen in *" $1 "*) refuse "$1 twice" ;; esac; seen="$seen$1 "; }
    for word; do # Options may share a word, the last one with its value. #: joined
        shift #: joined
        while rest=${word#-[bflvy]} && [ -n "$rest" ] && [ "$rest" != "$word" ]; do #: joined
            set -- "$@" "${word%"$rest"}"; word=-$rest #: joined
        done #: joined
        rest=${word#-[ADFIjmNoPRtXZ]} #: joined
        case $rest in '' | "$word") ;; *) set -- "$@" "${word%"$rest"}"; word=$rest ;; esac #: joined
        set -- "$@" "$word" #: joined
    done #: joined
    for word; do
        case $word in --*port) ;; --icmp-type) word=--sport ;; --syn) word=-y ;; --*) word=$(printf %.2s "${word#-}") ;; esac #: long
        case $not$word,$option in
        !,*) not='! '; continue ;;
        ,* | '! ,'* | '! !,'* | -*,-* | '! -'*,-*) refuse "$option has no value" ;;
        -* | '! -'*) once "$word"; option=$word ;;
        *,[sd]port) option=--$option; once "$option" ;; #: --sport --dport
        esac
        case $option,${word%%/*} in -[sd],*[!0-9.]* | -[sd],*.*.*.*) ;; #: -s -d
        -[sd],*[0-9]) # The C library takes the last part for all that are left: 10.1 is 10.0.0.1. #: -s -d
            low=${word%%/*} rest='' #: -s -d
            high=${low%"${low##*.}"} low=$((${low##*.})) #: -s -d
            until case $high$rest in *.*.*.*) ;; *) false ;; esac; do rest=.$((low & 255))$rest low=$((low >> 8)); done #: -s -d
            word=$high$low$rest${word#"${word%%/*}"} ;; #: -s -d
        esac #: -s -d
        case $option,$word in -[sd],*[!0-9./]*) ;; # To iptables a number with a 0 in front would be octal. #: any redirect
        -[sd],0[0-9]* | -[sd],*[./]0[0-9]* | -p,0[0-9]* | --?port,0[0-9]* | --?port,*:0[0-9]* | j,0[0-9]*) #: any redirect
            word=$(echo ".$word" | sed 's/\([./:]\)00*\([0-9]\)/\1\2/g') word=${word#.} ;; #: any redirect
        esac #: any redirect
        test=" $not$option $word" next=''
        case $option,$word in #: any
        -[sd],*/0 | -[sd],*/0.0.0.0 | --[sd]port,: | --[sd]port,0: | --[sd]port,:65535 | --[sd]port,0:65535 | -p,0 | -p,all | -p,ALL | -i,+) #: any
            word=/all ;; #: any
        --[sd]port,*[!0-9:]*) ;; #: --sport --dport
        --[sd]port,?*:?*) [ "${word%:*}" -le "${word#*:}" ] || word=/none ;; #: --sport --dport
        esac #: any
        case $not$option,$word in # iptables refuses to ask for nothing; a test for all ports would pass over fragments. #: any
        '! -p',/all) refuse "ipchains takes no$test" ;; #: -p
        '! --'*,/all) rule="$rule -f" test='' ;; #: --sport --dport
        '! --'*,/none) rule="$rule ! -f" test='' ;; #: --sport --dport
        '! '*,/all | *,/none) rule="$rule -m mark --mark 1/0" test='' ;; #: any
        *,/all) test='' ;; #: any
        esac #: any
        case $not$option,$word in
        -[blv],-*) ;;
        -y,-* | '! -y',-*) rule="$rule $not--tcp-flags SYN,RST,ACK SYN" ;; #: -y
        -f,-* | '! -f',-*) rule="$rule $not-f" ;; #: -f
        -o,-*) next=o ;; #: -o
        *,-*) continue ;; # Its value follows.
        o,*) size=$word ;; #: -o
        -m,*) mark=$word ;; #: -m
        -t,*) tos=$word next=t ;; #: -t
        t,*) tos="$tos $word" ;; #: -t
        -[ADFINPRXZ],*) once command; command=$option chain=$word next=${option#-} ;;
        P,*) target=$word ;; #: -P
        I,1) ;; #: -I
        [DIR],*) place=$word ;; #: places
        [DIR],*) refuse "which rule has the number $word is not known" ;; #: uncounted
        -j,REDIRECT) target=$word next=j ;; #: redirect
        -j,REDIRECT) refuse "no translation for -j REDIRECT" ;; #: unredirected
        j,0) ;; # The packet's own port. #: redirect
        j,*) port=$word ;; #: redirect
        -j,*) target=$word ;; #: -j
        *-p,*) proto=$word rule="$test$rule" ;; #: -p
        *-i,*) rule="$rule$test" ;; #: -i
        *-[sd],*) #: -s -d
            rule="$rule$test" next=${option#-}port ;; #: -s -d
        *--sport,*) sport=$test ;; #: --sport
        *--dport,*) dport=$test ;; #: --dport
        *) refuse "no translation for$test" ;;
        esac
        not='' option=$next
    done
    case $not$option$seen in '-F -F ' | '-X -X ' | '-Z -Z ') command=$option option='' chains=all ;; *) chains=one ;; esac #: all
    case $not$option in -* | '! '*) refuse "$not$option has no value" ;; esac
    u32() { # [!] OPTION LOW[:HIGH] PLACE: a test for types or codes, which stand at PLACE behind the header of IP. #: icmp
        [ -n "$1" ] || return 0 #: icmp
        word=${1##* } low=${word%%:*} high=${word##*:} #: icmp
        case $low$high in *[!0-9]*) refuse "a name is no part of a range of ICMP types:$1" ;; esac #: icmp
        [ "${high:=255}" -le 255 ] || high=255 #: icmp
        case $1 in #: icmp
        *!*) word=,$((high + 1)):255; [ "$high" -lt 255 ] || word=''; [ "${low:-0}" = 0 ] || word=,0:$((low - 1))$word ;; #: icmp
        *) word=,${low:-0}:$high ;; #: icmp
        esac #: icmp
        : "${word:=256}" # No packet has this one. #: icmp
        printf %s "&&0>>22&0x3C@0>>$2=${word#,}" #: icmp
    } #: icmp
    case $proto in #: icmp
    [iI][cC][mM][pP] | 1) #: icmp
        case $sport,$dport in #: icmp
        *255* | *:* | ,?* | *!*,?* | *,*!*) # --icmp-type has no ranges, and 255 means any. #: icmp
            sport=$(u32 "$sport" 24) && dport=$(u32 "$dport" '16&0xFF') || exit #: icmp
            sport=$sport$dport sport=" -m u32 --u32 ${sport#&&}" ;; #: icmp
        *) sport=${sport:+${sport%--*}--icmp-type ${sport##* }${dport:+/${dport##* }}} ;; #: icmp
        esac #: icmp
        dport='' ;; #: icmp
    esac #: icmp
    rule="$rule$sport$dport "
    changed() { # PAIRS: the rule with the second word of each pair in the place of the first. #: changed
        for word in $rule; do #: changed
            case $1 in *" $word:"*) word=${1#*" $word:"} word=${word%% *} ;; esac #: changed
            printf '%s ' "$word" #: changed
        done #: changed
    } #: changed
    case $command$place in -R) refuse "-R takes a number" ;; esac #: -R
    case $place in *[!0-9]* | 0*) refuse "ipchains takes no $place for the number of a rule" ;; esac #: places
#: served
    case $mark in [+-]*) refuse "no translation for -m $mark: which mark a packet has is not known" ;; esac #: -m
    if [ -n "$tos" ]; then #: -t
        word=${tos#"${tos%% *}"} word=${word# } word=${word#0x} tos=${tos%% *} tos=${tos#0x} #: -t
        case ,$tos,$word, in *[!0-9A-Fa-f,]* | *,,*) refuse "-t takes two bytes" ;; esac #: -t
        [ $((0x$tos & 1)),$((0x$word & 1)) = 1,0 ] || refuse "ipchains takes no -t $tos $word" #: -t
        tos=$(printf 0x%02x/0x%02x "$((0x$word))" $((~0x$tos & 255))) #: -t
    fi #: -t
    case $target,$proto in REDIRECT,[tTuU][cCdD][pP] | REDIRECT,6 | REDIRECT,17) ;; #: redirect
    REDIRECT,*) refuse "only TCP and UDP can be redirected" ;; esac #: redirect
    case $target,$chain in REDIRECT,forward | REDIRECT,output) refuse "ipchains takes no REDIRECT in $chain" ;; esac #: redirect_at_the_end
    found() { # FIRST: where the rule $place of the chain at hand begins, and in how many rules it is written; a rule that logs #: places
        # belongs to the next one, unless it has no target. Before FIRST stand rules of the way of forwarded packets. #: places
        $FROM_IPCHAINS -S "$into" | { #: places
            at=0 begin=$1 old=1 #: places
            while read -r word; do #: places
                case $word in -A*) at=$((at + 1)) ;; *) continue ;; esac #: places
                [ "$at" -ge "$1" ] || continue #: places
                case $word in *' -j LOG '*' - "'* | *' -j LOG '*':-:'*) ;; *' -j LOG '* | *' -j NFLOG '*) continue ;; esac #: places
                [ "$old" != "$place" ] || { echo "$begin" $((at - begin + 1)); exit; } #: places
                begin=$((at + 1)) old=$((old + 1)) #: places
            done #: places
            [ "$how$old" = "-I$place" ] || refuse "$chain has no rule $place" #: places
            echo "$begin 0" #: places
        } #: places
    } #: places
    add() { # WORDS: a rule with these at its end, for the chain at hand. #: !elsewhere
        $FROM_IPCHAINS "$how" "$into" $number $tests "$@" || exit #: !elsewhere
    add() { # WORDS: a rule with these at its end, for the table and chain at hand. #: elsewhere
        case $how$table in #: elsewhere
        # What was of no effect there was left out. #: elsewhere
        -D-*) $FROM_IPCHAINS $table -D "$into" $tests "$@" 2>/dev/null || : ;; #: elsewhere
        *) $FROM_IPCHAINS $table "$how" "$into" $number $tests "$@" || exit ;; #: elsewhere
        esac #: elsewhere
        number=${number:+$((number + 1))} #: numbered
    }
    run() { # CHAIN TARGET PAIRS NUMBER: the command for a chain of iptables, where some words are others. #: !stages
    run() { # CHAIN STAGE PAIRS NUMBER: the command for a chain of iptables, where some words are others. #: stages
        into=$1 how=$command
        case $table$how$into in #: -F -N -X -Z
#: heads
        *-[FNXZ]*) $FROM_IPCHAINS $table "$how" "$into" || exit; return ;; #: -F -N -X -Z
        esac #: -F -N -X -Z
        tests=$rule #: !pairs
        tests=$(changed " ${3-} ") #: pairs
        case $tests in *--ct*) tests="-m conntrack $tests" ;; esac #: connection
        [ "$how" != -I ] || number=${4:-1} #: -I
        if [ -n "$place" ]; then #: places
            number=$(found "${4:-1}") || exit #: places
            width=${number#* } number=${number% *} #: places
            for word in 1 2 3; do #: deleted_places
                [ "$how" = -I ] || [ "$word" -gt "$width" ] || $FROM_IPCHAINS -D "$into" "$number" || exit #: deleted_places
            done #: deleted_places
            [ "$how" != -D ] || return #: deleted_places
            how=-I #: deleted_places
        fi #: places
        case $seen in *' -l '*) #: -l
            add -j LOG --log-level info --log-prefix "$(printf %.29s "$chain ${target:--} ")" #: -l
        esac #: -l
        case $seen in *' -o '*) add -j NFLOG ${size:+--nflog-size "$size"} ;; esac #: -o
        case $target,$seen in ,*' -'[lo]' '*) return ;; esac # Its packets are counted already. #: -l -o
        add ${target:+-j $2} #: !stages
        add ${target:+-j $(iptables_target "$2" "$target")} #: asks
        # What is redirected is for the host, and never forwarded. #: asks_redirecting
        case $2,$target in #: asks_redirecting
        # It is laid in nat when the script ends, as the comment says. #: redirect_at_the_end
        input,REDIRECT) add -j ACCEPT -m comment --comment "redirect-to-${port:-same}"; return ;; #: redirect_at_the_end
        input,REDIRECT) word=ACCEPT ;; #: asks_redirecting_elsewhere
        output,REDIRECT | exit,REDIRECT | masqueraded,REDIRECT) word=ACCEPT ;; #: asks_redirecting
        *,REDIRECT) word=DENY ;; #: asks_redirecting
        *) word=$target ;; #: asks_redirecting
        esac #: asks_redirecting
        add ${target:+-j $(iptables_target "$2" "$word")} #: asks_redirecting
    }
    elsewhere() { # TABLE CHAIN PAIRS NUMBER JUMPS: the same in another table, where a rule changes packets or keeps them #: elsewhere
        # from rules that do. JUMPS are the chains that have a copy there, each with its name. #: elsewhere
        into=$2 how=$command table="-t $1" number='' #: elsewhere
        case $how in -[FNXZ]) run "$into"; table=''; return ;; -I) number=${4:-1} ;; esac #: elsewhere
        tests=$rule #: elsewhere
        tests=$(changed " ${3-} ") #: elsewhere_pairs
        case $1$seen in mangle*' -m '*) add -j MARK --set-mark "$mark" ;; esac #: -m
        case $1$seen in mangle*' -t '*) add -j TOS --set-tos "$tos" ;; esac #: -t
        case $1,$target in #: elsewhere
        *,) ;; #: elsewhere
        nat,REDIRECT) add -j REDIRECT ${port:+--to-ports "$port"} ;; #: redirect_elsewhere
        *,RETURN) add -j RETURN ;; #: elsewhere
        *,ACCEPT | *,DENY | *,REJECT | *,MASQ | *,REDIRECT) add -j ACCEPT ;; #: elsewhere
        *) case " ${5-}" in *" $target:"*) word=${5##*"$target:"}; add -j "${word%% *}" ;; esac ;; #: elsewhere
        esac #: elsewhere
        table='' number='' #: elsewhere
    } #: elsewhere
    copy() { # TABLE FROM TO: rules that keep what a rule of FROM ends the way of from those behind them in TO. #: lay
        $FROM_IPCHAINS -S "$2" | while read -r first _ rest; do #: lay
            case $first,$rest in #: lay
            *'--ctstate DNAT --ctdir ORIGINAL -j ACCEPT' | *'-j LOG'* | *'-j NFLOG'*) continue ;; #: lay
            -A,*'-j RETURN') word=RETURN ;; #: lay
            -A,*'-j ACCEPT' | -A,*'-j DROP' | -A,*'-j REJECT'*) word=ACCEPT ;; #: lay
            -A,*'-j '*) # A chain of the script. #: lay
                word=${rest##*-j } #: lay
                $FROM_IPCHAINS -t "$1" -N "$word" 2>/dev/null || $FROM_IPCHAINS -t "$1" -F "$word" || exit #: lay
                copy "$1" "$word" "$word" || exit #: lay
                word=${rest##*-j } ;; #: lay
            *) continue ;; #: lay
            esac #: lay
            eval "$FROM_IPCHAINS -t $1 -A $3 ${rest%-j *} -j $word" || exit #: lay
        done #: lay
    } #: lay
    lay() { # TABLE FROM TO PAIRS: the rule in another table, of which the script did not say that it uses it: what stands #: lay
        # before the rule in FROM is copied there first. #: lay
        case $1$target,$mark$tos in natREDIRECT,* | mangle*,?*) asked=y ;; *) asked='' ;; esac #: lay
        # Masqueraded packets have another source than the rules of OUTPUT ask for. #: lay_masqueraded
        case $asked$2,$rule$($FROM_IPCHAINS -S "$2" | sed -n -e '/ -s /p' -e '/ --sport /p' -e '/ -j ACCEPT$/d' -e '/ -j DROP$/d' \ #: lay_masqueraded
            -e '/ -j RETURN$/d' -e '/ -j N*LOG /d' -e '/ -j /s/.*/ -s /p') in #: lay_masqueraded
        yOUTPUT,*' -s '* | yOUTPUT,*' --sport '*) refuse "which source masqueraded packets have is not known" ;; #: lay_masqueraded
        esac #: lay_masqueraded
        case $command,$asked,$($FROM_IPCHAINS -t "$1" -S "$3" | sed -n 2p) in #: lay
        -F,*) $FROM_IPCHAINS -t "$1" -F "$3" || exit; return ;; #: lay
        -A,y,*) copy "$1" "$2" "$3" || exit ;; #: lay
        -I,y,* | -I,,?*) ;; #: lay
        -[DR],*,?*) refuse "which rules of the table $1 go with this one is not known" ;; #: lay
        *) return ;; #: lay
        esac #: lay
        elsewhere "$1" "$3" "${4-}" #: lay
    } #: lay
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
        [ -n "$taken" ] || { "$@"; exit; } #: masqueraded
        source=$taken #: masqueraded
        take -i #: masqueraded
        others=$rule #: masqueraded
        for device in $(masqueraded_from $source $taken); do rule="$others-o $device "; "$@"; done #: masqueraded
    ) #: masqueraded
#: chains
#: policies
    case $chains in all) # The built-in chains with their copies, then every chain that the script has made. #: all
        [ "$command" = -X ] || for chain in input forward output; do each; done #: all
        for chain in $($FROM_IPCHAINS -S | sed -n 's/^-N //p'); do #: all_filter
        for table in '' '-t nat' '-t mangle'; do for chain in $($FROM_IPCHAINS $table -S | sed -n 's/^-N //p'); do #: all_tables
#: own
            $FROM_IPCHAINS $table "$command" "$chain" || chains=some #: all
        done #: all_filter
        done; done #: all_tables
        [ $chains = all ]; exit ;; #: all
    esac #: all
    each
    case $seen in *' -b '*) rule=" $(changed ' -s:-d -d:-s --sport:--dport --dport:--sport ')"; each ;; esac #: -b
)
