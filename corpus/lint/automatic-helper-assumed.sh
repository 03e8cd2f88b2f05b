#!/bin/sh
# expect: automatic-helper-assumed
/sbin/modprobe ip_conntrack_ftp
# Near misses: assigned below, and no helper at all.
/sbin/modprobe nf_conntrack_tftp
/sbin/modprobe nf_conntrack
iptables -P FORWARD DROP
iptables -t raw -A PREROUTING -i eth1 -p udp --dport 69 -j CT --helper tftp
iptables -A FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT
iptables -A FORWARD -i eth1 -j ACCEPT
