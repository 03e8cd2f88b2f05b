#!/bin/sh
# Packs of options, as they were kept on our old router.

ipc=/sbin/ipchains
tcp="-p tcp"	udp="-p udp"	new="-p tcp -y"
any="-s 0.0.0.0/0"
lan="-s 10.64.0.0/10 -i eth1"
ok="-j ACCEPT"	no="-j DENY"	tell="-l -j REJECT"
add="$ipc -A"

$ipc -F input; $ipc -F output
$ipc -P forward DENY
$add input $lan $ok
$add input $tcp $any -d 192.0.2.10 80 $ok
$add input $udp $any 53 -d 192.0.2.10 1024: $ok
$add input $new $any -d 192.0.2.10 113 $tell
$add input $any $no
$add output $new -d 10.64.0.0/10 $no
