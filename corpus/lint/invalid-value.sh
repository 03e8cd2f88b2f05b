#!/bin/sh
# Arguments that are none, in both languages.
case $1 in
2.2)
	ipchains -P input DENY
	# expect: invalid-value
	ipchains -A input -s 192.168.1.0/255.255.255 -j ACCEPT
	# expect: invalid-value
	ipchains -A input -p tcp -d 0/0 20,21 -j ACCEPT
	ipchains -A input -p tcp -d 0/0 20:21 -j ACCEPT
	ipchains -A input -s $2 -j ACCEPT
	;;
*)
	iptables -P INPUT DROP
	# expect: invalid-value
	iptables -A INPUT -s 192.168.1.300 -j ACCEPT
	# expect: invalid-value
	iptables -A INPUT -p tcp --dport 99999 -j ACCEPT
	# expect: invalid-value
	iptables -A INPUT -m state --state NEW,ESTABLISHD -j ACCEPT
	# expect: invalid-value
	iptables -A INPUT -m recent --rcheck --mask ffffff00 -j DROP
	# expect: invalid-value
	iptables -A INPUT -m devgroup --src-group lan/3 -j ACCEPT
	iptables -A INPUT -m devgroup --src-group lan -j ACCEPT
	iptables -A INPUT -m recent --rcheck --mask 255.255.255.0 -j DROP
	iptables -A INPUT -s 192.168.1.30 -j ACCEPT
	iptables -A INPUT -p tcp --dport $3 -j ACCEPT
	iptables -A INPUT -m state --state NEW,ESTABLISHED -j ACCEPT
	;;
esac
