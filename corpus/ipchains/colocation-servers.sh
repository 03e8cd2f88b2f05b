#!/bin/ksh
# filter for the rack: a bridge-like router without any masquerading,
# a /28 on each side.  Only addresses and ports; no state, no tricks.
# Order matters: the busiest rules stand first.

PATH=/bin:/sbin:/usr/bin:/usr/sbin
I="ipchains -A forward"
ALL=0.0.0.0/0.0.0.0

web1=203.0.113.17	web2=203.0.113.18
mx1=203.0.113.20	mx2=203.0.113.21
ns=203.0.113.22		shell=203.0.113.23
rack=203.0.113.16/255.255.255.240
noc="198.51.100.240/28 192.0.2.8/32"

ipchains -P forward DENY
ipchains -F forward
ipchains -F input;  ipchains -P input ACCEPT
ipchains -F output; ipchains -P output ACCEPT

# established connections of the rack, in both directions
$I -p tcp ! -y -d $rack -j ACCEPT
$I -p tcp ! -y -s $rack -j ACCEPT

# web
for w in $web1 $web2; do
  for p in 80 443 8000:8010; do $I -p tcp -y -d $w $p -j ACCEPT; done
done

# mail, both ways
for m in $mx1 $mx2; do
  $I -p tcp -y -d $m 25 -j ACCEPT
  $I -p tcp -y -s $m -d $ALL 25 -j ACCEPT
  $I -p tcp -y -s $m -d $ALL 113 -j ACCEPT
done
$I -p tcp -y -d $mx1 pop3 -j ACCEPT
$I -p tcp -y -d $mx1 imap2 -j ACCEPT

# names: the world asks us, and we ask the world
$I -b -p udp -s $ALL -d $ns 53 -j ACCEPT
$I -b -p udp -s $ns -d $ALL 53 -j ACCEPT
$I -p tcp -d $ns 53 -j ACCEPT
$I -p tcp -s $ns -d $ALL 53 -j ACCEPT
for host in $web1 $web2 $mx1 $mx2 $shell; do
  $I -b -p udp -s $host 1024:65535 -d $ns 53 -j ACCEPT
done

# the shell machine may go anywhere, and people come in with ssh
$I -p tcp -y -s $shell -j ACCEPT
$I -p tcp -y -d $shell 22 -j ACCEPT

# the operators
for n in $noc; do
  $I -p tcp -y -s $n -d $rack 22 -j ACCEPT
  $I -b -p udp -s $n 1024: -d $rack 161 -j ACCEPT
  $I -b -p icmp -s $n -d $rack -j ACCEPT
done

# time
$I -b -p udp -s $rack 123 -d 192.0.2.123 123 -j ACCEPT

# icmp: what TCP needs, and ping
for t in destination-unreachable source-quench time-exceeded echo-request echo-reply; do
  $I -p icmp -s $ALL $t -d $rack -j ACCEPT
  $I -p icmp -s $rack $t -d $ALL -j ACCEPT
done

# later pieces of large packets
$I -f -d $rack -j ACCEPT
$I -f -s $rack -j ACCEPT

# be polite inside the rack, silent towards the world
$I -s $rack -l -j REJECT
$I -p udp -d $rack 137 -j DENY
$I -l
