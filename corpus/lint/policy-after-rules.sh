# An excerpt: more of the script stands around it.
# Near miss: closed by a policy first.
iptables -P FORWARD DROP
iptables -A FORWARD -p tcp --dport 22 -j ACCEPT
iptables -P FORWARD DROP

iptables -A INPUT -p tcp --dport 22 -j ACCEPT
# expect: policy-after-rules
iptables -P INPUT DROP
