#!/bin/sh
#
# Router of the guest house.  Runs since 2.4.18; the "!" stands where it
# stood in those days.

IPT=/usr/sbin/iptables
INET_IF=eth0
LAN_IF=eth1
WLAN_IF=ath0
LAN=192.168.20.0/24
WLAN=192.168.21.0/24

modprobe ip_conntrack
modprobe ip_conntrack_ftp
modprobe ip_nat_ftp

echo 1 > /proc/sys/net/ipv4/ip_forward

$IPT -F; $IPT -t nat -F; $IPT -t mangle -F
$IPT -X
$IPT -P INPUT DROP
$IPT -P FORWARD DROP
$IPT -P OUTPUT ACCEPT

# spoofed
$IPT -A INPUT -i $LAN_IF -s ! $LAN -j DROP
$IPT -A INPUT -i $WLAN_IF -s ! $WLAN -j DROP
$IPT -A FORWARD -i $LAN_IF -s ! $LAN -j DROP
$IPT -A FORWARD -i $WLAN_IF -s ! $WLAN -j DROP

# "new" without SYN
$IPT -A INPUT -p tcp ! --syn -m conntrack --ctstate NEW -j DROP
$IPT -A FORWARD -p tcp ! --syn -m conntrack --ctstate NEW -j DROP

$IPT -A INPUT -i lo -j ACCEPT
$IPT -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
$IPT -A INPUT -i ! $INET_IF -p udp -m multiport --dports 53,67,123 -j ACCEPT
$IPT -A INPUT -i ! $INET_IF -p tcp --dport 53 -j ACCEPT
$IPT -A INPUT -i $LAN_IF -p tcp --dport ! 139 -j ACCEPT
$IPT -A INPUT -p icmp --icmp-type ! redirect -j ACCEPT

$IPT -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
$IPT -A FORWARD -i $LAN_IF -o $INET_IF -j ACCEPT
$IPT -A FORWARD -i $WLAN_IF -o $INET_IF -p tcp -m multiport --dports 80,443,110,143,993,995 -j ACCEPT
$IPT -A FORWARD -i $WLAN_IF -o ! $LAN_IF -p icmp -j ACCEPT
$IPT -A FORWARD -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu

# guests see the welcome page once
$IPT -t nat -A PREROUTING -i $WLAN_IF -p tcp --dport 80 -d ! 192.168.21.1 -m mac ! --mac-source 00:11:22:33:44:55 -j DNAT --to-destination 192.168.21.1:8080
$IPT -t nat -A POSTROUTING -o $INET_IF -s $LAN -j MASQUERADE
$IPT -t nat -A POSTROUTING -o $INET_IF -s $WLAN -j MASQUERADE

$IPT -A FORWARD -m limit --limit 10/minute -j LOG --log-prefix "forward denied: " --log-level debug
