#!/bin/sh
iptables -F
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -P OUTPUT ACCEPT
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT

# expect: interface-alias
iptables -A INPUT -i eth0:1 -p tcp --dport 80 -j ACCEPT
EXT=eth1:web
# expect: interface-alias
iptables -A FORWARD -o $EXT -j ACCEPT

# Near misses: a VLAN, a wildcard, a port range.
iptables -A INPUT -i eth0.1 -p tcp --dport 80 -j ACCEPT
iptables -A INPUT -i eth+ -p tcp --dport 1:1023 -j DROP
