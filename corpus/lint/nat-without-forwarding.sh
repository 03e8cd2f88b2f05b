#!/bin/sh
# The switch for the other family is no help.
echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
sysctl -w net.ipv4.tcp_syncookies=1 > /dev/null
iptables -P FORWARD DROP
ip6tables -P FORWARD DROP
iptables -A FORWARD -i eth1 -o ppp0 -j ACCEPT
# A redirection to this host itself needs no forwarding.
iptables -t nat -A PREROUTING -i eth1 -p tcp --dport 80 -j REDIRECT --to-ports 3128
# expect: nat-without-forwarding
iptables -t nat -A POSTROUTING -o ppp0 -j MASQUERADE
