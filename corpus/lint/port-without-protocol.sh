# An excerpt: more of the script stands around it.
# Ports need a protocol that has some.
case $1 in
2.2)
	ipchains -P input DENY
	# expect: port-without-protocol
	ipchains -A input -d 0/0 25 -j ACCEPT
	ipchains -A input -p $2 -d 0/0 25 -j ACCEPT
	ipchains -A input -p icmp -s 0/0 8 -j ACCEPT
	;;
*)
	iptables -P INPUT DROP
	# expect: port-without-protocol
	iptables -A INPUT --dport 25 -j ACCEPT
	iptables -A INPUT -p $2 --dport 25 -j ACCEPT
	iptables -A INPUT -p udp --dport 53 -j ACCEPT
	;;
esac
