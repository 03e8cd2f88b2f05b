#!/bin/sh
# rc.local of the school's gateway.  Everything in one file, in the
# order in which we found out that it is needed.

echo "Setting up the network..."
/sbin/depmod -a

# modules for masquerading
insmod ip_masq_ftp ports=21,2121,8021
insmod ip_masq_irc.o ports=6667,6668
/sbin/insmod -k ip_masq_quake ports=26000,27000,27910,27960 >/dev/null 2>&1
/sbin/modprobe ip_masq_cuseeme || echo "no CU-SeeMe then"

sysctl -w net.ipv4.ip_forward=1
sysctl -w net.ipv4.ip_always_defrag=1
sysctl -w net.ipv4.ip_local_port_range="32768 60999"
echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts
for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 > $f; done

# two classrooms, the teachers' room, the library
ROOM1=10.50.1.0/24; ROOM2=10.50.2.0/24
TEACHERS=10.50.9.0/24; LIBRARY=10.50.5.0/24

ipchains -F; ipchains -X
ipchains -P forward REJECT
ipchains -M -S 900 0 60

# classrooms: only by way of the proxy, except to the school's own pages
for room in $ROOM1 $ROOM2
do
	ipchains -A input -p tcp -s $room -d 10.50.0.1/32 80 -j ACCEPT
	ipchains -A input -p tcp -s $room -d 0.0.0.0/0 80 -j REDIRECT 8080
	ipchains -A forward -p tcp -s $room -d 0/0 443 -i ippp0 -j MASQ
	ipchains -A forward -p udp -s $room -d 0/0 53 -i ippp0 -j MASQ
done
ipchains -A forward -s $LIBRARY -p tcp -d 0/0 ! 25 -i ippp0 -j MASQ
ipchains -A forward -s $LIBRARY -p udp -i ippp0 -j MASQ
ipchains -A forward -s $TEACHERS -i ippp0 -j MASQ
ipchains -A forward -s 10.50.0.0/16 -d 10.50.0.0/16 -j ACCEPT

# exam mode: `touch /etc/firewall/exam' switches the classrooms off
[ -e /etc/firewall/exam ] && ipchains -I forward -s $ROOM1 -j REJECT && ipchains -I forward -s $ROOM2 -j REJECT

# ICQ costs too much time
ipchains -I forward -p udp -s 10.50.0.0/16 -d 0/0 4000 -j REJECT -l
ipchains -I forward -p tcp -d 0/0 5190 -y -j REJECT
echo "done."
