#!/bin/bash
# laptopfw [home|office|hotel]
#
# Chooses the rules by place.  Without an argument the place is guessed
# from the address that DHCP gave us.

IPC="${IPCHAINS:-/sbin/ipchains}"
IF="${IFACE:-eth0}"

addr=$(/sbin/ifconfig $IF | grep 'inet addr:' | cut -d: -f2 | cut -d' ' -f1)
mask=$(ifconfig $IF | sed -n 's/.*Mask:\([0-9.]*\).*/\1/p')
net="${addr%.*}.0/${mask:-255.255.255.0}"
first=${addr%%.*}

place="$1"
if [ -z "$place" ]; then
    case "$addr" in
	192.168.12.*)	place=home ;;
	10.*|172.1[6-9].*) place=office ;;
	"")		echo "no address on $IF"; place=hotel ;;
	*)		place=hotel ;;
    esac
fi

add() { $IPC -A input -i $IF "$@"; }

# what each place may do
home_tcp="22 139 515"	home_udp="137:138"
office_tcp="22"		office_udp=""
hotel_tcp=""		hotel_udp=""

eval "tcp=\$${place}_tcp udp=\$${place}_udp"

$IPC -F input
$IPC -P input ACCEPT
$IPC -A input -i lo -j ACCEPT
for p in $tcp; do add -p tcp -s $net -d $addr $p -j ACCEPT; done
for p in $udp; do add -p udp -s $net -d ${addr:-0/0} $p -j ACCEPT; done

case $place in
    home|office)
	add -p icmp -s $net -j ACCEPT
	log=""
	;;
    hotel)
	log="-l"
	;;
    *)
	echo "never been in $place" >&2
	exit 1
	;;
esac

add -p icmp -s 0/0 destination-unreachable -j ACCEPT
add -p tcp ! -y -j ACCEPT
add -p udp -s 0/0 53 -d 0/0 1024: -j ACCEPT
add -p udp -s 0/0 bootps -d 0/0 bootpc -j ACCEPT
eval "$IPC -A input -i $IF $log -j DENY"

# somebody shares the first byte with the office and is not in it
[ "${first:-0}" = 10 ] && [ "$place" != office ] && echo "strange network: $net"
true
