#!/bin/sh
WAN=eth0
iptables -P FORWARD DROP
iptables -t nat -A POSTROUTING -o $WAN -s 10.1.0.0/16 -j SNAT --to-source 203.0.113.5
# expect: masquerade-on-static
iptables -t nat -A POSTROUTING -o $WAN -s 10.2.0.0/16 -j MASQUERADE

# Near misses: another way out, and an address that the script finds out itself.
iptables -t nat -A POSTROUTING -o ppp0 -j MASQUERADE
address=$(ip -4 addr show dev eth2 | sed -n 's/.*inet \([0-9.]*\).*/\1/p')
iptables -t nat -A POSTROUTING -o eth2 -s 10.1.0.0/16 -j SNAT --to-source $address
iptables -t nat -A POSTROUTING -o eth2 -s 10.2.0.0/16 -j MASQUERADE
