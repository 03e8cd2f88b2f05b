#!/bin/sh
# Rules whose matches come from functions, so that adding an interface
# is one line.

PATH=/usr/sbin:/sbin:/usr/bin:/bin

# match_for IF: what a packet from that leg must look like
match_for() {
    case "$1" in
	eth0)	echo "-i eth0" ;;
	eth1)	echo "-i eth1 -s 10.6.1.0/24" ;;
	eth2)	echo "-i eth2 -s 10.6.2.0/24" ;;
	*)	echo "-i $1 -s 10.6.0.0/16" ;;
    esac
}

# state NEW,...: the connection tracking match
state() { echo "-m state --state $1"; }

# all ports of one kind
ports() {
    proto=$1; shift
    case $# in
	1) echo "-p $proto --dport $1" ;;
	*) echo "-p $proto -m multiport --dports `echo $* | tr ' ' ,`" ;;
    esac
}

accept() { iptables "$@" -j ACCEPT; }

iptables -F
iptables -X
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -P OUTPUT ACCEPT

iptables -N legs
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT $(state ESTABLISHED,RELATED) -j ACCEPT
iptables -A INPUT -j legs

for if in eth1 eth2 tun0; do
    iptables -A legs $(match_for "$if") $(ports tcp 22) $(state NEW) -j ACCEPT
    iptables -A legs $(match_for $if) $(ports udp 53 67 123) -j ACCEPT
    accept -A FORWARD $(match_for "$if") -o eth0 $(state NEW)
done
accept -A legs $(match_for eth0) `ports tcp 80 443`
accept -A FORWARD $(state ESTABLISHED,RELATED)
iptables -A legs -j REJECT --reject-with icmp-admin-prohibited
