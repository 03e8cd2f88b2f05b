#!/bin/sh
# dhclient-exit-hooks: new address, new rules
#
# dhclient sets $reason, $interface, $new_ip_address, $old_ip_address...

reason=${reason:-BOUND}
interface=${interface:-eth0}
new_ip_address=${new_ip_address:-192.0.2.201}

fw() {
    /sbin/ipchains "$@" || echo "refused: ipchains $*" >&2
}

case $reason in
BOUND|RENEW|REBIND|REBOOT)
    if [ "x$old_ip_address" != "x$new_ip_address" ]; then
	fw -F input
	fw -P input DENY
	fw -A input -i lo -j ACCEPT
	fw -A input -i ! $interface -s 192.168.0.0/24 -j ACCEPT

	# the lease server is in the provider's private network
	fw -A input -i $interface -p udp -s ${new_dhcp_server_identifier:-10.0.0.1} 67 -d 0/0 68 -j ACCEPT
	fw -A input -i $interface -p udp -s 0/0 67 -d 255.255.255.255 68 -j ACCEPT

	fw -A input -i $interface -p tcp -d $new_ip_address 22 -j ACCEPT
	fw -A input -i $interface -p tcp -d $new_ip_address ! 1:1023 ! -y -j ACCEPT
	for ns in ${new_domain_name_servers:-198.51.100.53}; do
	    fw -A input -i $interface -p udp -s $ns 53 -d $new_ip_address 1024:65535 -j ACCEPT
	done
	fw -A input -i $interface -p icmp -d $new_ip_address -j ACCEPT
	fw -A input -j DENY		# no -l: the cable is full of broadcasts

	fw -F forward
	fw -A forward -i $interface -s 192.168.0.0/24 -j MASQ
    fi
    ;;
EXPIRE|FAIL|RELEASE|STOP)
    fw -F forward
    fw -P forward DENY
    ;;
esac
