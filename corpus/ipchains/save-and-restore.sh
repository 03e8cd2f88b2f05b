#!/bin/sh
# try-rules: load new rules, keep the old ones in case they are bad
#
#	try-rules new FILE	keep the present rules, load FILE
#	try-rules keep		make the present rules permanent
#	try-rules back		return to what was there before
#	try-rules closed	emergency set, from this file itself

KEEP=/var/tmp/ipchains.keep
PERM=/var/tmp/ipchains.perm

case "$1" in
new)
	ipchains-save > $KEEP 2>/dev/null
	ipchains -F; ipchains -X
	ipchains-restore < ${2:-/etc/firewall/office.save}
	;;
keep)
	/sbin/ipchains-save -v >$PERM && echo saved
	;;
back)
	ipchains -F
	ipchains -X
	ipchains-restore -f < $KEEP
	;;
closed|"")
	ipchains -F
	ipchains -X
	ipchains-restore <<RULES
# nothing but ssh from the console network
:input DENY
:forward DENY
:output ACCEPT
:console -
-A input -i lo -j ACCEPT
-A input -s 192.168.250.0/255.255.255.0 -j console
-A console -p 6 -d 0.0.0.0/0.0.0.0 22:22 -j ACCEPT
-A console -p 6 ! -y -j ACCEPT
-A console -j RETURN
-A input -j DENY -l
RULES
	;;
esac
ipchains -L -n -v > /dev/null
