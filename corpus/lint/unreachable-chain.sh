# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
# expect: unused-chain
iptables -N services
# expect: unreachable-chain
iptables -N web
iptables -A web -p tcp --dport 80 -j ACCEPT
iptables -A services -p tcp -j web
# Near miss: a way leads there through two chains.
iptables -N first
iptables -N second
iptables -A second -p tcp --dport 25 -j ACCEPT
iptables -A first -j second
iptables -A INPUT -j first
# Those that jump there send nothing: what they match was decided before, or is another protocol.
# expect: unreachable-chain
iptables -N mail
iptables -A mail -p tcp --dport 465 -j ACCEPT
iptables -N packets
# expect: unreachable-chain
iptables -N names
iptables -A names -p udp --dport 53 -j ACCEPT
iptables -A packets -p udp -j names
iptables -A packets -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p tcp -j packets
iptables -A INPUT -p tcp -j DROP
# expect: unreachable-rule
iptables -A INPUT -p tcp --dport 465 -j mail
# Near miss: one of two jumps brings packets.
iptables -N late
iptables -A late -j LOG
iptables -A late -p udp -j DROP
# expect: unreachable-rule
iptables -A INPUT -p tcp -j late
iptables -A INPUT -j late
