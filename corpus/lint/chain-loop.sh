# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
iptables -N one
iptables -N two
iptables -A INPUT -j one
iptables -A one -p tcp -j two
# expect: chain-loop
iptables -A two -p tcp -j one
# Near miss: twice the same chain is no loop.
iptables -N three
iptables -A three -p udp -j ACCEPT
iptables -A one -j three
iptables -A two -j three
