#!/bin/sh
# Functions of a file that is not read set the variables whose names they are given.
. /lib/functions/network.sh
wan_ip=
lan_ip=
unused=
network_get_ipaddr wan_ip wan
iptables -A INPUT -d $wan_ip -j DROP
# expect: unset-variable
iptables -A INPUT -d $lan_ip -j DROP
