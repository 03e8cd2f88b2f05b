#!/bin/bash
# Which department may do what.  Targets and chains come from variables;
# numbers of rules are worked out with `ipchains -L`.

IPCHAINS=${IPCHAINS:-/sbin/ipchains}
OK=ACCEPT
NO=${NO:-REJECT}
LOG="-l"

dept() {
	name=$1 net=$2 target=$3
	shift 3
	$IPCHAINS -N $name || return
	for p; do
		$IPCHAINS -A $name -p tcp -d 0/0 $p -j $target
	done
	$IPCHAINS -A $name -p udp -d 0/0 53 -j $OK
	$IPCHAINS -A $name -p tcp ! -y -j RETURN
	$IPCHAINS -A $name -j $NO $LOG
	$IPCHAINS -A forward -s $net -j $name
}

$IPCHAINS -F forward
$IPCHAINS -P forward $NO

dept physics  10.81.0.0/16 $OK  ssh telnet ftp www 6000:6010
dept botany   10.82.0.0/16 $OK  www smtp
dept guests   10.83.0.0/16 MASQ www https
dept library  10.84.0.0/16 "$OK" www 210

# the director's machine goes first in botany; and its last rule is replaced
last=`$IPCHAINS -L botany -n --line-numbers 2>/dev/null | tail -1 | awk '{ print $1 }'`
$IPCHAINS -I botany 1 -s 10.82.0.2 -j ACCEPT
if [ -n "$last" ]; then
	$IPCHAINS -R botany $(($last + 1)) -j DENY
else
	$IPCHAINS -R botany 5 -j DENY
fi

# no jump is needed for what stays inside
for from in 81 82 83 84; do
	for to in 81 82 83 84; do
		if [ $from -eq $to ]; then
			$IPCHAINS -I forward -s 10.$from.0.0/16 -d 10.$to.0.0/16 -j ACCEPT
		fi
	done
done

# examinations: guests out
test -n "$EXAM" && $IPCHAINS -I forward 1 -s 10.83.0.0/16 -j $NO && echo "guests are out" ||:
