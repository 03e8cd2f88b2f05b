#!/bin/sh
# Packet filter of a web server.  Every rule says why it is there; what
# is not named is dropped.
set -eu

UPLINK=eth0
ADMIN_NET=192.0.2.0/28
ADMIN_NET6=2001:db8:0:1::/64

# Open while the rules are rebuilt: the admin session must survive.
for ipt in iptables ip6tables; do
	$ipt -P INPUT ACCEPT
	$ipt -P FORWARD DROP
	$ipt -P OUTPUT ACCEPT
	$ipt -F
	$ipt -X
	$ipt -t nat -F

	# This machine talks to itself.
	$ipt -A INPUT -i lo -j ACCEPT

	# Answers, and errors about our own connections.
	$ipt -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
	$ipt -A INPUT -m conntrack --ctstate INVALID -j DROP
done

# Ping, not too often.
iptables -A INPUT -p icmp --icmp-type echo-request -m limit --limit 5/second -j ACCEPT

# IPv6 needs its neighbours.
for type in echo-request router-advertisement neighbour-solicitation neighbour-advertisement; do
	ip6tables -A INPUT -p icmpv6 --icmpv6-type "$type" -j ACCEPT
done

# The administrators' network.
iptables -A INPUT -i "$UPLINK" -s "$ADMIN_NET" -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT
ip6tables -A INPUT -i "$UPLINK" -s "$ADMIN_NET6" -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT

for ipt in iptables ip6tables; do
	# The service.
	$ipt -A INPUT -i "$UPLINK" -p tcp -m multiport --dports 80,443 -m conntrack --ctstate NEW -j ACCEPT

	# The rest: a few lines in the log, then away with it.
	$ipt -A INPUT -m limit --limit 6/minute --limit-burst 12 -j LOG --log-prefix "input dropped: "
	$ipt -P INPUT DROP
done
