# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
iptables -A INPUT -p tcp -s 10.0.0.0/8 -j ACCEPT
# expect: unreachable-rule
iptables -A INPUT -p tcp -s 10.1.0.0/16 --dport 22 -j ACCEPT

# Two rules together decide all packets of a third one.
iptables -A INPUT -p udp -s 192.0.2.0/25 -j ACCEPT
iptables -A INPUT -p udp -s 192.0.2.128/25 -j DROP
# expect: unreachable-rule
iptables -A INPUT -p udp -s 192.0.2.0/24 --dport 53 -j ACCEPT

# Near misses: a limit decides only some packets, and a condition holds only in some runs.
iptables -A INPUT -p icmp -m limit --limit 5/second -j ACCEPT
iptables -A INPUT -p icmp --icmp-type echo-request -j ACCEPT
if [ -n "$OFFICE" ]; then
  iptables -A INPUT -p tcp --dport 8080 -j ACCEPT
fi
iptables -A INPUT -p tcp --dport 8080 -s 192.0.2.7 -j ACCEPT

# Rules for IPv6, where addresses are told apart by how they are written.
ip6tables -P INPUT DROP
ip6tables -A INPUT -i lo -j ACCEPT
ip6tables -A INPUT -s fe80::/10 -p tcp -j ACCEPT
# expect: unreachable-rule
ip6tables -A INPUT -s fe80::/10 -p tcp --dport 22 -j ACCEPT
ip6tables -A INPUT -s 2001:db8::/32 -p tcp --dport 22 -j ACCEPT
both() { iptables "$@"; ip6tables "$@"; }
# Only one of the two rules is covered.
both -A INPUT -i lo -p tcp -j ACCEPT
