#!/bin/sh
# Source translation with and without a way out.
LAN=192.168.1.0/24
iptables -P FORWARD DROP

# expect: bare-masquerade
iptables -t nat -A POSTROUTING -j MASQUERADE
# expect: bare-masquerade
iptables -t nat -A POSTROUTING -s $LAN -j SNAT --to-source 192.0.2.1
# expect: bare-masquerade
iptables -t nat -I POSTROUTING ! -o lo -j MASQUERADE
# expect: bare-masquerade
iptables -t nat -A POSTROUTING -o + -d 0/0 -j MASQUERADE

nat() { iptables -t nat -A POSTROUTING "$@"; }
# expect: bare-masquerade
# expect: unreachable-rule
nat -s $LAN -j MASQUERADE

# Limited by the interface, even if nobody knows which.
# expect: unreachable-rule
iptables -t nat -A POSTROUTING -o ppp0 -j MASQUERADE
# expect: unreachable-rule
iptables -t nat -A POSTROUTING -o "$1" -s $LAN -j MASQUERADE
# expect: unreachable-rule
nat -o ppp+ -j SNAT --to 192.0.2.1
# Containers reach everything but each other through this host.
# expect: unreachable-rule
iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
# From inside to a server inside, by its outer address: meant, as a rule, and no more than a hint.
# expect: bare-masquerade
# expect: unreachable-rule
iptables -t nat -A POSTROUTING -s $LAN -d 192.168.1.2 -p tcp --dport 80 -j SNAT --to-source 192.168.1.1
# Other tables, other directions, and what is taken out.
iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to 192.168.1.2
iptables -t nat -D POSTROUTING -j MASQUERADE
