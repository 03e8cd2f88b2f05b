# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
# expect: unquoted-bang
iptables -A INPUT -i !eth0 -p tcp --dport 22 -j ACCEPT
# The line above had lost its end.
iptables -A INPUT -p tcp --dport 25 -j ACCEPT
# expect: unquoted-bang
! -s 192.0.2.0/24 -j DROP

# Near misses: a word of its own, a log prefix, and an exit status that is meant.
iptables -A INPUT ! -i eth0 -p tcp --dport 80 -j ACCEPT
iptables -A INPUT -m limit --limit 1/s -j LOG --log-prefix '!new '
if ! iptables -A INPUT -p udp --dport 53 -j ACCEPT; then
  echo "no name server"
fi
