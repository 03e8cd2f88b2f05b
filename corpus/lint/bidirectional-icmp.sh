# An excerpt: more of the script stands around it.
ipchains -P input DENY
# expect: bidirectional-icmp
ipchains -A input -b -p icmp -s 192.0.2.7 8 -j ACCEPT
# Near misses: ports are swapped, and without a type nothing has to be.
ipchains -A input -b -p tcp -s 192.0.2.7 80 -j ACCEPT
ipchains -A input -b -p icmp -s 192.0.2.8 -j ACCEPT
