# An excerpt: more of the script stands around it.
# The last part of a short address goes to the end.
ipchains -P input DENY
# expect: short-network
ipchains -A input -s 10/8 -j ACCEPT
# expect: short-network
ipchains -A input -s 192.168.1/24 -j ACCEPT

ipchains -A input -s 10.0.0.0/8 -j ACCEPT
ipchains -A input -p icmp -s 0/0 -j ACCEPT
ipchains -A input -s 192.168.1.0/24 -j ACCEPT
