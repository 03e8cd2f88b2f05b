#!/bin/sh
iptables -F
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -P OUTPUT ACCEPT

# expect: state-match
iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
# expect: state-match
iptables -A FORWARD -p tcp -m state ! --state NEW -j ACCEPT

# Near misses: the new match, and the word elsewhere.
iptables -A INPUT -i lo -m conntrack --ctstate NEW -j ACCEPT
iptables -A FORWARD -p icmp -j ACCEPT
iptables -A INPUT -p tcp -m comment --comment "-m state" -j DROP
