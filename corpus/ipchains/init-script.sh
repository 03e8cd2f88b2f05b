#!/bin/sh
#
# packetfilter	Loads and unloads the packet filter
#
# chkconfig: 2345 08 92
# description: Packet filter for the machines of the laboratory. \
#              Started before the network, so that there is no gap.
# processname: none
# config: /etc/firewall/site.conf

# Source function library.
. /etc/rc.d/init.d/functions

# Defaults, changed by the site file
EXTIF=eth0
INTIF=eth1
INTNET=10.20.0.0/16
OPEN_TCP="22"
OPEN_UDP=""
LOCK=/var/lock/subsys/packetfilter

[ -f /etc/firewall/site.conf ] && . /etc/firewall/site.conf

# Without the tool there is nothing to do.
[ -x /sbin/ipchains ] || exit 0

RETVAL=0

clear_rules()
{
	/sbin/ipchains -F
	/sbin/ipchains -X
	/sbin/ipchains -Z
}

start()
{
	echo -n "Loading packet filter: "
	clear_rules
	/sbin/ipchains -P input DENY
	/sbin/ipchains -P forward DENY
	/sbin/ipchains -P output ACCEPT

	/sbin/ipchains -A input -i lo -j ACCEPT
	/sbin/ipchains -A input -i $INTIF -s $INTNET -j ACCEPT
	/sbin/ipchains -A input -i $EXTIF -s $INTNET -l -j DENY

	for port in $OPEN_TCP; do
		/sbin/ipchains -A input -i $EXTIF -p tcp -d 0/0 $port -j ACCEPT
	done
	for port in $OPEN_UDP; do
		/sbin/ipchains -A input -i $EXTIF -p udp -d 0/0 $port -j ACCEPT
	done

	/sbin/ipchains -A input -i $EXTIF -p tcp ! -y -j ACCEPT
	/sbin/ipchains -A input -i $EXTIF -p udp --sport 53 --dport 1024: -j ACCEPT
	/sbin/ipchains -A input -i $EXTIF -p icmp -j ACCEPT
	/sbin/ipchains -A input -i $EXTIF -l -j DENY

	if [ "$MASQUERADE" = "yes" ]; then
		/sbin/ipchains -A forward -i $EXTIF -s $INTNET -j MASQ
		echo 1 > /proc/sys/net/ipv4/ip_forward
	fi
	RETVAL=$?
	[ $RETVAL -eq 0 ] && success "packet filter" || failure "packet filter"
	echo
	[ -d /var/lock/subsys ] && touch $LOCK
	return $RETVAL
}

stop()
{
	echo -n "Unloading packet filter: "
	echo 0 > /proc/sys/net/ipv4/ip_forward
	clear_rules
	/sbin/ipchains -P input ACCEPT
	/sbin/ipchains -P output ACCEPT
	/sbin/ipchains -P forward DENY
	success "packet filter"
	echo
	rm -f $LOCK
}

panic()
{
	# pull the plug
	for c in input output forward; do
		/sbin/ipchains -P $c DENY
	done
	clear_rules
}

case "$1" in
  start)
	start
	;;
  stop)
	stop
	;;
  restart|reload)
	stop
	start
	;;
  status)
	/sbin/ipchains -L -n
	;;
  panic)
	panic
	;;
  *)
	echo "Usage: $0 {start|stop|restart|status|panic}"
	exit 1
esac

exit $RETVAL
