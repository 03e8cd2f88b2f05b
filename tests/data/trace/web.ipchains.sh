ipchains -P input DENY
ipchains -P forward DENY
ipchains -N web
ipchains -A web -m 5 -l
ipchains -A web -t 01 10 -s 192.0.2.0/24 \
   -j RETURN
ipchains -A web -j REJECT
ipchains -A input -i eth0 -p tcp -d 198.51.100.1 80 -y -j web
ipchains -A input -i eth0 -p tcp -d 198.51.100.1 80 -j ACCEPT
ipchains -A forward -i ppp0 -s 10.0.0.0/8 -j MASQ
ipchains -A input -i eth1 -j ACCEPT
