# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
# expect: limit-then-accept
iptables -A INPUT -p tcp --syn -m limit --limit 5/second -j ACCEPT
# expect: limit-then-accept
iptables -A INPUT -p tcp --tcp-flags SYN,RST,ACK SYN -m limit --limit 5/second -j ACCEPT
# Near misses: no such packet opens a connection, a port is named, and the limit is for the log.
iptables -A INPUT -p tcp --syn --dport 80 -m limit --limit 5/second -j ACCEPT
iptables -A INPUT -p tcp --syn -m limit --limit 5/minute -j LOG
iptables -A INPUT -p tcp --tcp-flags SYN,ACK,FIN,RST RST -m limit --limit 1/second -j ACCEPT
