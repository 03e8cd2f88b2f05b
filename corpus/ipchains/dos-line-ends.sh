#!/bin/sh
# Written on the office PC and copied over with ftp in binary mode.
# Check the line ends before you blame the kernel.

LAN=192.168.100.0/24
EXT=eth1

ipchains -F input
ipchains -F forward
ipchains -P forward DENY

ipchains -A forward -i $EXT -s $LAN -j MASQ

# no Windows shares to the outside
ipchains -A input -i $EXT -p tcp -s 0/0 -d 0/0 137:139 -j DENY
ipchains -A input -i $EXT -p udp -s 0/0 -d 0/0 137:139 -j DENY
ipchains -A output -i $EXT -p udp -s 0/0 137:139 -d 0/0 -j DENY

# no telnet from the outside
ipchains -A input -i $EXT -p tcp \
	-s 0/0 -d 0/0 telnet \
	-l -j DENY

ipchains -A input -i $EXT -p tcp -y -d 0/0 1:1023 -l -j DENY
