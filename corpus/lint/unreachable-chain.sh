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
