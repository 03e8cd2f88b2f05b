#!/bin/sh
# Nobody is kept out of this chain, so no address is trusted.
if [ "$1" = open ]; then
  # expect: missing-final-drop
  iptables -P FORWARD ACCEPT
  iptables -A FORWARD -i eth0 -p tcp --dport 135 -j DROP
  iptables -A FORWARD -i eth1 -p tcp --dport 25 -j REJECT
  iptables -A FORWARD -s 10.1.0.0/16 -j ACCEPT
  exit 0
fi

iptables -P INPUT DROP
iptables -P FORWARD DROP
# expect: spoofable-trust
iptables -A INPUT -s 127.0.0.1 -j ACCEPT
iptables -A INPUT -i eth0 -s 192.168.0.0/16 -j DROP
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT

# Near misses: what claims to come from inside was dropped where it comes from outside, and a public address.
iptables -A INPUT -s 192.168.1.0/24 -j ACCEPT
iptables -A INPUT -s 198.51.100.0/24 -j ACCEPT
iptables -A INPUT -i eth1 -s 10.0.0.0/8 -j ACCEPT

# expect: spoofable-trust
iptables -A FORWARD -s 10.1.0.0/16 -j ACCEPT
iptables -A FORWARD -i eth0 -p tcp -d 10.1.0.9 --dport 80 -j ACCEPT
