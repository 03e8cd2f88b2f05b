# An excerpt: more of the script stands around it.
# ipchains reads what is joined to -i as part of the name.
ipchains -P input DENY
# expect: option-as-interface
ipchains -A input -ieth0 -j ACCEPT
# expect: option-as-interface
ipchains -A input --interface=eth0 -j ACCEPT

ipchains -A input -i eth0 -j ACCEPT
ipchains -A input --interface eth1 -j ACCEPT
