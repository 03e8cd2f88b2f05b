#!/bin/sh
iptables -F
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -P OUTPUT ACCEPT
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT

iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p tcp --dport 80 -j ACCEPT
# expect: duplicate-rule
iptables -A INPUT -p tcp --dport 22 -m comment --comment "again" -j ACCEPT

# Near misses: another verdict, only sometimes there, a count, another chain.
# expect: shadowed-rule
iptables -A INPUT -p tcp --dport 80 -j DROP
if [ "$1" = web ]; then
  iptables -A INPUT -p tcp --dport 443 -j ACCEPT
fi
iptables -A INPUT -p tcp --dport 443 -j ACCEPT
iptables -A INPUT -p icmp -m limit --limit 1/s -j ACCEPT
iptables -A INPUT -p icmp -m limit --limit 1/s -j ACCEPT
iptables -A FORWARD -p tcp --dport 22 -j ACCEPT
# Only one of these is there already.
for port in 22 25; do
  iptables -A INPUT -p tcp --dport $port -j ACCEPT
done
