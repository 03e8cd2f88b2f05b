#!/bin/sh
iptables -F
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -P OUTPUT ACCEPT

# expect: unlimited-log
iptables -A INPUT -i eth0 -j LOG --log-prefix "in: "

# Near misses: limited in two ways, and a rule that only has the word in a comment.
iptables -A INPUT -m limit --limit 3/min -j LOG --log-prefix "in: "
iptables -A INPUT -m hashlimit --hashlimit-upto 3/min --hashlimit-name log -j LOG
iptables -A INPUT -m comment --comment "no LOG" -j DROP
