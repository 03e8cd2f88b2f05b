# An excerpt: more of the script stands around it.
ipchains -P input DENY
ipchains -P forward DENY
# expect: redirect-outside-input
ipchains -A forward -p tcp -d 0/0 80 -j REDIRECT 3128
# Near miss: the chain for it.
ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128
