#!/bin/sh
WEB=192.168.1.10
MAIL=192.168.1.11
iptables -F
iptables -t nat -F
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -p tcp -d 192.168.1.1 --dport 3128 -j ACCEPT
iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A FORWARD -i eth1 -o eth0 -s 192.168.1.0/24 -j ACCEPT
iptables -A FORWARD -i eth0 -p tcp -d $MAIL --dport 25 -j ACCEPT
iptables -A FORWARD -i eth0 -d 192.168.1.12 -j ACCEPT

# The filter has the port of before.
iptables -A FORWARD -i eth0 -p tcp -d $WEB --dport 8080 -j ACCEPT
# expect: dnat-without-forward
iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 8080 -j DNAT --to-destination $WEB:80
# expect: dnat-without-forward
iptables -t nat -A PREROUTING -i eth0 -p udp --dport 53 -j DNAT --to-destination $MAIL

# Near misses: accepted with the new port, by the address alone, and a proxy on this host.
iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 2525 -j DNAT --to-destination $MAIL:25
iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 443 -j DNAT --to-destination 192.168.1.12
iptables -t nat -A PREROUTING -i eth1 -p tcp --dport 80 -j DNAT --to-destination 192.168.1.1:3128
