#!/bin/sh
# Flags are as good as a state for the old kernel.
if [ "$1" = old ]; then
  ipchains -F
  ipchains -P input DENY
  ipchains -P forward DENY
  ipchains -A input -i lo -j ACCEPT
  ipchains -A input -p icmp -j ACCEPT
  ipchains -A input -i eth0 -p tcp ! -y -d 0/0 1024:65535 -j ACCEPT
  exit 0
fi

# A mail server that cannot send mail. The rules are set up once, after booting.
# expect: missing-established
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -A INPUT -i lo -j ACCEPT
iptables -A INPUT -p tcp --dport 25 -j ACCEPT
iptables -A INPUT -m conntrack --ctstate NEW -p tcp --dport 22 -j ACCEPT
iptables -A INPUT -p icmp -j ACCEPT

# These answers come back by way of a chain, and only those that the network inside has asked for.
iptables -N answers
iptables -A FORWARD -j answers
iptables -A answers -o eth1 -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A FORWARD -i eth1 -o eth0 -j ACCEPT
