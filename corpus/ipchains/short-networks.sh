#!/bin/sh
# firewall for the student house
# works fine since years, only the log is empty, don't know why

# private networks must not come in from outside
for n in 10/8 172.16/12 192.168/16 127/8; do
  ipchains -A input -i eth0 -s $n -l -j DENY
done
ipchains -A input -i eth0 -s 192.168.1/24 -j DENY

# our own
ipchains -A input -i eth1 -s 192.168.1.0/255.255.255 -j ACCEPT
ipchains -A input -i eth1 -s 192.168.1.0/255.255.255.0 -j ACCEPT

# the default address, everybody
ipchains -A input -i eth0 -p tcp -s 0.0.0.0/32 -d 192.0.2.60 80 -j ACCEPT
ipchains -A input -i eth0 -p tcp -s 0.0.0.0/32 -d 192.0.2.60 22 -j ACCEPT

ipchains -A input -i eth0 -p tcp -d 192.0.2.60 113 -j reject
ipchains -A input -i eth0 -p tcp -d 192.0.2.60 6000 -j DROP
ipchains -A input -i eth0:0 -p tcp -d 192.0.2.61 80 -j ACCEPT
ipchains -A INPUT -i eth0 -p tcp ! -y -j ACCEPT
ipchains -A input -i eth0 -p tcp ! -y -j ACCEPT
ipchains -A input -i eth0 -p tcp --dport 20,21 -j DENY
ipchains -A input -i eth0 -s 010.1.0.0/16 -j DENY
ipchains -A input -i eth0 --dport 31337 -j DENY
ipchains -A input -i eth0 -p tcp -y -j DENY

ipchains -A forward -s 192.168.1.0/24 -i eth0 -j MASQ
ipchains -A input -j MASQ -s 192.168.1.77
