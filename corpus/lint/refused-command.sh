#!/bin/sh
# What the commands before leave no room for.
iptables -P INPUT DROP
iptables -F INPUT
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
# expect: refused-command
iptables -I INPUT 4 -p tcp --dport 25 -j ACCEPT
iptables -I INPUT 3 -p tcp --dport 25 -j ACCEPT
# expect: refused-command
iptables -R INPUT 4 -p tcp --dport 26 -j ACCEPT
# expect: refused-command
iptables -D INPUT -p tcp --dport 26 -j ACCEPT
iptables -N mail
# expect: refused-command
iptables -N mail
iptables -A mail -s 10.0.0.0/8 -j ACCEPT
iptables -A INPUT -p tcp --dport 587 -j mail
# expect: refused-command
iptables -X mail
iptables -F mail
# expect: refused-command
iptables -X mail
iptables -N web
iptables -A web -j ACCEPT
# expect: refused-command
iptables -E web mail
# expect: refused-command
iptables -X

# Near misses: the rules of others, what is tested, and what is to say nothing.
# expect: order-dependent-delete
iptables -D FORWARD 4
iptables -I FORWARD 7 -j LOG
iptables -D FORWARD -j DROP
iptables -N mail || iptables -F mail
iptables -N mail 2>/dev/null
if [ "$1" = strict ]; then iptables -N strict; fi
iptables -N strict
iptables -A INPUT -p tcp --dport 80 -j web
iptables -A INPUT -p tcp --dport 90 -j strict
