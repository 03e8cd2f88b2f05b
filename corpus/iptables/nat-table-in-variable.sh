#!/bin/sh
# address translation for the test bench; the filter lives elsewhere

IPT="/sbin/iptables"
NAT="$IPT -t nat"
MANGLE="$IPT	-t mangle"
PRE="$NAT -A PREROUTING"
POST="$NAT -A POSTROUTING"

PUBLIC=203.0.113.10
BENCH=172.31.0.0/24

$NAT -F
$NAT -X
$MANGLE -F

# one public port for each board:  2200+n -> board n, ssh
n=1
while [ $n -le 4 ]; do
	$PRE -d $PUBLIC -p tcp --dport $((2200 + n)) -j DNAT --to-destination 172.31.0.$n:22
	n=$((n + 1))
done

$PRE -d 203.0.113.11 -j DNAT --to-destination 172.31.0.11
$POST -s 172.31.0.11 -o eth0 -j SNAT --to-source 203.0.113.11
$POST -s $BENCH -o eth0 -j SNAT --to-source $PUBLIC
# the bench asks for the public address: hairpin
$POST -s $BENCH -d 172.31.0.0/24 -j MASQUERADE

$NAT -A OUTPUT -d $PUBLIC -p tcp --dport 2201 -j DNAT --to-destination 172.31.0.1:22
$PRE -i eth1 -p udp --dport 69 -j REDIRECT --to-ports 6969

$MANGLE -A PREROUTING -i eth1 -s 172.31.0.3 -j MARK --set-mark 3
$MANGLE -A FORWARD -o eth0 -p tcp --sport 22 -j TOS --set-tos Minimize-Delay
