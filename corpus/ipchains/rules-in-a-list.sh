#!/bin/sh
# The rules of this host stand in a list, one a line: chain, target, and what
# the rule looks at.  Lines that begin with # are switched off.

ipchains -F
ipchains -P input DENY
ipchains -P output ACCEPT
ipchains -P forward DENY

while read chain target rest; do
	case $chain in
	"" | \#*) continue ;;
	esac
	ipchains -A $chain $rest -j $target
done < /etc/firewall/rules.list
