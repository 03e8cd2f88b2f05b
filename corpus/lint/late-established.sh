#!/bin/sh
# Each packet of a download passes by all services first.
iptables -F
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -A INPUT -i lo -j ACCEPT
for port in 22 25 53 80 110 143 443 465 587 993 995; do
  iptables -A INPUT -p tcp --dport $port -j ACCEPT
done
# expect: late-established
iptables -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT

# Two rules that drop are no long way.
iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
iptables -A FORWARD -i eth0 -s 192.168.0.0/16 -j DROP
iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
for port in 22 25 53 80 110 143 443 465 587 993 995; do
  iptables -A FORWARD -i eth1 -p tcp --dport $port -j ACCEPT
done
