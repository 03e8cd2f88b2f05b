# An excerpt: more of the script stands around it.
# Packets have no way out before they are routed, and no way in when they leave.
iptables -P INPUT DROP
iptables -P OUTPUT DROP
# expect: wrong-interface-direction
iptables -A INPUT -o eth0 -j ACCEPT
# expect: wrong-interface-direction
iptables -A OUTPUT -i eth0 -j ACCEPT
# expect: wrong-interface-direction
iptables -t nat -A PREROUTING -o eth0 -p tcp --dport 80 -j DNAT --to 10.0.0.1
# expect: wrong-interface-direction
iptables -t nat -A POSTROUTING -i eth0 -j SNAT --to 192.0.2.1

iptables -A INPUT -i eth1 -j ACCEPT
iptables -A OUTPUT -o eth1 -j ACCEPT
iptables -P FORWARD DROP
iptables -A FORWARD -i eth0 -o eth1 -j ACCEPT
iptables -N both
iptables -A FORWARD -j both
iptables -A both -i eth0 -o eth1 -j ACCEPT
