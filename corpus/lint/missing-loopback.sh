#!/bin/sh
# The old kernel has its rule, which knows the device by its addresses.
if [ "$KERNEL" = old ]; then
  ipchains -F
  ipchains -P input DENY
  ipchains -P output DENY
  ipchains -P forward DENY
  ipchains -A input -s 127.0.0.0/8 -d 127.0.0.0/8 -j ACCEPT
  ipchains -A input -p tcp ! -y -j ACCEPT
  ipchains -A input -p icmp -j ACCEPT
  ipchains -A output -j ACCEPT
  exit 0
fi

# Nobody inside this host gets an answer from its own name server.
iptables -F
# expect: missing-loopback
iptables -P INPUT DROP
# expect: missing-loopback
iptables -P OUTPUT DROP
iptables -P FORWARD DROP
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -i eth0 -p tcp --dport 25 -j ACCEPT
iptables -A INPUT ! -i lo -p icmp --icmp-type echo-request -j ACCEPT
iptables -A OUTPUT -o eth0 -j ACCEPT

# The same goes for the other family.
ip6tables -F
# expect: missing-established
# expect: missing-loopback
ip6tables -P INPUT DROP
ip6tables -A INPUT -i eth0 -p tcp --dport 25 -j ACCEPT
