#!/bin/sh
# Nobody knows what is there before the first flush.
# expect: order-dependent-delete
iptables -D FORWARD 2
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -F FORWARD
iptables -A FORWARD -i eth1 -p tcp --dport 25 -j ACCEPT
iptables -A FORWARD -i eth1 -p tcp --dport 80 -j ACCEPT
iptables -A FORWARD -i eth1 -p tcp --dport 443 -j ACCEPT
iptables -A FORWARD -i eth1 -p tcp --dport 993 -j ACCEPT
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
# Here it is known.
iptables -D FORWARD 2
# expect: order-dependent-delete
iptables -D FORWARD 3
if [ "$1" = web ]; then
  iptables -A FORWARD -p tcp --dport 8080 -j ACCEPT
fi
# expect: order-dependent-delete
iptables -D FORWARD 1

# Near misses: the script's own rule at the top, a loop to the end, and a rule by what it says.
iptables -I INPUT -p tcp --dport 8080 -j ACCEPT
iptables -D INPUT 1
while iptables -D OUTPUT 1; do :; done
iptables -D INPUT -p tcp --dport 8081 -j ACCEPT
