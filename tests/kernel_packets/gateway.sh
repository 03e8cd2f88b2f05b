#!/bin/sh
# A gateway as people had it: masquerading, a proxy for the web, a mail server inside.
EXT=eth0
EXTIP=203.0.113.9
LAN=192.168.1.0/24

ipchains -F
ipchains -X
ipmasqadm portfw -f
ipchains -P input DENY
ipchains -P output ACCEPT
ipchains -P forward DENY

ipchains -A input -i lo -j ACCEPT
ipchains -A input -i eth1 -p tcp -s $LAN -d 0/0 80 -j REDIRECT 3128
ipchains -A input -i eth1 -s $LAN -j ACCEPT

# answers to what is masqueraded
ipchains -A input -i $EXT -p tcp ! -y -d $EXTIP 61000:65095 -j ACCEPT
ipchains -A input -i $EXT -p udp -d $EXTIP 61000:65095 -j ACCEPT
ipchains -A input -i $EXT -p icmp -s 0/0 echo-reply -d $EXTIP -j ACCEPT
# what routers and hosts say of our packets
ipchains -A input -i $EXT -p icmp -s 0/0 destination-unreachable -d $EXTIP -j ACCEPT
# data of active FTP
ipchains -A input -i $EXT -p tcp -s 0/0 20 -d $EXTIP 61000:65095 -j ACCEPT
# mail
ipchains -A input -i $EXT -p tcp -d $EXTIP 8025 -j ACCEPT

ipchains -A forward -i $EXT -s $LAN -j MASQ
ipmasqadm portfw -a -P tcp -L $EXTIP 8025 -R 192.168.1.2 25
/sbin/modprobe ip_masq_ftp
echo 1 > /proc/sys/net/ipv4/ip_forward
