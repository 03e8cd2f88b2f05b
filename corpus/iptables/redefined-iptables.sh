#!/bin/bash
# the function has the name of the command: every call below is counted
# and the first error ends the script

calls=0
iptables() {
	calls=$((calls + 1))
	/sbin/iptables "$@" || { echo "call $calls failed: iptables $*" >&2; exit 1; }
}

prefix="$(basename "$0" .sh)"

for table in filter nat mangle; do
	iptables -t $table -F
	iptables -t $table -X
done

iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -N "log-drop"
iptables -A log-drop -m limit --limit 5/min -j LOG --log-prefix "$prefix: "
iptables -A log-drop -j DROP

iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -s 203.0.113.0/24 -g log-drop
iptables -A INPUT -p tcp -m tcp --dport 22 -m hashlimit --hashlimit-name ssh \
	--hashlimit-mode srcip --hashlimit-upto 6/min --hashlimit-burst 6 -j ACCEPT
iptables -A INPUT -p udp -m udp --dport 51820 -j ACCEPT
iptables -A INPUT -m addrtype --dst-type BROADCAST -j DROP
iptables -A INPUT -j log-drop

iptables -A OUTPUT -m owner --uid-owner nobody -j REJECT
iptables -A FORWARD -i wg0 -o eth0 -j ACCEPT
iptables -A FORWARD -i eth0 -o wg0 -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -t nat -A POSTROUTING -s 10.200.0.0/24 -o eth0 -j MASQUERADE

echo "$calls calls"
