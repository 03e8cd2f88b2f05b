#!/bin/sh
# Published with a blank after some of the backslashes, so that the
# command ends where it should go on.

EXT=eth0
IP=203.0.113.9

ipchains -F
ipchains -P input DENY

ipchains -A input -i lo \
	-j ACCEPT

ipchains -A input -i $EXT -p tcp \ 
	-s 0/0 1024:65535 \
	-d $IP 80 -j ACCEPT

ipchains -A input -i $EXT -p tcp ! -y \
	-s 0/0 \
	-d $IP 1024:65535 \
	-j ACCEPT

ipchains -A input -i $EXT -p udp -s 0/0 53 \	
	-d $IP -j ACCEPT

ipchains -A input -i $EXT \
	-j DENY \
	-l
