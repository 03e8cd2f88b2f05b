# An excerpt: more of the script stands around it.
# expect: lockout-window
iptables -P INPUT DROP
iptables -P FORWARD DROP
for network in 0.0.0.0/8 10.0.0.0/8 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.168.0.0/16; do
  iptables -A INPUT -i eth0 -s $network -j DROP
  iptables -A FORWARD -i eth0 -s $network -j DROP
done
iptables -A INPUT -i lo -j ACCEPT

# Here something is accepted soon, and again after the flush.
# expect: missing-established
ip6tables -P INPUT DROP
# expect: missing-established
ip6tables -P FORWARD DROP
ip6tables -F
ip6tables -A INPUT -i lo -j ACCEPT
for port in 22 25 80 443 465 587 993 995 8080 8443 8081 8082; do
  ip6tables -A FORWARD -p tcp --dport $port -j ACCEPT
done
ip6tables -A INPUT -p tcp --dport 22 -j ACCEPT
