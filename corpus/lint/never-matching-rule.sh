# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
# expect: never-matching-rule
iptables -A INPUT -m mark --mark 0x10/0x0f -j ACCEPT
# expect: never-matching-rule
iptables -A INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 -s 10.0.1.0/24 -j ACCEPT
# Near miss: one address is in both.
iptables -A INPUT -m iprange --src-range 10.0.0.1-10.0.1.0 -s 10.0.1.0/24 -j ACCEPT
