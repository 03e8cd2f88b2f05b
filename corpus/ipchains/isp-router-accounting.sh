#!/bin/sh
# acct-rules  -- traffic accounting for the customers on this router
#
#   acct-rules setup     put the counting rules in
#   acct-rules report    print bytes per customer and start again from zero
#   acct-rules show      print, but leave the counters alone
#
# A rule without -j decides nothing.  It only counts, and the packet
# goes on to the next rule.

UPLINK=hdlc0
CUSTOMERS=/etc/firewall/customers

setup() {
	ipchains -N acct-in
	ipchains -N acct-out
	ipchains -I input  -i $UPLINK -j acct-in
	ipchains -I output -i $UPLINK -j acct-out

	# name          network
	while read name net rest
	do
		case "$name" in
		""|\#*)	continue ;;
		esac
		ipchains -A acct-in  -d $net
		ipchains -A acct-out -s $net
	done < $CUSTOMERS

	# the router's own traffic, by kind
	ipchains -A acct-in -p tcp --sport 179
	ipchains -A acct-in -p tcp --dport 179
	ipchains -A acct-out -p udp -d 0/0 domain
	ipchains -A acct-out -p icmp
	ipchains -A acct-in -p 89		# OSPF
	ipchains -A acct-in
	ipchains -A acct-out
}

show() {
	echo "=== from the Internet"
	ipchains -L acct-in -v -n -x | awk '$1 ~ /^[0-9]+$/ { printf "%-20s %12d packets %14d bytes\n", $9, $1, $2 }'
	echo "=== to the Internet"
	ipchains -L acct-out -v -n -x | awk '
		$1 ~ /^[0-9]+$/ {
			total += $2
			printf "%-20s %12d packets %14d bytes\n", $8, $1, $2
		}
		END { printf "%-20s %35d bytes\n", "total", total }'
}

case "$1" in
    setup)
	setup
	;;
    show)
	show
	;;
    report)
	show
	ipchains -Z acct-in
	ipchains -Z acct-out
	;;
    *)
	echo "usage: $0 setup|show|report" 1>&2
	exit 1
esac
