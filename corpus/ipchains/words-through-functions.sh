#!/bin/sh
# clubfw: the firewall of the club house.
#
# All rules go through a few functions, so that each of them stands on one line.

PATH=/sbin:/usr/sbin:/bin:/usr/bin
OUT=ppp0
LAN=192.168.40.0/24
IPCHAINS=/sbin/ipchains

# chain, device, and the rest of a rule
on() {
    local chain=$1 device=$2
    shift 2
    rule -A $chain -i $device "$@"
}

# says which rule is refused
rule() { $IPCHAINS "$@" || echo "clubfw: refused: $*" >&2; }

# the same words in both directions
both() { on input $OUT "$@"; on output $OUT "$@"; }

ALLOW="$IPCHAINS -A input -j ACCEPT -p tcp"
serve() { $ALLOW -i $OUT "$@"; }

# what is never let through, whichever way it goes
never() {
    for c in input output forward; do
        rule -A $c "$@" -j DENY
    done
}

# add lan|out RULE
add() {
    case "$1" in
        lan) shift; rule -A input -s $LAN "$@" ;;
        out) shift; rule -A output -i $OUT "$@" ;;
        *)   echo "add: where is '$1'?" >&2 ;;
    esac
}

for c in input output forward; do
    $IPCHAINS -F $c
done
$IPCHAINS -P input DENY
$IPCHAINS -P output ACCEPT
$IPCHAINS -P forward DENY

rule -A input -i lo -j ACCEPT
never -p tcp -d 0.0.0.0/0 137:139
never -p udp -d 0.0.0.0/0 137:139 -l

# private addresses have no business on the line
both -s 10.0.0.0/8 -j DENY -l
both -d 10.0.0.0/8 -j DENY -l
both -p icmp -j ACCEPT

add lan -j ACCEPT
add out -p tcp -d 0/0 25 -l -j REJECT
serve -d 0/0 22
serve -d 0/0 80 -y
on input $OUT -p tcp -d 0/0 1024: ! -y -j ACCEPT
on input $OUT -p udp -s 0/0 53 -d 0/0 1024: -j ACCEPT

rule -A forward -i $OUT -s $LAN -j MASQ
echo 1 > /proc/sys/net/ipv4/ip_forward
