# An excerpt: more of the script stands around it.
# Options that ipchains refuses together.
ipchains -P input DENY
# expect: conflicting-options
ipchains -A input -p udp -y -j ACCEPT
# expect: conflicting-options
ipchains -A input -p tcp -f -d 0/0 80 -j ACCEPT
# expect: conflicting-options
ipchains -A input -p icmp -j REDIRECT

ipchains -A input -p tcp -y -j ACCEPT
ipchains -A input -p tcp -f -j ACCEPT
ipchains -P forward DENY
ipchains -A forward -s 10.0.0.0/8 -j MASQ
