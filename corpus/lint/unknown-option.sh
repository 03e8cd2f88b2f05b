# An excerpt: more of the script stands around it.
# Options that do not exist.
case $1 in
2.2)
	ipchains -P input DENY
	# expect: unknown-option
	ipchains -A input --dst-port 25 -j ACCEPT
	ipchains -A input -p tcp --dport 25 -j ACCEPT
	;;
*)
	iptables -P INPUT DROP
	# expect: unknown-option
	iptables -A INPUT -p tcp --destport 25 -j ACCEPT
	iptables -A INPUT -p tcp --dport 25 -j ACCEPT
	# expect: unknown-extension
	iptables -A INPUT -m geoip --src-cc DE -j ACCEPT
	# expect: unknown-option
	iptables-restore -4 --noflush </etc/iptables.rules
	iptables-restore -w 5 --noflush </etc/iptables.rules
	;;
esac
