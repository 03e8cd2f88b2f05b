#!/bin/bash
# Both families, side by side.  "both" is for what is the same in both.

both() {
	iptables "$@"
	ip6tables "$@"
}

both -F
both -X
both -P INPUT DROP
both -P FORWARD DROP
both -P OUTPUT ACCEPT

both -A INPUT -i lo -j ACCEPT
both -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
both -A INPUT -m conntrack --ctstate INVALID -j DROP

# IPv6 does not work at all without these
for t in destination-unreachable packet-too-big time-exceeded parameter-problem \
         router-advertisement neighbour-solicitation neighbour-advertisement; do
	ip6tables -A INPUT -p icmpv6 --icmpv6-type $t -j ACCEPT
done
ip6tables -A INPUT -p icmpv6 --icmpv6-type echo-request -m limit --limit 5/s -j ACCEPT
iptables -A INPUT -p icmp --icmp-type echo-request -m limit --limit 5/s -j ACCEPT
iptables -A INPUT -p icmp --icmp-type fragmentation-needed -j ACCEPT

for p in 22 80 443; do
	both -A INPUT -p tcp --dport $p -m conntrack --ctstate NEW -j ACCEPT
done
iptables  -A INPUT -p udp --dport 53 -s 192.0.2.0/24 -j ACCEPT
ip6tables -A INPUT -p udp --dport 53 -s 2001:db8:1::/48 -j ACCEPT
ip6tables -A INPUT -p udp -s fe80::/10 --sport 547 --dport 546 -j ACCEPT

both -A INPUT -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix "fw drop: "
