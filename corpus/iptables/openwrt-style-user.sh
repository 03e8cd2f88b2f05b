# This file is interpreted as shell script, after the built-in rules.
# No shebang: it is sourced.

. /etc/firewall/user.conf

WAN=${wan_ifname:-eth0.2}
[ "$remote_admin" = "1" ] && {
	iptables -t nat -A prerouting_wan -p tcp --dport "$admin_port" -j DNAT --to 192.168.8.1:443
	iptables        -A input_wan      -p tcp -d 192.168.8.1 --dport 443 -j ACCEPT
}

for host in $kids; do
	for day in Mon Tue Wed Thu Fri; do
		iptables -I forwarding_rule -s $host -m time --timestart 21:00 --timestop 06:00 --weekdays $day -j REJECT
	done
done

[ -n "$dmz_host" ] && iptables -t nat -A prerouting_wan -j DNAT --to-destination $dmz_host
iptables -t nat -I postrouting_rule -o ${WAN%%.*} -j MASQUERADE
unset host day
