#!/bin/sh
# open or close the house network for one guest
#
#	guest start 192.168.3.77
#	guest stop  192.168.3.77
#
# The same lines serve for both: only the action letter differs.

case "$1" in
start)	ACTION=-A
	WORD=open ;;
stop)	ACTION=-D
	WORD=closed ;;
*)	echo "usage: `basename $0` start|stop [address]"
	exit 1 ;;
esac

GUEST=${2:-192.168.3.77}
PRINTER=192.168.3.9
FW=/sbin/ipchains

$FW $ACTION input -i eth1 -p tcp -s $GUEST 1024: -d $PRINTER 515 -j ACCEPT
$FW $ACTION input -i eth1 -p tcp -s $GUEST 1024: -d ! 192.168.3.0/24 ftp:telnet -j ACCEPT
$FW $ACTION input -i eth1 -p tcp -s $GUEST 1024: -d ! 192.168.3.0/24 www -j ACCEPT
$FW $ACTION input -i eth1 -p udp -s $GUEST -d 192.168.3.1 53 -j ACCEPT
$FW $ACTION input -i eth1 -s $GUEST -j REJECT
$FW $ACTION forward -i ppp0 -s $GUEST -d 0.0.0.0/0 -j MASQ

# Only log while somebody is there.
if [ $ACTION = -A ]; then LOG=-l; else LOG=; fi
$FW ${ACTION} output -i eth1 -p tcp -y -d $GUEST $LOG -j DENY || \
	$FW ${ACTION} output -i eth1 -p tcp -y -d $GUEST -l -j DENY

logger -t guest "house network $WORD for $GUEST"
