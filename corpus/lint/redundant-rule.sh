# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
# expect: redundant-rule
iptables -A INPUT -p tcp -s 192.0.2.7 --dport 22 -j ACCEPT
# Near miss: between this rule and the one that accepts the rest stands one that drops a part.
iptables -A INPUT -p tcp -s 192.0.2.0/24 --dport 80 -j ACCEPT
iptables -A INPUT -p tcp -s 192.0.2.0/23 --dport 80 -j DROP
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p tcp --dport 80 -j ACCEPT
