# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -P OUTPUT ACCEPT

# expect: limit-without-drop
iptables -A INPUT -p icmp --icmp-type echo-request -m limit --limit 1/s -j ACCEPT
# expect: limit-without-drop
iptables -A INPUT -p tcp --dport 22 -m hashlimit --hashlimit-upto 3/min --hashlimit-name ssh -j ACCEPT
iptables -A INPUT -p tcp --dport 80 -j DROP
iptables -A INPUT -p tcp -j ACCEPT
iptables -A INPUT -p icmp -j ACCEPT

# Near misses: the policy drops the rest, a rule does so for some sources, and a log that is to be short.
iptables -A FORWARD -p tcp --dport 22 -m limit --limit 3/min -j ACCEPT
iptables -A FORWARD -p tcp --dport 25 -m limit --limit 3/min -j ACCEPT
iptables -A FORWARD -s 192.0.2.0/24 -j DROP
iptables -A FORWARD -p tcp --dport 25 -j ACCEPT
iptables -A FORWARD -m limit --limit 3/min -j LOG
