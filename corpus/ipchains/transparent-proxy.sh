#!/bin/sh
# Force web traffic of the reading room through squid on this machine.
# squid.conf must have:
#	httpd_accel_host virtual
#	httpd_accel_port 80
#	httpd_accel_with_proxy on
#	httpd_accel_uses_host_header on
#
# Needs a kernel with "IP: transparent proxy support".

LAN="172.20.0.0/16"
ME="172.20.0.1"
PROXYPORT=3128

/sbin/ipchains -F input

# Whoever asks this machine itself (the intranet pages) gets this machine.
/sbin/ipchains -A input -p tcp -s $LAN -d 127.0.0.1/32 www -j ACCEPT
/sbin/ipchains -A input -p tcp -s $LAN -d $ME/32 www -j ACCEPT
# The server in the next room is faster asked directly.
/sbin/ipchains -A input -p tcp -s $LAN -d 172.20.0.8 80 -j ACCEPT
# The librarian may go straight out.
/sbin/ipchains -A input -p tcp -s 172.20.0.20 -d 0/0 80 -j ACCEPT

/sbin/ipchains -A input -p tcp -s $LAN -d any/0 80 -j REDIRECT $PROXYPORT
/sbin/ipchains -A input -p tcp -s $LAN -d any/0 8080 -j REDIRECT $PROXYPORT

# and DNS to our own server, on the same port
/sbin/ipchains -A input -p udp -i eth1 -s $LAN -d ! $ME domain -j REDIRECT

# nobody else may use the cache directly
/sbin/ipchains -A input -p tcp -i ! eth1 -d $ME $PROXYPORT -j REJECT -l

/sbin/ipchains -A forward -i eth0 -s $LAN -j MASQ
