#! /bin/sh
# Packet filter of the machine between Internet, office and DMZ.
#
#                      eth0  198.51.100.1
#     Internet ---------+
#                       |
#                     [ gw ]---- eth2  203.0.113.1/28   DMZ: www, mail, dns
#                       |
#     office  ----------+
#                      eth1  192.168.10.1/24
#
# One user chain per direction.  A chain name may not be longer than
# eight characters, therefore the short names.

IPCHAINS=/sbin/ipchains

# interfaces
BAD=eth0  ;  BADIP=198.51.100.1
GOOD=eth1 ;  GOODIP=192.168.10.1 ; GOODNET=192.168.10.0/24
DMZ=eth2  ;  DMZIP=203.0.113.1   ; DMZNET=203.0.113.0/28

MAIL=203.0.113.2
DNS=203.0.113.3
WWW=203.0.113.4

# Shut everything while we work.
$IPCHAINS -I input 1 -i ! lo -j DENY
$IPCHAINS -I output 1 -i ! lo -j DENY
$IPCHAINS -I forward 1 -j DENY

$IPCHAINS -P input ACCEPT; $IPCHAINS -P output ACCEPT; $IPCHAINS -P forward DENY

for c in good-dmz bad-dmz good-bad dmz-good dmz-bad bad-good icmp-acc; do
    $IPCHAINS -N $c
done

# Which pair of legs?  The forward chain only sees where a packet
# leaves, so the source address has to say where it came from.
$IPCHAINS -A forward -s $GOODNET -i $DMZ  -j good-dmz
$IPCHAINS -A forward -s $GOODNET -i $BAD  -j good-bad
$IPCHAINS -A forward -s $DMZNET  -i $BAD  -j dmz-bad
$IPCHAINS -A forward -s $DMZNET  -i $GOOD -j dmz-good
$IPCHAINS -A forward             -i $DMZ  -j bad-dmz
$IPCHAINS -A forward             -i $GOOD -j bad-good
$IPCHAINS -A forward -j DENY -l

# ---- harmless and useful ICMP -------------------------------------
$IPCHAINS -A icmp-acc -p icmp --icmp-type destination-unreachable -j ACCEPT
$IPCHAINS -A icmp-acc -p icmp --icmp-type source-quench -j ACCEPT
$IPCHAINS -A icmp-acc -p icmp --icmp-type time-exceeded -j ACCEPT
$IPCHAINS -A icmp-acc -p icmp --icmp-type parameter-problem -j ACCEPT

# ---- office -> DMZ ------------------------------------------------
$IPCHAINS -A good-dmz -p tcp -d $MAIL smtp -j ACCEPT
$IPCHAINS -A good-dmz -p tcp -d $MAIL 110 -j ACCEPT
$IPCHAINS -A good-dmz -p udp -d $DNS domain -j ACCEPT
$IPCHAINS -A good-dmz -p tcp -d $DNS domain -j ACCEPT
$IPCHAINS -A good-dmz -p tcp -d $WWW www -j ACCEPT
$IPCHAINS -A good-dmz -p tcp -d $WWW ssh -j ACCEPT
$IPCHAINS -A good-dmz -p icmp -j icmp-acc
$IPCHAINS -A good-dmz -j DENY -l

# ---- Internet -> DMZ ----------------------------------------------
$IPCHAINS -A bad-dmz -p tcp -d $MAIL smtp -j ACCEPT
$IPCHAINS -A bad-dmz -p udp -d $DNS domain -j ACCEPT
$IPCHAINS -A bad-dmz -p tcp -d $DNS domain -j ACCEPT
$IPCHAINS -A bad-dmz -p tcp -d $WWW www -j ACCEPT
$IPCHAINS -A bad-dmz -p tcp ! -y -d $DMZNET 1024: -j ACCEPT
$IPCHAINS -A bad-dmz -p icmp -j icmp-acc
$IPCHAINS -A bad-dmz -j DENY -l

