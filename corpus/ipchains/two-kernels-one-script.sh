#!/bin/sh
# Works with 2.2 (ipchains) and 2.4 (iptables).  Red Hat loads the
# ipchains module even on 2.4 kernels, which blocks iptables.

WORLD=eth0
HOME=eth1
HOMENET=192.168.2.0/24

case `uname -r` in
2.4*|2.6*|[3-9]*)
	if lsmod 2>/dev/null | grep -q '^ipchains'; then
		service ipchains stop
		chkconfig ipchains off
		ipchains -F; ipchains -X
		rmmod ipchains; modprobe ip_tables
	fi
	modprobe iptable_nat
	modprobe ip_conntrack_ftp ; modprobe ip_nat_ftp
	TOOL=iptables
	;;
*)
	for m in ftp irc raudio vdolive; do
		modprobe ip_masq_$m
	done
	TOOL=ipchains
	;;
esac

echo "using $TOOL"
sysctl -w net.ipv4.ip_forward=0 >/dev/null
sysctl -w net.ipv4.conf.all.rp_filter=1 > /dev/null

if [ $TOOL = ipchains ]; then
	ipchains -F
	ipchains -P input DENY
	ipchains -P output ACCEPT
	ipchains -P forward DENY
	ipchains -A input -i lo -j ACCEPT
	ipchains -A input -i $HOME -s $HOMENET -j ACCEPT
	ipchains -A input -i $WORLD -p tcp ! -y -j ACCEPT
	ipchains -A input -i $WORLD -p udp -s 0/0 53 -j ACCEPT
	ipchains -A input -i $WORLD -p icmp -j ACCEPT
	ipchains -A input -j DENY -l
	ipchains -A forward -i $WORLD -s $HOMENET -j MASQ
else
	iptables -F
	iptables -t nat -F
	iptables -P INPUT DROP
	iptables -P OUTPUT ACCEPT
	iptables -P FORWARD DROP
	iptables -A INPUT -i lo -j ACCEPT
	iptables -A INPUT -i $HOME -s $HOMENET -j ACCEPT
	iptables -A INPUT -i $WORLD -m state --state ESTABLISHED,RELATED -j ACCEPT
	iptables -A INPUT -i $WORLD -p icmp -j ACCEPT
	iptables -A INPUT -m limit --limit 5/min -j LOG
	iptables -A FORWARD -i $HOME -o $WORLD -s $HOMENET -j ACCEPT
	iptables -A FORWARD -i $WORLD -o $HOME -m state --state ESTABLISHED,RELATED -j ACCEPT
	iptables -t nat -A POSTROUTING -o $WORLD -s $HOMENET -j MASQUERADE
fi

sysctl -w net.ipv4.ip_forward=1 >/dev/null
