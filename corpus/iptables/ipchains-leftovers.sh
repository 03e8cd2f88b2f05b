#!/bin/sh
# converted from the old script with sed 's/ipchains/iptables/'
# TODO: there are some errors at boot, look at them some day

IPTABLES=/sbin/iptables
EXT=eth0
LAN=192.168.5.0/24

$IPTABLES -F
$IPTABLES -P input DENY
$IPTABLES -P INPUT DROP
$IPTABLES -P FORWARD DROP
$IPTABLES -A INPUT -i lo -j ACCEPT
$IPTABLES -A input -i eth1 -s $LAN -j ACCEPT
$IPTABLES -A INPUT -i eth1 -s $LAN -j ACCEPT

$IPTABLES -A INPUT -i $EXT -s $LAN -l -j DENY
$IPTABLES -A INPUT -i $EXT -s $LAN -j DENY
$IPTABLES -A INPUT -i $EXT -p tcp ! -y -j ACCEPT
$IPTABLES -A INPUT -i $EXT -p tcp -y --dport 25 -j ACCEPT
$IPTABLES -A INPUT -i $EXT -p tcp -d 0/0 80 -j ACCEPT
$IPTABLES -A INPUT -i $EXT -p udp -s 0/0 53 -j ACCEPT
$IPTABLES -A OUTPUT -i $EXT -p udp --dport 137:139 -j DROP
$IPTABLES -A FORWARD -i $EXT -s $LAN -j MASQ
$IPTABLES -A INPUT -b -s 10.0.0.0/8 -j DROP
$IPTABLES -t nat -A POSTROUTING -o $EXT -s $LAN -j MASQUERADE
$IPTABLES -M -S 7200 10 60
