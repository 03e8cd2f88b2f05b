#!/bin/sh
# loads "everything that has to do with firewalls", to be safe

for m in ipchains ip_tables iptable_filter iptable_nat ip_conntrack ip_masq_ftp ip_nat_ftp; do
	/sbin/modprobe $m
done
modprobe ipchains
/sbin/insmod ip_tables.o 2>/dev/null

ipchains -F
ipchains -P input ACCEPT

iptables -F INPUT
iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p ALL -m state --state ESTABLISHED,RELATED -j ACCEPT

# does not hurt
ipchains -A input -p tcp -d 0/0 22 -j ACCEPT
