# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
iptables -N web
# expect: empty-chain-jump
iptables -A INPUT -p tcp -j web
# Near miss: filled afterwards.
iptables -N mail
iptables -A INPUT -p tcp -j mail
iptables -A mail -p tcp --dport 25 -j ACCEPT
