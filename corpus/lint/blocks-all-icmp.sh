#!/bin/sh
# Hiding from ping, this host also hides from its routers.
iptables -F
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -A INPUT -i lo -j ACCEPT
# expect: blocks-all-icmp
iptables -A INPUT -p icmp -j DROP
iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -p tcp --dport 25 -j ACCEPT

# Here errors come through by their state, before the rest is dropped.
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A FORWARD -p icmp -j DROP
iptables -A FORWARD -i eth1 -j ACCEPT

# Over IPv6 not even the router of the link is heard.
ip6tables -F
# expect: blocks-all-icmp
ip6tables -P INPUT DROP
ip6tables -P FORWARD DROP
ip6tables -A INPUT -i lo -j ACCEPT
ip6tables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
ip6tables -A INPUT -p tcp --dport 25 -j ACCEPT
# Near miss: forwarded packets of neighbours there are none.
ip6tables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
ip6tables -A FORWARD -i eth1 -p tcp -j ACCEPT
