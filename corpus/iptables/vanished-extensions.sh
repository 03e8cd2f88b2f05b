#!/bin/sh
# firewall of 2003, patch-o-matic kernel

IPTABLES="iptables"
$IPTABLES -F
$IPTABLES -A INPUT -m unclean -j DROP
$IPTABLES -A INPUT -m state --state NEW,ESTABLISHED -p tcp --destination-port 22 -j ACCEPT
$IPTABLES -A INPUT -p tcp --dport 25 -m iplimit --iplimit-above 4 -j REJECT
$IPTABLES -A INPUT -p tcp --dport 23 -j MIRROR
$IPTABLES -A INPUT -p tcp --dport 135 -j TARPIT
$IPTABLES -A INPUT -m random --average 10 -j ULOG --ulog-nlgroup 1 --ulog-prefix "sample"
$IPTABLES -A FORWARD -m ipp2p --edk --kazaa -j DROP
$IPTABLES -A FORWARD -m layer7 --l7proto bittorrent -j DROP
$IPTABLES -t nat -A PREROUTING -p tcp --dport 80 -m psd --psd-weight-threshold 21 -j LOG
$IPTABLES -t nat -A PREROUTING -d www.example.com -p tcp --dport 80 -j DROP
$IPTABLES -t nat -A POSTROUTING -o eth0 -j SAME --to 192.0.2.10-192.0.2.12
$IPTABLES -A OUTPUT -m owner --cmd-owner ping -j ACCEPT
$IPTABLES -A INPUT -j QUEUE
