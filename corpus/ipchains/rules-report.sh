#!/bin/sh
#
# Says what the firewall script would do, without doing it, and mails
# the administrator if something looks odd.  This one changes no rules,
# except for the line marked <== .

SCRIPT=${1:-/etc/firewall/rc.filter}
REPORT=/dev/stdout

if [ ! -r $SCRIPT ]; then
	echo "no $SCRIPT here" >&2
	exit 0
fi

# how many?
n=`grep -c '^[^#]*ipchains.*-A' $SCRIPT`
echo "$SCRIPT: $n rules" > $REPORT

# every ACCEPT without an interface
grep 'ipchains -A input' $SCRIPT | grep -v -- ' -i ' | grep -e '-j ACCEPT' |
	sed -e 's/^/open on all sides: /'

# what the policies should be
for want in "ipchains -P input DENY" "ipchains -P forward DENY"; do
	if grep -q "$want" $SCRIPT; then
		:
	else
		echo "missing: $want"
	fi
done

# telnet, still?
if egrep -q 'ipchains .*-d [^ ]* (23|telnet) .*ACCEPT' $SCRIPT; then
	echo "telnet is open.  Close it with"
	echo "    ipchains -I input 1 -p tcp -d 0/0 telnet -j DENY"
	ipchains -I input 1 -p tcp -d 0/0 telnet -j DENY	# <==
fi

cat <<END
A rule has this form:

    ipchains -A input -p tcp -s SOURCE -d TARGET PORT -j DENY

and these are the ones that I would add to $SCRIPT today:

    ipchains -A input -i eth0 -s 10.0.0.0/8 -j DENY
    ipchains -A input -i eth0 -p udp -d 0/0 31337 -j DENY -l
END

cat <<'END' | tr a-z A-Z
ipchains -A output -j ACCEPT   is what you get without any rule
END

awk '/ipchains -A/ { seen[$0]++ } END { for (r in seen) if (seen[r] > 1) print "twice: " r }' $SCRIPT
# ipchains -F			never do this from here
exit 0
