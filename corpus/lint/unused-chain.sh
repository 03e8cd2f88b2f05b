# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
# expect: unused-chain
iptables -N web
iptables -A web -p tcp --dport 80 -j ACCEPT
# Near miss: asked from another chain.
iptables -N mail
iptables -A mail -p tcp --dport 25 -j ACCEPT
iptables -A INPUT -j mail
# Near miss: Neutron leads packets there once a machine has a port.
iptables -N neutron-openvswi-sg-chain
iptables -A neutron-openvswi-sg-chain -j ACCEPT
