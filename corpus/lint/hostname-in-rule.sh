#!/bin/sh
iptables -P INPUT DROP
# expect: hostname-in-rule
iptables -A INPUT -p tcp -s backup.example.com --dport 22 -j ACCEPT
# Near miss: this name is in /etc/hosts.
iptables -A INPUT -s localhost -d localhost -j ACCEPT
iptables -A INPUT -p tcp -s 192.0.2.7 --dport 22 -j ACCEPT
