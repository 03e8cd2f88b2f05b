#!/bin/sh
# Limits that say nothing.
LIMIT="limit"
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
# expect: bare-limit
iptables -A INPUT -m limit -j LOG --log-prefix "in: "
# expect: bare-limit
iptables -A FORWARD -m limit --limit-burst 10 -j LOG
# expect: bare-limit
iptables -A FORWARD -p udp -m $LIMIT -j LOG

# Near misses: the rate is there, or in a variable.
iptables -A INPUT -p tcp -m limit --limit 1/s -j LOG
iptables -A INPUT -p icmp -m limit $RATE -j LOG
iptables -A FORWARD -m limit --limit-burst 3 --limit 5/min -j LOG
