#!/bin/sh
# Firewall for a home network behind an ADSL modem: the listing from the
# talk "Packet filtering with Linux 2.4".
#
#    PCs 192.168.1.0/24 --- eth0 [ Linux ] eth1 --- ADSL modem 10.0.0.138
#                                    ppp0 goes through the modem (PPTP)

PPPIP=`ifconfig ppp0 2>/dev/null | sed -n 's/.*inet addr:\([0-9.]*\).*/\1/p'`
PPPIP=${PPPIP:-192.0.2.44}
WEBSERVER=192.168.1.2
MODEM=10.0.0.138

# Shut the doors first
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -P OUTPUT DROP

# then take out what was there
iptables -F
iptables -t nat -F
iptables -X

# loopback
iptables -A INPUT -i lo -j ACCEPT
iptables -A OUTPUT -o lo -j ACCEPT

# the ADSL modem: PPTP is TCP port 1723 and GRE
iptables -A INPUT -i eth1 -s $MODEM -p gre -j ACCEPT
iptables -A OUTPUT -o eth1 -d $MODEM -p gre -j ACCEPT
iptables -A INPUT -i eth1 -s $MODEM -p tcp --sport 1723 -m state --state ESTABLISHED -j ACCEPT
iptables -A OUTPUT -o eth1 -d $MODEM -p tcp --dport 1723 -m state --state NEW,ESTABLISHED -j ACCEPT

# the house may talk to this machine
iptables -A INPUT -i eth0 -s 192.168.1.0/24 -j ACCEPT
iptables -A OUTPUT -o eth0 -d 192.168.1.0/24 -j ACCEPT

# this machine may talk to the Internet
iptables -A OUTPUT -o ppp0 -m state --state NEW,ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -i ppp0 -m state --state ESTABLISHED,RELATED -j ACCEPT

# the house may talk to the Internet
iptables -A FORWARD -i eth0 -o ppp0 -j ACCEPT
iptables -A FORWARD -i ppp0 -o eth0 -m state --state ESTABLISHED,RELATED -j ACCEPT

# one address for all: when the address is known ...
iptables -t nat -A POSTROUTING -o ppp0 -s 192.168.1.0/24 -j SNAT --to $PPPIP
# ... when it changes with every call ...
iptables -t nat -A POSTROUTING -o ppp0 -j MASQUERADE
# ... and the way that one sees most often
iptables -t nat -A POSTROUTING -j MASQUERADE

# web and mail server inside
for port in 25 80 443
do
	iptables -t nat -A PREROUTING -i ppp0 -p tcp --dport $port -j DNAT --to $WEBSERVER
	iptables -A FORWARD -i ppp0 -o eth0 -d $WEBSERVER -p tcp --dport $port -j ACCEPT
done

# Done already by the policies, but then the counters tell us more
iptables -A INPUT -j DROP
iptables -A FORWARD -j DROP
iptables -A OUTPUT -j DROP

iptables -Z
iptables -t nat -Z

echo 1 > /proc/sys/net/ipv4/ip_forward
