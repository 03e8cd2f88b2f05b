#!/bin/sh
# Options at the end that want a word more.
case $1 in
2.2)
	ipchains -P input DENY
	# expect: missing-argument
	ipchains -A input -s
	# expect: missing-argument
	ipchains -A
	ipchains -A input -s $2
	;;
*)
	iptables -P INPUT DROP
	# expect: missing-argument
	iptables -A INPUT -p tcp --dport 22 -j
	# expect: missing-argument
	iptables -t nat -A PREROUTING -p tcp -j DNAT
	iptables -A INPUT -p tcp --dport 22
	# A near miss: whoever calls this says what is to be done.
	each() { iptables -w "$@"; }
	each
	# A near miss: of what a caller says, a letter is taken off.
	own() { iptables -A INPUT -p tcp --dport ${1#t} -j ACCEPT; }
	own $3
	# A near miss: the command is in the variable.
	iptables -w $RULE -j ACCEPT
	;;
esac
