# An excerpt: more of the script stands around it.
# The exclamation mark goes before the option today.
NET=10.0.0.0/8
iptables -P INPUT DROP
# expect: old-negation
iptables -A INPUT -s ! $NET -j DROP
# expect: old-negation
iptables -A INPUT -i ! eth0 -p tcp --dport 22 -j DROP
# expect: old-negation
iptables -A INPUT -p tcp --dport ! 23 -j DROP
# expect: old-negation
# expect: bare-masquerade
iptables -t nat -A POSTROUTING -s ! $NET -j MASQUERADE

iptables -P FORWARD DROP
iptables -A FORWARD ! -s $NET -p udp -j DROP
iptables -A INPUT -p tcp ! --syn --dport 23 -j ACCEPT
iptables -A INPUT -m comment --comment "! not an option" -s 10.0.0.1 -j ACCEPT
