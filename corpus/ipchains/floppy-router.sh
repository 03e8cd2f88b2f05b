#!/bin/sh
# S20filter on the router floppy.  ash only: no arrays, no functions
# with local variables, no bash.
#
# Linked under several names; the name says what to do:
#	S20filter	load
#	K80filter	unload
#	anything else	load, and show the result

NAME=${0##*/}

case $NAME in
    K*)	ipchains -F; ipchains -P forward DENY; exit 0;;
esac

# one line for each thing that is let in: device protocol port
while read dev proto port comment
do
	test "$dev" || continue
	[ "$port" = - ] && port=
	ipchains -A input -i $dev -p $proto -d 0/0 $port -j ACCEPT
done <<-TABLE
	eth0	tcp	22	the box itself
	eth0	udp	67:68	leases
	eth0	udp	domain	name server
	wlan0	tcp	www	the login page
	wlan0	icmp	-
TABLE

# the rest is plain commands; sed puts the device in
OUT=ppp0
sed -e "s/OUTSIDE/$OUT/" <<END | sh
ipchains -A input -i OUTSIDE -p tcp ! -y -j ACCEPT
ipchains -A input -i OUTSIDE -p udp -s 0/0 53 -j ACCEPT
ipchains -A input -i OUTSIDE -j DENY -l
END

( cd /proc/sys/net/ipv4 2>/dev/null && echo 1 > ip_forward )

if ipchains -A forward -i $OUT -s 192.168.254.0/24 -j MASQ; then
	echo "$NAME: masquerading"
else
	echo "$NAME: no masquerading in this kernel"
fi
if ! ipchains -L -n | grep -q '^Chain input'; then :; fi

[ "$NAME" = S20filter ] || {
	ipchains -L -n -v | while read line; do
		case "$line" in *DENY*) echo "$line";; esac
	done
}
