#!/bin/sh
# Three web servers behind one address: new connections get a mark, and
# ipmasqadm mfw sends marked packets to one of the three in turn.

PUB=203.0.113.80
FARM=10.9.8.0/24
OUT=eth0

insmod ip_masq_mfw
insmod ip_masq_portfw
insmod ip_masq_autofw

ipmasqadm mfw -F
ipmasqadm portfw -f
ipmasqadm autofw -F

ipchains -F
ipchains -P forward DENY

# web: mark 80 (decimal, the mark is only a number)
ipchains -A input -i $OUT -p tcp -y -d $PUB 80 -m 80 -j ACCEPT
ipmasqadm mfw -A -m 80 -r 10.9.8.1 80 -p 20
ipmasqadm mfw -A -m 80 -r 10.9.8.2 80 -p 20
ipmasqadm mfw -A -m 80 -r 10.9.8.3 80 -p 10	# the slow one

# secure web: mark in hexadecimal, port unchanged
ipchains -A input -i $OUT -p tcp -d $PUB https -y -m 0x1bb
ipmasqadm mfw -A -m 443 -r 10.9.8.1

# premium customers: 256 more than the others, whatever they had
ipchains -A input -i $OUT -s 198.51.100.128/25 -m +256
ipmasqadm mfw -A -m 336 -r 10.9.8.4 80
ipmasqadm mfw -A -m 699 -r 10.9.8.4

# mail and name service, the simple way
ipmasqadm portfw -a -P tcp -L $PUB 25 -R 10.9.8.25 25
for proto in tcp udp; do
	ipmasqadm portfw -a -P $proto -L $PUB domain -R 10.9.8.53 domain
done
# streaming, answers come on a range
ipmasqadm autofw -A -r udp 6970 7170 -h 10.9.8.7

ipchains -A input -i $OUT -p tcp -d $PUB 25 -j ACCEPT
ipchains -A input -b -i $OUT -p udp -s 0/0 -d $PUB 53 -j ACCEPT
ipchains -A input -i $OUT -p tcp ! -y -d $PUB -j ACCEPT
ipchains -A input -i $OUT -p udp -d $PUB 6970:7170 -j ACCEPT
ipchains -A input -i $OUT -p udp -d $PUB 61000:65095 -j ACCEPT
ipchains -A input -i $OUT -j DENY

# What the servers answer has to be masqueraded again; -b is what the
# old rules had, the second half never matches anything here.
ipchains -A forward -b -i $OUT -s $FARM -d 0/0 -j MASQ

echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv4/ip_masq_udp_dloose
