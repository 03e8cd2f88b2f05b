#!/bin/sh
# hostfw: a host filter whose verdicts come from /etc/hostfw.conf
#
#	NO=REJECT	DENY or REJECT, for what is not wanted
#	LOGIT=-l		empty, or -l for a line in the log

NO=DENY
LOGIT=
test -r /etc/hostfw.conf && . /etc/hostfw.conf

stop() {
	ipchains -F
	for c in input output forward; do ipchains -P $c ACCEPT; done
}

start() {
	stop
	ipchains -P input $NO
	ipchains -A input -i lo -j ACCEPT
	ipchains -A input -p tcp ! -y -j ACCEPT
	ipchains -A input -p udp -s 0/0 53 -d 0/0 1024: -j ACCEPT
	for port in ${OPEN:-22 25}; do
		ipchains -A input -p tcp -d 0/0 $port -j ACCEPT
	done
	ipchains -A input -p tcp -d 0/0 113 -j REJECT
	ipchains -A input $LOGIT -j $NO
}

case "$1" in
start|stop)	$1 ;;
restart)	stop; start ;;
*)		echo "Usage: hostfw {start|stop|restart}"; exit 1 ;;
esac
