#!/bin/sh
# What becomes of packets that no rule is about?
case $1 in
start)
	# expect: missing-final-drop
	iptables -P INPUT ACCEPT
	iptables -A INPUT -p tcp --dport 22 -j ACCEPT
	iptables -A INPUT -i eth1 -j DROP
	# Closed by its policy.
	iptables -P FORWARD DROP
	iptables -A FORWARD -o eth1 -j ACCEPT
	# This host may talk to anyone, and the script says so: no more than a hint to have a look.
	# expect: missing-final-drop
	iptables -P OUTPUT ACCEPT
	iptables -A OUTPUT -p tcp --dport 25 -j REJECT
	;;
stop)
	iptables -F
	iptables -P INPUT ACCEPT
	iptables -P FORWARD ACCEPT
	;;
careful)
	# Closed by its last rule, in a chain of its own, whatever $2 is.
	iptables -N last
	iptables -A last -j LOG
	iptables -A last -m comment --comment "the rest" -j REJECT
	iptables -A INPUT -s $2 -j ACCEPT
	iptables -A INPUT -j last
	;;
unknown)
	# Only the configuration knows.
	. /etc/firewall.conf
	iptables -P INPUT $POLICY
	iptables -A INPUT -p tcp --dport 22 -j ACCEPT
	;;
router)
	iptables -P INPUT DROP
	iptables -P FORWARD ACCEPT
	# expect: missing-final-drop
	echo 1 > /proc/sys/net/ipv4/ip_forward
	;;
esac
