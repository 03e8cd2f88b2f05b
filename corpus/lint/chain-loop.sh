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
# A loop that a later command takes apart again was refused all the same.
iptables -F one
# Near miss: now nothing leads back.
iptables -A two -p tcp -j one
# expect: chain-loop
iptables -A one -p udp -j two
# Near miss: no built-in chain leads to these.
iptables -N four
iptables -N five
iptables -A four -j five
iptables -A five -j four
# expect: chain-loop
iptables -A INPUT -p tcp -j four
