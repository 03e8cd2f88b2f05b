#!/bin/sh
# Words that are not there when the command runs.
NOTHING=
SERVER=192.0.2.1
LOG=
[ "$1" = verbose ] && LOG=-l
ipchains -P input DENY

# expect: unset-variable
ipchains -A input -s $SREVER -j ACCEPT
# expect: unset-variable
ipchains -A input -p tcp -d $SERVER 22 -i $NOTHING -j ACCEPT
# expect: unset-variable
ipchains -A input -s ! $NOTHING -j DENY

# A flag may be empty, a port too, and an argument on some runs.
ipchains -A input -s $SERVER $LOG -j ACCEPT
ipchains -A input -p tcp -d $SERVER $NOTHING -j ACCEPT
for net in $NETS; do ipchains -A input -s $net -j ACCEPT; done
ipchains -A input -s ${CLIENT:-192.0.2.9} -j ACCEPT
ipchains -A input -s $1 -j ACCEPT
# What the caller of the script sets: pppd, OpenVPN, dhclient and others.
ipchains -A input -i $PPP_IFACE -s $new_ip_address -j ACCEPT
ipchains -A input -i $dev -s $ifconfig_remote -j ACCEPT

# Set too late, but not for what runs once more.
late() { ipchains -A input -s $LATER -j ACCEPT; }
# expect: unset-variable
ipchains -A input -s $BEHIND -j ACCEPT
late
[ -n "$GIVEN" ] || GIVEN=192.0.2.7
while read line; do
	ipchains -A input -s $ROUND -j ACCEPT
	ROUND=$line
done < /etc/hosts.allow
BEHIND=192.0.2.3
LATER=192.0.2.4
late
ipchains -A input -s $BEHIND -d $GIVEN -j DENY
