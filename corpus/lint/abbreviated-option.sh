#!/bin/sh
iptables -P FORWARD DROP
# expect: abbreviated-option
iptables -t nat -A POSTROUTING -o ppp0 -j SNAT --to 192.0.2.1
# Near miss: NETMAP has an option `--to`.
iptables -t nat -A PREROUTING -d 192.0.2.0/24 -j NETMAP --to 10.0.0.0/24
