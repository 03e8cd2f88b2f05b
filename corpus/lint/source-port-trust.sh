#!/bin/sh
iptables -F
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -P OUTPUT ACCEPT
iptables -A INPUT -i lo -s 127.0.0.1 -j ACCEPT
iptables -A INPUT -p icmp -j ACCEPT
iptables -A FORWARD -p icmp -j ACCEPT

# expect: source-port-trust
iptables -A INPUT -p tcp --sport 20 -j ACCEPT
# expect: source-port-trust
iptables -A FORWARD -i eth0 -p udp --sport 53 -j ACCEPT

# Near misses: more is asked for, the packets go out, or nobody outside can send them.
# expect: unreachable-rule
iptables -A INPUT -p tcp --sport 20 ! --syn -j ACCEPT
iptables -A INPUT -p udp --sport 67 --dport 68 -j ACCEPT
iptables -A INPUT -p udp -s 192.0.2.53 --sport 53 -j ACCEPT
iptables -A INPUT -p tcp --sport 80 -m state --state ESTABLISHED -j ACCEPT
iptables -A INPUT -i lo -p tcp --sport 80 -j ACCEPT
iptables -A OUTPUT -p tcp --sport 80 -j ACCEPT
iptables -A INPUT -p tcp --sport 80 -j DROP
