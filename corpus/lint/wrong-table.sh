#!/bin/sh
# Each table has its own chains and targets.
iptables -P FORWARD DROP
# expect: wrong-table
iptables -A PREROUTING -p tcp --dport 80 -j ACCEPT
# expect: wrong-table
iptables -A FORWARD -o ppp0 -j MASQUERADE
# expect: wrong-table
iptables -t nat -A PREROUTING -s 10.0.0.0/8 -j DROP
# expect: wrong-table
iptables -t nat -A FORWARD -j ACCEPT

iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128
iptables -t nat -A POSTROUTING -o ppp0 -j MASQUERADE
iptables -t mangle -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu
TABLE=$1
iptables -t $TABLE -A PREROUTING -j ACCEPT
iptables -t nat -N from_both
iptables -t nat -A PREROUTING -j from_both
# expect: wrong-table
iptables -t nat -A from_both -o ppp0 -j MASQUERADE
iptables -t nat -N out_only
iptables -t nat -A POSTROUTING -j out_only
iptables -t nat -A out_only -o ppp0 -j MASQUERADE
