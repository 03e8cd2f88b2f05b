#!/bin/sh
# rc.firewall -- for the 2.0 kernel that we still boot now and then, and
# for the 2.2 kernel

if [ -f /proc/net/ip_fwnames ]; then
	echo "2.2 kernel: ipchains"
	ipchains -P forward DENY
	ipchains -A forward -j MASQ -s 192.168.6.0/24 -d 0.0.0.0/0
	ipchains -A forward -j MASQ -i eth0 -s 192.168.7.0/24
	ipchains -A input -i eth0 -p tcp -y -j DENY -l -d 0.0.0.0/0 1:1023
	ipchains -M -S 3600 0 0
elif [ -f /proc/net/ip_forward ]; then
	echo "2.0 kernel: ipfwadm"
	ipfwadm -F -p deny
	ipfwadm -F -a m -S 192.168.6.0/24 -D 0.0.0.0/0
	ipfwadm -F -a m -W eth0 -S 192.168.7.0/24
	ipfwadm -I -a deny -W eth0 -P tcp -y -o -D 0.0.0.0/0 1:1023
	ipfwadm -M -s 3600 0 0
else
	# Neither file: the rules may still be a module.
	/sbin/modprobe ip_tables 2>/dev/null || exec /sbin/ipchains -P forward DENY
fi
