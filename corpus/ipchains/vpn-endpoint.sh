#!/bin/sh
#	Tunnels to the two branches.  Protocols 4, 47, 50 and 51 have no
#	ports, and some of them no name on every machine.

IPCHAINS=/sbin/ipchains
OUT=eth0
HERE=192.0.2.33
BRANCH1=198.51.100.33
BRANCH2=203.0.113.33
NETS="10.30.0.0/16 10.31.0.0/16"

$IPCHAINS -N tunnels
$IPCHAINS -A input  -i $OUT -j tunnels
$IPCHAINS -A output -i $OUT -j tunnels

for peer in $BRANCH1 $BRANCH2; do
	$IPCHAINS -A tunnels -b -p 47 -s $peer -d $HERE -j ACCEPT	# GRE
	$IPCHAINS -A tunnels -b -p 4  -s $peer -d $HERE -j ACCEPT	# IP in IP
	$IPCHAINS -A tunnels -b -p esp -s $peer -d $HERE -j ACCEPT
	$IPCHAINS -A tunnels -b -p ah -s $peer -d $HERE -j ACCEPT
	$IPCHAINS -A tunnels -b -p UDP -s $peer 500 -d $HERE 500 -j ACCEPT
done
# PPTP, a single old client
$IPCHAINS -A tunnels -p TCP -s 203.0.113.77 1024: -d $HERE 1723 -j ACCEPT
$IPCHAINS -A tunnels -p TCP ! -y -s $HERE 1723 -d 203.0.113.77 -j ACCEPT

# the same protocols from anybody else
for proto in 4 47 50 51 94; do
	$IPCHAINS -A tunnels -p $proto -j DENY -l
done
$IPCHAINS -A tunnels -p ! tcp -i ! $OUT -j DENY

# inside the tunnels
$IPCHAINS -P forward DENY
for a in $NETS; do
	for b in $NETS; do
		[ $a = $b ] && continue
		$IPCHAINS -A forward -s $a -d $b -j ACCEPT
	done
	$IPCHAINS -A forward -i tunl+ -s $a -j ACCEPT
done
$IPCHAINS -A forward -s 10.30.0.0/16 -i $OUT -d ! 10.0.0.0/8 -j MASQ
