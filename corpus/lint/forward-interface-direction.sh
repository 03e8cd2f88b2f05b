# An excerpt: more of the script stands around it.
ipchains -P input DENY
ipchains -P forward DENY
ipchains -A input -i eth1 -s 192.168.1.0/24 -j ACCEPT
# Near miss: two machines of the same network.
ipchains -A forward -i eth1 -s 192.168.1.0/24 -d 192.168.1.0/24 -j ACCEPT
# expect: forward-interface-direction
ipchains -A forward -i eth1 -s 192.168.1.0/24 -j MASQ
# Near miss: the way out.
ipchains -A forward -i ppp0 -s 192.168.1.0/24 -j MASQ
