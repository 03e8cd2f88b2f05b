#!/bin/sh
# One chain for each zone that the settings name, and rules for single hosts
# from a list: what the chains are called, and what the rules say, is known
# to those two files alone.
# shellcheck disable=SC1091

IPCHAINS=/sbin/ipchains
. /etc/firewall/zones.conf		# ZONES, and for each the IF_ and SERVICES_ of it

$IPCHAINS -F
$IPCHAINS -X
$IPCHAINS -P input DENY
$IPCHAINS -P forward DENY

$IPCHAINS -A input -i lo -j ACCEPT
for zone in $ZONES; do
	eval if=\$IF_$zone
	eval services=\$SERVICES_$zone
	$IPCHAINS -N $zone
	for service in $services; do
		$IPCHAINS -A $zone -p tcp -d 0/0 $service -j ACCEPT
	done
	$IPCHAINS -A $zone -l -j DENY
	$IPCHAINS -A input -i $if -j $zone
done

# hosts.list: in, out or fwd, and the rest of the rule
while read where rule; do
	case $where in
	in)	$IPCHAINS -I input $rule ;;
	out)	$IPCHAINS -A output $rule ;;
	fwd)	$IPCHAINS -A forward $rule ;;
	esac
done < /etc/firewall/hosts.list

$IPCHAINS -A forward -s 10.1.0.0/16 -i ppp0 -j MASQ
