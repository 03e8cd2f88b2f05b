#!/bin/bash
#
# netguard -- one script for our three gateways, whatever kernel they run
#
#   netguard [-v] [-n]      -v show every command   -n show only, do nothing

VERBOSE=no
REALLY=yes
while [ $# -gt 0 ]; do
	case $1 in
	-v) VERBOSE=yes ;;
	-n) VERBOSE=yes; REALLY=no ;;
	*)  echo "netguard: what is $1?" >&2; exit 2 ;;
	esac
	shift
done

# Every command goes through here.
run() {
	[ $VERBOSE = yes ] && echo "$*"
	if [ $REALLY = yes ]; then
		eval "$*"
	fi
}

say() { echo; echo "--- $*"; }

WAN=eth0
LAN=eth1
LANNET=192.168.50.0/24
SERVER=192.168.50.2
ADMIN='198.51.100.9 198.51.100.10'

# one word in a file: ipchains or iptables
KIND=`cat /etc/netguard.kind 2>/dev/null`
[ -n "$NETGUARD_KIND" ] && KIND=$NETGUARD_KIND
case $KIND in
ipchains|iptables) ;;
*) KIND=ipchains ;;
esac

ipchains_rules() {
	say "clean slate"
	run "ipchains -F; ipchains -X"
	run "ipchains -P input DENY"
	run "ipchains -P forward DENY"
	run "ipchains -P output ACCEPT"

	say "inside"
	run ipchains -A input -i lo -j ACCEPT
	run ipchains -A input -i $LAN -s $LANNET -j ACCEPT
	run ipchains -A forward -i $WAN -s $LANNET -j MASQ

	say "administrators"
	for a in $ADMIN; do
		run ipchains -A input -i $WAN -p tcp -s $a -d 0/0 22 -j ACCEPT
	done

	say "answers"
	run "ipchains -A input -i $WAN -p tcp ! -y -j ACCEPT"
	run "ipchains -A input -i $WAN -p udp -s 0/0 53 -j ACCEPT"
	run "ipchains -A input -i $WAN -p icmp -j ACCEPT"

	say "the web server behind us"
	run 'ipmasqadm portfw -f'
	run 'ipmasqadm portfw -a -P tcp -L `ifconfig $WAN | sed -n "s/.*inet addr:\([^ ]*\).*/\1/p"` 80 -R $SERVER 80'
	run 'ipchains -A input -i $WAN -p tcp -s 0/0 -d 0/0 80 -j ACCEPT'

	say "and the rest to the log"
	run "ipchains -A input -i $WAN -j DENY -l 2>/dev/null"
}

iptables_rules() {
	say "clean slate"
	run "iptables -F; iptables -X; iptables -t nat -F"
	run "iptables -P INPUT DROP"
	run "iptables -P FORWARD DROP"
	run "iptables -P OUTPUT ACCEPT"

	say "inside"
	run iptables -A INPUT -i lo -j ACCEPT
	run iptables -A INPUT -i $LAN -s $LANNET -j ACCEPT
	run iptables -A FORWARD -i $LAN -s $LANNET -j ACCEPT
	run iptables -t nat -A POSTROUTING -o $WAN -s $LANNET -j MASQUERADE

	say "administrators"
	for a in $ADMIN; do
		run iptables -A INPUT -i $WAN -p tcp -s $a --dport 22 -j ACCEPT
	done

	say "answers"
	for c in INPUT FORWARD; do
		run "iptables -A $c -m state --state ESTABLISHED,RELATED -j ACCEPT"
	done

	say "the web server behind us"
	run "iptables -t nat -A PREROUTING -i $WAN -p tcp --dport 80 -j DNAT --to-destination $SERVER:80"
	run "iptables -A FORWARD -i $WAN -p tcp -d $SERVER --dport 80 -j ACCEPT"

	say "and the rest to the log"
	run "iptables -A INPUT -i $WAN -j LOG --log-prefix 'netguard: '"
}

${KIND}_rules
run "echo 1 > /proc/sys/net/ipv4/ip_forward"
