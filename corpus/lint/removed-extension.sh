#!/bin/sh
iptables -P INPUT DROP
# expect: removed-extension
iptables -A INPUT -m unclean -j DROP
# expect: removed-extension
iptables -A INPUT -p tcp --dport 25 -j MIRROR
# Near miss: still there.
iptables -A INPUT -m conntrack --ctstate INVALID -j DROP
