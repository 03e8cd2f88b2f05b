# An excerpt: more of the script stands around it.
# A look at the rules changes nothing, and these wait.
iptables -nL INPUT
iptables -w -P INPUT DROP
iptables --wait 5 -P FORWARD DROP
iptables $OPTIONS -P OUTPUT ACCEPT
# expect: missing-wait-lock
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -i eth0 -j DROP
