#! /bin/bash
# firewall (start|stop|status): small hosting machine, one chain for each
# kind of packet

PROG=$(basename "$0")
DEV=${DEV:-venet0}
WHITELIST="192.0.2.4 198.51.100.4"
function die { echo "$PROG: $*" >&2; exit 1; }

start() {
	iptables -N bad_tcp; iptables -N tcp_ok; iptables -N in_tcp; iptables -N in_icmp

	iptables -A bad_tcp -p tcp --tcp-flags SYN,ACK SYN,ACK -m state --state NEW -j REJECT --reject-with tcp-reset
	iptables -A bad_tcp -p tcp ! --syn -m state --state NEW -j LOG --log-prefix "New not syn:"
	iptables -A bad_tcp -p tcp ! --syn -m state --state NEW -j DROP
	iptables -A bad_tcp -p tcp --tcp-flags ALL NONE -j DROP
	iptables -A bad_tcp -p tcp --tcp-flags ALL FIN,URG,PSH -j DROP

	iptables -A tcp_ok -p TCP --syn -j ACCEPT
	iptables -A tcp_ok -p TCP -m state --state ESTABLISHED,RELATED -j ACCEPT
	iptables -A tcp_ok -p TCP -j DROP

	for p in 21 22 80; do
		iptables -A in_tcp -p TCP -s 0/0 --dport $p -j tcp_ok
	done
	iptables -A in_icmp -p ICMP -s 0/0 --icmp-type 8 -j ACCEPT
	iptables -A in_icmp -p ICMP -s 0/0 --icmp-type 11 -j ACCEPT

	iptables -A INPUT -p tcp -j bad_tcp
	for w in $WHITELIST; do iptables -A INPUT -s $w -j ACCEPT; done
	iptables -A INPUT -i lo -j ACCEPT
	iptables -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
	iptables -A INPUT -i $DEV -p tcp -j in_tcp
	iptables -A INPUT -i $DEV -p icmp -j in_icmp
	iptables -A INPUT -i $DEV -p tcp --dport 22 -m recent --name ssh --update --seconds 60 --hitcount 5 -j DROP
	iptables -A INPUT -i $DEV -p tcp --dport 22 -m recent --name ssh --set
	iptables -A INPUT -o $DEV -d 224.0.0.0/8 -j DROP
	iptables -P INPUT DROP
}

stop() {
	iptables -P INPUT ACCEPT
	iptables -F
	iptables -X
}

case "${1-}" in
start) start ;;
stop) stop ;;
status) iptables -L -n -v --line-numbers ;;
*) die "start, stop or status?" ;;
esac
