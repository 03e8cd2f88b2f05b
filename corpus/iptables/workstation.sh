#!/bin/sh
# my desktop. nothing comes in except ssh from the office.

IPTABLES=/sbin/iptables

$IPTABLES -F
$IPTABLES -X
$IPTABLES -P INPUT DROP
$IPTABLES -P FORWARD DROP
$IPTABLES -P OUTPUT ACCEPT

$IPTABLES -A INPUT -i lo -j ACCEPT
$IPTABLES -A INPUT -m state --state INVALID -j DROP
$IPTABLES -A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT

$IPTABLES -A INPUT -p tcp -s 192.0.2.0/24 --dport 22 -m state --state NEW -j ACCEPT
$IPTABLES -A INPUT -p icmp --icmp-type echo-request -m limit --limit 1/s --limit-burst 4 -j ACCEPT

# printer and music boxes announce themselves
$IPTABLES -A INPUT -p udp -d 224.0.0.251 --dport 5353 -j ACCEPT
$IPTABLES -A INPUT -p udp --sport 137 -j ACCEPT

# do not keep mail servers and irc waiting
$IPTABLES -A INPUT -p tcp --dport 113 -j REJECT --reject-with tcp-reset

$IPTABLES -A INPUT -j LOG --log-prefix "in: "
$IPTABLES -A INPUT -j DROP
# never reached, left from last year
$IPTABLES -A INPUT -p tcp --dport 6881:6889 -j ACCEPT