# ---- office -> Internet, hidden behind our address ----------------
$IPCHAINS -A good-bad -p tcp --dport www -j MASQ
$IPCHAINS -A good-bad -p tcp --dport https -j MASQ
$IPCHAINS -A good-bad -p tcp --dport ssh -j MASQ
$IPCHAINS -A good-bad -p udp --dport 33434:33500 -j MASQ
$IPCHAINS -A good-bad -p tcp --dport ftp -j MASQ
$IPCHAINS -A good-bad -p icmp --icmp-type ping -j MASQ
$IPCHAINS -A good-bad -j REJECT -l

# ---- DMZ -> office: answers, and nothing more ---------------------
$IPCHAINS -A dmz-good -p tcp ! -y -s $MAIL smtp -j ACCEPT
$IPCHAINS -A dmz-good -p tcp ! -y -s $MAIL 110 -j ACCEPT
$IPCHAINS -A dmz-good -p udp -s $DNS domain -j ACCEPT
$IPCHAINS -A dmz-good -p tcp ! -y -s $DNS domain -j ACCEPT
$IPCHAINS -A dmz-good -p tcp ! -y -s $WWW www -j ACCEPT
$IPCHAINS -A dmz-good -p tcp ! -y -s $WWW ssh -j ACCEPT
$IPCHAINS -A dmz-good -p icmp -j icmp-acc
$IPCHAINS -A dmz-good -j DENY -l

# ---- DMZ -> Internet ----------------------------------------------
$IPCHAINS -A dmz-bad -p tcp -s $MAIL smtp -j ACCEPT
$IPCHAINS -A dmz-bad -p tcp -s $MAIL -d 0/0 smtp -j ACCEPT
$IPCHAINS -A dmz-bad -p udp -s $DNS -j ACCEPT
$IPCHAINS -A dmz-bad -p tcp -s $DNS -j ACCEPT
$IPCHAINS -A dmz-bad -p tcp ! -y -s $WWW www -j ACCEPT
$IPCHAINS -A dmz-bad -p icmp -j icmp-acc
$IPCHAINS -A dmz-bad -j DENY -l

# ---- Internet -> office: never ------------------------------------
$IPCHAINS -A bad-good -j REJECT

# ---- the gateway itself -------------------------------------------
$IPCHAINS -N bad-if
$IPCHAINS -N dmz-if
$IPCHAINS -N good-if
$IPCHAINS -A input -d $BADIP  -j bad-if
$IPCHAINS -A input -d $DMZIP  -j dmz-if
$IPCHAINS -A input -d $GOODIP -j good-if

$IPCHAINS -A bad-if -i ! $BAD -j DENY -l
$IPCHAINS -A bad-if -p TCP --dport 61000:65095 -j ACCEPT
$IPCHAINS -A bad-if -p UDP --dport 61000:65095 -j ACCEPT
$IPCHAINS -A bad-if -p ICMP --icmp-type pong -j ACCEPT
$IPCHAINS -A bad-if -j icmp-acc
$IPCHAINS -A bad-if -j DENY

$IPCHAINS -A dmz-if -i ! $DMZ -j DENY
$IPCHAINS -A dmz-if -p tcp ! -y -s $DNS 53 -j ACCEPT
$IPCHAINS -A dmz-if -p udp -s $DNS 53 -j ACCEPT
$IPCHAINS -A dmz-if -p icmp --icmp-type pong -j ACCEPT
$IPCHAINS -A dmz-if -j icmp-acc
$IPCHAINS -A dmz-if -j DENY -l

$IPCHAINS -A good-if -i ! $GOOD -j DENY
$IPCHAINS -A good-if -p icmp --icmp-type ping -j ACCEPT
$IPCHAINS -A good-if -p icmp --icmp-type pong -j ACCEPT
$IPCHAINS -A good-if -p tcp --dport ssh -j ACCEPT
$IPCHAINS -A good-if -j icmp-acc
$IPCHAINS -A good-if -j DENY -l

# Take the three blocks off again.
$IPCHAINS -D input 1
$IPCHAINS -D forward 1
$IPCHAINS -D output 1
