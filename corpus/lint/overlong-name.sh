# An excerpt: more of the script stands around it.
# expect: overlong-name
iptables -N connections-from-the-outside-world
# Near miss: as long as a name may be.
iptables -N connections-from-the-outside
iptables -P INPUT DROP
# expect: overlong-name
iptables -A INPUT -i a-long-interface -j ACCEPT
iptables -A INPUT -i along-interface -j ACCEPT
