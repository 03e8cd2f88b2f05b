#!/bin/sh
# One line for the log: date, bytes in, bytes out.  For crontab:
#   0 * * * *  /usr/local/sbin/counter-report >> /var/log/bytes

in=`ipchains -L input -n -v -x | awk '/^ *[0-9]/ && $7 == "ppp0" { s += $2 } END { print s+0 }'`
out=`/sbin/ipchains -L output -n -v -x |\
	awk '/^ *[0-9]/ && $7 == "ppp0" { s += $2 } END { print s+0 }'`

echo "`date '+%Y-%m-%d %H:%M'`	$in	$out"
ipchains -Z && ipchains -L -n -v -x | awk '$1 == "Chain" { print $2, $4 }' >/dev/null

# The rules that do the counting are put in at boot time:
#	ipchains -I input -i ppp0
#	ipchains -I output -i ppp0
ipchains -C input -p tcp -s 192.0.2.1 1024 -d 192.0.2.2 25 -i ppp0 | grep -q accepted ||
	echo "mail is closed?" >&2
exit 0
