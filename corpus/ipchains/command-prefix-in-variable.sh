#!/bin/sh
# gate -- rules of the modem pool, kept short by leaving out what repeats

ipt() { /sbin/ipchains "$@"; }

modems="ppp0 ppp1 ppp2 ppp3"
pool=10.1.1.0/28

ipt -F input
ipt -F gate  2>/dev/null
ipt -X gate  2>/dev/null
ipt -N gate

# the first words of the command; a tab stands between them
fw="ipchains	-A gate"
tcp="$fw -p tcp"
udp="$fw	-p udp"
ok="-j ACCEPT"
no="-l -j REJECT"

$tcp -d 192.0.2.25 smtp $ok
$tcp -d 192.0.2.25 pop3 $ok
$tcp -d 192.0.2.80 80 $ok
$tcp -d 192.0.2.80 443 $ok
$udp -d 192.0.2.53 domain $ok
$udp -d 192.0.2.53 ntp $ok
# the whole world, but not our other servers
$fw -d ! 192.0.2.0/24 $ok
# pings
$fw -p icmp -s $pool echo-request $ok
$fw $no

for m in $modems; do
	ipt -A input -i $m -s $pool -j gate
	ipt -A input -i $m ! -s $pool -j DENY -l
done

# somebody always tries the router itself
in=${fw%gate}input
$in -p tcp -s $pool -d 10.1.1.14 telnet $no
$in -p tcp -s 0/0 -d 10.1.1.14 telnet -j DENY
unset fw tcp udp in
