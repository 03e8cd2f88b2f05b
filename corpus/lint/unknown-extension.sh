#!/bin/sh
# Matches and targets that iptables does not bring along.
iptables -P INPUT DROP
iptables -N STATISTICS
# expect: unknown-extension
iptables -A INPUT -m conntrak --ctstate ESTABLISHED -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT
# An add-on is reported once, and what stands beside it is checked.
# expect: unknown-extension
iptables -A INPUT -m geoip --source-country DE,AT -p tcp --dport 25 -j ACCEPT
iptables -A INPUT -m geoip --source-country CH -p tcp --dport 25 -j ACCEPT
# expect: invalid-value
iptables -A INPUT -p tcp --dport 65536 -m geoip --source-country CH -j ACCEPT
# expect: unknown-extension
iptables -A INPUT -p udp -j FLOWMETER --meter-name all --meter-units 5
# A chain of one's own takes no options, and a misspelled option stays one.
iptables -A INPUT -p tcp -j STATISTICS
# expect: unknown-option
iptables -A INPUT -p tcp -j STATISTICS --dprot 80
