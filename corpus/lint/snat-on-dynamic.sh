#!/bin/sh
EXTIF=eth0
EXTIP="`/sbin/ifconfig $EXTIF | grep 'inet addr' | awk '{print $2}' | sed -e 's/.*://'`"
iptables -P FORWARD DROP
# expect: snat-on-dynamic
iptables -t nat -A POSTROUTING -o $EXTIF -j SNAT --to-source $EXTIP
# expect: snat-on-dynamic
iptables -t nat -A POSTROUTING -o ppp0 -j SNAT --to-source 203.0.113.9

# Near misses: an address on a leased line, one from the configuration, and none at all.
. /etc/firewall/addresses
iptables -t nat -A POSTROUTING -o eth1 -j SNAT --to-source 203.0.113.10
iptables -t nat -A POSTROUTING -o eth2 -j SNAT --to-source $DMZ_ADDRESS
iptables -t nat -A POSTROUTING -o ppp1 -j MASQUERADE
