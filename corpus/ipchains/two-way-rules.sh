#!/bin/sh
# -b saves half of the lines.  Each rule below is two rules in the
# kernel: one as written, and one with source and destination changed.

US=192.0.2.14
PARTNER=198.51.100.200
NAMES=198.51.100.53

ipchains -F
for c in input output; do
  ipchains -P $c DENY
  ipchains -A $c -i lo -j ACCEPT

  ipchains -A $c -b -p tcp -s $US -d $PARTNER 22 -j ACCEPT
  ipchains -A $c -b -p udp -s $US 1024: -d $NAMES 53 -j ACCEPT
  ipchains -A $c -b -p icmp -s $US -d 0/0 -j ACCEPT
  # 500 on both sides, and protocol 50
  ipchains -A $c -b -p udp -s $US 500 -d $PARTNER 500 -j ACCEPT
  ipchains -A $c -b -p 50 -s $US -d $PARTNER -j ACCEPT
done

# answers only, in both directions at once
ipchains -A input  -b -p tcp ! -y -s 0/0 80 -d $US 1024:65535 -j ACCEPT
ipchains -A output -b ! -y -p tcp -s 0/0 http -d $US 1024: -j ACCEPT
ipchains -A output -p tcp -y -s $US 1024: -d 0/0 80 -j ACCEPT

# the second half of this one goes to the top as well
ipchains -I input 1 -b -p tcp -s 203.0.113.66 -d $US -j DENY -l

# neither from nor to the test network, except the one machine
ipchains -I output -b -s 203.0.113.1 -d $US -j ACCEPT
ipchains -A forward -b -s $US -d ! 203.0.113.0/24 -j ACCEPT
ipchains -D forward -b -s $US -d ! 203.0.113.0/24 -j ACCEPT
