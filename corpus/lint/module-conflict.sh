#!/bin/sh
# Both programs in one run, and not.
if [ -f /proc/net/ip_fwchains ]; then
	ipchains -P forward DENY
else
	iptables -P FORWARD DROP
fi

case $1 in
ask)
	ipchains -L -n > /dev/null 2>&1 && echo "this kernel has ipchains"
	;;
try)
	modprobe ip_tables || modprobe ipchains
	;;
switch)
	rmmod ipchains
	modprobe ip_tables
	iptables -P FORWARD DROP
	;;
esac

start_both() {
	modprobe ip_masq_ftp
	modprobe ip_tables
	# expect: module-conflict
	ipchains -A forward -s 10.0.0.0/8 -j MASQ
}
[ "$2" = both ] && start_both
