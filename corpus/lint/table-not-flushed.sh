#!/bin/sh
iptables -F
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -P OUTPUT ACCEPT

# expect: table-not-flushed
iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 3128
iptables -t nat -A PREROUTING -p tcp --dport 81 -j REDIRECT --to-ports 3128

# Near miss: only the chain that is filled is flushed.
iptables -t mangle -F PREROUTING
iptables -t mangle -A PREROUTING -p tcp --dport 80 -j MARK --set-mark 1
