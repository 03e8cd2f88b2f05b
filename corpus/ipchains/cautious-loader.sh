#!/bin/sh
# Load the rules step by step; stop at the first step that fails, with
# the machine closed and not open.

ipc=/sbin/ipchains

$ipc -P input DENY || exit 1
$ipc -P forward DENY || exit 1

$ipc -F && $ipc -X &&\
$ipc -A input -i lo -j ACCEPT &&\
$ipc -A input -p icmp -s 0/0 3 -j ACCEPT &&\
$ipc -A input -p icmp -s 0/0 8 -j ACCEPT \
	|| { echo "base rules refused" >&2; exit 1; }

# Old kernels have no lo in the list of interfaces: never mind.
$ipc -A output -i lo -j ACCEPT 2>/dev/null || true

[ -r /etc/firewall/friends ] &&
for friend in `sed -e 's/#.*//' /etc/firewall/friends`; do
	$ipc -A input -p tcp -s $friend -d 192.0.2.5 22 -j ACCEPT || exit 1
	$ipc -A input -p tcp -s $friend 22 -d 192.0.2.5 1000: ! -y -j ACCEPT || exit 1
done

test -z "$NOWEB" && for p in www https; do
	$ipc -A input -p tcp -d 192.0.2.5 $p -j ACCEPT
done

# the whole rest in one breath
$ipc -A input -p tcp ! -y -d 192.0.2.5 1024: -j ACCEPT	&& \
$ipc -A input -p udp -s 198.51.100.53 53 -d 192.0.2.5 -j ACCEPT	&& \
$ipc -A input -l -j DENY				&& \
echo "rules loaded" || {
	$ipc -F input
	echo "rules NOT loaded, input is closed" >&2
	exit 1
}
$ipc -L -n >/dev/null 2>&1; exit 0
