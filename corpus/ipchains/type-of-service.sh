#!/bin/sh
#
#	Type of service on the slow line.
#
#	-t AND XOR	both in hex.  01 10: throw away everything but the
#			last bit, then set "minimum delay".
#
#	10 minimum delay	08 maximum throughput
#	04 maximum reliability	02 minimum cost

MINDELAY="01 10"
MAXTHRU="01 08"
MAXREL="0x01 0x04"
MINCOST="01 02"
KEEP="ff 00"

ipchains -D output -i ppp0 -j tos 2>/dev/null
ipchains -F tos 2>/dev/null
ipchains -X tos 2>/dev/null
ipchains -N tos
ipchains -A output -i ppp0 -j tos

ipchains -A tos -p tcp -d 0.0.0.0/0 telnet -t $MINDELAY
ipchains -A tos -p tcp -d 0.0.0.0/0 ssh    -t $MINDELAY
ipchains -A tos -p tcp -d 0.0.0.0/0 ftp    -t $MINDELAY
ipchains -A tos -p tcp -s 0.0.0.0/0 ftp-data -t $MAXTHRU
ipchains -A tos -p tcp -d 0.0.0.0/0 ftp-data -t $MAXTHRU
ipchains -A tos -p tcp -d 0.0.0.0/0 smtp -t $MINCOST -j RETURN
ipchains -A tos -p tcp -d 0.0.0.0/0 nntp -t $MINCOST
ipchains -A tos -p udp -d 0.0.0.0/0 53 -t 01 10
ipchains -A tos -p udp -d 0.0.0.0/0 161:162 --TOS $MAXREL
ipchains -A tos -p icmp -s 0.0.0.0/0 ping -t $MINDELAY
# leave what the application asked for
ipchains -A tos -p tcp -d 0.0.0.0/0 5190 -t $KEEP

# what does it look like?
ipchains -L tos -v -n >/dev/null
