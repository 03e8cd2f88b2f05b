#!/bin/sh
# rented server, first evening

iptables -P INPUT ACCEPT
iptables -F

iptables -A INPUT -i lo -j ACCEPT
for p in 22 80; do iptables -A INPUT -p tcp --dport $p -j ACCEPT; done
for p in 443 25 587 993; do
  iptables -A INPUT -p tcp --dport $p -m state --state NEW -j ACCEPT
done
# DNS answers
iptables -A INPUT -p udp --sport 53 -j ACCEPT
iptables -A INPUT -p tcp --sport 80 -j ACCEPT
# flood protection from a forum
iptables -A INPUT -p tcp --syn -m limit --limit 25/s --limit-burst 100 -j ACCEPT
iptables -A INPUT -p icmp -j DROP
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
# and the rest
iptables -A INPUT -s 0.0.0.0/0 -j DROP
iptables -A INPUT -p tcp --dport 8080 -j ACCEPT
iptables -A OUTPUT -j ACCEPT
