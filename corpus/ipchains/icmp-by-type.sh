#!/bin/sh
# ICMP, one type at a time; some people write it this way, some that way.
# Here are all the ways that have collected in our script over the years.

I=ipchains
W=any/0
ME=192.0.2.30

$I -N ICMP
$I -N icmp-out

# type as a source port, protocol behind it
$I -A ICMP -s $W 0 -p icmp -j ACCEPT
$I -A ICMP -s $W 3 -d $ME -p icmp -j ACCEPT
$I -A ICMP -s $W 4 -p icmp -d $ME -j ACCEPT
$I -A ICMP -j ACCEPT -s $W 11 -d $ME -p icmp

# type and code as two ports: fragmentation needed
$I -A ICMP -p icmp -s $W 3 -d $ME 4 -j ACCEPT

# by name, short and long, any case
$I -A ICMP -p icmp --icmp-type Echo-Request -d $ME -j ACCEPT
$I -A ICMP -p icmp --icmp-type param -j ACCEPT
$I -A ICMP -p icmp -s $W host-unreach -j ACCEPT
$I -A ICMP -p icmp --icmp-type redirect -j DENY -l

# a range of types, and not one type
$I -A ICMP -p icmp --sport 13:18 -j DENY
$I -A ICMP -p icmp --icmp-type ! 8 -j DENY -l

# by number of the protocol
$I -A icmp-out -p 1 -s $ME 8 -j ACCEPT
$I -A icmp-out -p 1 -s $ME 0 -j ACCEPT
$I -A icmp-out -p 1 -s $ME 3 -j ACCEPT
$I -A icmp-out -p 1 -j DENY
$I -A icmp-out ! -p icmp -j RETURN

# fragments of ICMP smell bad
$I -A input -p icmp -f -j DENY -l
$I -A input -p icmp -j ICMP
$I -A output -p icmp -j icmp-out

# the other end of the alphabet: TCP by names of services
$I -A input -p tcp -s $W ftp-data:telnet -d $ME -y -j DENY
$I -A input -p tcp -d $ME ftp:telnet -y -j DENY
$I -A input -p tcp -d $ME :1023 -y -j DENY
$I -A input -p tcp -d $ME 61000: -j ACCEPT
$I -A input -p udp -d $ME ! 33434:33523 -l
