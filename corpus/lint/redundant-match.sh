# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
iptables -N outside
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -i ppp0 -p tcp -j outside
# expect: redundant-match
iptables -A outside -i ppp0 -p tcp --dport 80 -j ACCEPT
# expect: redundant-match
iptables -A outside ! -i lo -p tcp -s 192.0.2.0/24 --dport 22 -j ACCEPT
# Near miss: `--dport` needs its protocol.
iptables -A outside -p tcp --dport 25 -j ACCEPT
# Near miss: the limit lets another number of packets through each time.
iptables -A outside -m limit --limit 6/minute -j LOG
# Near miss: packets of two interfaces come here.
iptables -N inside
iptables -A INPUT -i eth1 -j inside
iptables -A INPUT -i eth2 -m conntrack --ctstate NEW -j inside
iptables -A inside -i eth1 -p udp --dport 53 -j ACCEPT
iptables -A inside -m conntrack --ctstate NEW -p udp --dport 123 -j ACCEPT
for port in 22 81; do
  # Near miss: a chain that is not built in, and one that is.
  for chain in INPUT outside; do
    iptables -A $chain -i ppp0 -p tcp --dport 5$port -s 198.51.100.0/24 -j ACCEPT
  done
done
# expect: redundant-match
iptables -A outside -p tcp -m comment --comment "the rest" -j DROP
# A rule before the jump keeps the others away.
iptables -A INPUT -m conntrack ! --ctstate NEW -j DROP
iptables -N new
iptables -A INPUT -j new
# expect: redundant-match
iptables -A new -m conntrack --ctstate NEW -p udp --dport 53 -j ACCEPT
