# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
# expect: shadowed-rule
iptables -A INPUT -p tcp -s 192.0.2.7 --dport 22 -j DROP

# Near miss: other ports are left.
iptables -A INPUT -p tcp -s 192.0.2.8 --dport 20:22 -j DROP
