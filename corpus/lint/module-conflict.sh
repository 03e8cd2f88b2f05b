#!/bin/sh
# Both programs in one run, and not.

case $1 in
either)
	if [ -f /proc/net/ip_fwchains ]; then
		ipchains -P forward DENY
	else
		iptables -P FORWARD DROP
	fi
	;;
ask)
	ipchains -L -n > /dev/null 2>&1 && echo "this kernel has ipchains"
	iptables -P FORWARD DROP
	;;
try)
	modprobe ip_tables || modprobe ipchains
	;;
switch)
	ipchains -P forward DENY
	rmmod ipchains
	modprobe ip_tables
	iptables -P FORWARD DROP
	;;
service)
	/etc/rc.d/init.d/ipchains stop
	/sbin/chkconfig --level 2345 ipchains off
	service iptables start
	;;
both)
	/etc/rc.d/init.d/ipchains start
	# expect: module-conflict
	iptables -P FORWARD DROP
	;;
esac
