# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
# expect: world-open-admin-port
iptables -A INPUT -p tcp --dport 3306 -j ACCEPT
# Near misses: from one network, by one interface, and a service for everybody.
iptables -A INPUT -p tcp -s 192.0.2.0/24 --dport 5432 -j ACCEPT
iptables -A INPUT -i eth1 -p tcp --dport 6379 -j ACCEPT
iptables -A INPUT -p tcp --dport 443 -j ACCEPT
