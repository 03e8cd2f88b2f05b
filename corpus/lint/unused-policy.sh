# An excerpt: more of the script stands around it.
# expect: unused-policy
iptables -P INPUT ACCEPT
# Near miss: beneath rules that drop the rest, DROP is a net.
iptables -P OUTPUT DROP
# expect: unused-policy
iptables -P FORWARD DROP

# expect: unused-policy
iptables -P INPUT ACCEPT
iptables -A INPUT -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -j DROP
iptables -A OUTPUT -p tcp -j ACCEPT
iptables -A OUTPUT -j REJECT
iptables -A FORWARD -p tcp -j DROP
iptables -A FORWARD ! -p tcp -j ACCEPT
# Near miss: what is done between hangs on the policy.
ip6tables -P INPUT ACCEPT
ip6tables -X
ip6tables -P INPUT DROP
# Near miss: whoever sits at the door has half a minute.
ip6tables -P OUTPUT ACCEPT
sleep 30
ip6tables -P OUTPUT DROP
# Near miss: some packets are left.
ip6tables -A INPUT -p tcp -j DROP
ip6tables -A INPUT -p udp -j ACCEPT
