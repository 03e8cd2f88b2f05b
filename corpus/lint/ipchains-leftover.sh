# An excerpt: more of the script stands around it.
# Converted by search and replace.
iptables -P INPUT DROP
# expect: ipchains-leftover
iptables -A INPUT -s 10.0.0.0/8 -j DENY
# expect: ipchains-leftover
iptables -A input -s 172.16.0.0/12 -j DROP
# expect: ipchains-leftover
iptables -A INPUT -p tcp -y --dport 79 -j DROP
# expect: ipchains-leftover
iptables -A INPUT -s 10.0.0.0/8 -j DROP -l
# expect: ipchains-leftover
iptables -A INPUT -p tcp -d 192.0.2.1 80 -j ACCEPT
# expect: ipchains-leftover
iptables -P FORWARD DENY

# A chain of that name is no leftover.
iptables -N MASQ
iptables -A MASQ -j DROP
iptables -A INPUT -s 192.168.0.0/16 -j MASQ
iptables -A INPUT -p tcp --syn -j ACCEPT
iptables -A INPUT -p tcp -d 192.0.2.2 --dport 80 -j ACCEPT
