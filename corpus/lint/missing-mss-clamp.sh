#!/bin/sh
iptables -P FORWARD DROP
# An Ethernet has room for whole packets.
iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE
DSL=ppp0
# expect: missing-mss-clamp
iptables -t nat -A POSTROUTING -o $DSL -j MASQUERADE
iptables -t nat -A POSTROUTING -o ppp1 -j MASQUERADE
