#!/bin/sh
modprobe nf_conntrack_irc
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -t raw -A PREROUTING -p udp --dport 69 -j CT --helper tftp
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
# expect: missing-helper
iptables -A FORWARD -i eth1 -p tcp -m multiport --dports 21,80,443 -j ACCEPT

# Near misses: watched by a helper, loaded or assigned, and another protocol with the port.
iptables -A FORWARD -i eth1 -p tcp --dport 6667 -j ACCEPT
iptables -A FORWARD -i eth1 -p udp --dport 69 -j ACCEPT
iptables -A FORWARD -i eth1 -p tcp --dport 5060 -j ACCEPT
