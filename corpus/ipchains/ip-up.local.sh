#!/bin/sh
#
# /etc/ppp/ip-up.local
#
# pppd calls this with
#     $1 interface  $2 tty  $3 speed  $4 local address  $5 remote address  $6 ipparam
#
# The PCs in the house have 192.168.7.1 (this machine) as their name
# server, but no name server runs here.  Every provider hands out other
# servers, so the questions are forwarded to whatever the last call
# wrote into /etc/resolv.conf.

IF=${1:-ppp0}
LOCAL=${4:-192.0.2.77}

GW=192.168.7.1
LAN=192.168.7.0/24

major=`uname -r | cut -d. -f1-2`

NS=`perl -ne 'print "$1 " if /^\s*nameserver\s+(\d+\.\d+\.\d+\.\d+)/' /etc/resolv.conf`

if [ "$major" = "2.2" ]; then
	ipmasqadm portfw -f
	ipchains -F forward
	ipchains -A forward -i $IF -s $LAN -j MASQ
	ipchains -A forward -i eth0 -s $LAN -d $LAN -j ACCEPT
	for ns in $NS; do
		# several entries with the same port: taken in turn
		ipmasqadm portfw -a -P udp -L $GW 53 -R $ns 53 -p 10
		ipmasqadm portfw -a -P tcp -L $GW 53 -R $ns 53 -p 10
		ipchains -A input -i $IF -p udp -s $ns 53 -d $LOCAL 1024: -j ACCEPT
		ipchains -A input -i $IF -p tcp ! -y -s $ns 53 -d $LOCAL 1024: -j ACCEPT
	done
else
	iptables -t nat -F
	iptables -t nat -A POSTROUTING -o $IF -s $LAN -j MASQUERADE
	for ns in `perl -ne 'print "$1\n" if /^\s*nameserver\s+(\S+)/' /etc/resolv.conf`; do
		iptables -t nat -A PREROUTING -i eth0 -d $GW -p udp --dport 53 -j DNAT --to $ns
		iptables -t nat -A PREROUTING -i eth0 -d $GW -p tcp --dport 53 -j DNAT --to $ns
		break	# the first one is enough
	done
fi

# the rest of the filter does not change with the address
[ -x /usr/local/sbin/firewall ] && /usr/local/sbin/firewall $IF $LOCAL
exit 0
