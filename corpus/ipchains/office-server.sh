#!/bin/sh
##############################################################
##  File, mail and print server of the branch office        ##
##############################################################

IPCHAINS="/sbin/ipchains"

IF="eth0"
IP="192.0.2.10"
OFFICE="192.0.2.0/255.255.255.192"
HEADQ="198.51.100.64/255.255.255.224"      # the head office, over the leased line
ANY="0/0"
UP="1024:65535"

$IPCHAINS -F
$IPCHAINS -X

# Careful with the order: policies after the flush, loopback first.
$IPCHAINS -P input   REJECT
$IPCHAINS -P output  REJECT
$IPCHAINS -P forward DENY

$IPCHAINS -A input  -i lo -j ACCEPT
$IPCHAINS -A output -i lo -j ACCEPT

# Land attack: nobody else has our address.
$IPCHAINS -A input -i $IF -s $IP -j DENY -l
$IPCHAINS -A input -i $IF -s 127.0.0.0/8 -j DENY -l
$IPCHAINS -A input -i $IF -s 255.255.255.255 -j DENY -l
$IPCHAINS -A input -i $IF -d 0.0.0.0 -j DENY -l
$IPCHAINS -A input -i $IF -s 224.0.0.0/4 -j DENY -l   # multicast as a source is nonsense

# ---- TCP services for everybody: SMTP only ----
$IPCHAINS -A input  -i $IF -p tcp      -s $ANY $UP -d $IP 25  -j ACCEPT
$IPCHAINS -A output -i $IF -p tcp ! -y -s $IP 25   -d $ANY $UP -j ACCEPT
# our own deliveries
$IPCHAINS -A output -i $IF -p tcp      -s $IP $UP  -d $ANY 25  -j ACCEPT
$IPCHAINS -A input  -i $IF -p tcp ! -y -s $ANY 25  -d $IP $UP  -j ACCEPT

# ---- services for the two offices ----
for NET in $OFFICE $HEADQ; do
    for PORT in 22 110 143 515 80; do
	$IPCHAINS -A input  -i $IF -p tcp      -s $NET $UP  -d $IP $PORT -j ACCEPT
	$IPCHAINS -A output -i $IF -p tcp ! -y -s $IP $PORT -d $NET $UP  -j ACCEPT
    done
    $IPCHAINS -A input  -i $IF -p udp -s $NET 137:138 -d $IP 137:138 -j ACCEPT
    $IPCHAINS -A output -i $IF -p udp -s $IP 137:138 -d $NET 137:138 -j ACCEPT
done

# Samba broadcasts, local only
$IPCHAINS -A input -i $IF -p udp -s $OFFICE 137:138 -d 192.0.2.63 137:138 -j ACCEPT
$IPCHAINS -A output -i $IF -p udp -s $IP 137:138 -d 192.0.2.63 137:138 -j ACCEPT
$IPCHAINS -A input  -i $IF -p tcp -s $OFFICE -d $IP 139 -j ACCEPT
$IPCHAINS -A output -i $IF -p tcp ! -y -s $IP 139 -d $OFFICE -j ACCEPT

# ---- DNS: client, both ways in one line ----
$IPCHAINS -A output -b -i $IF -p udp -s $IP $UP -d 192.0.2.1 53 -j ACCEPT
$IPCHAINS -A input  -b -i $IF -p udp -s 192.0.2.1 53 -d $IP $UP -j ACCEPT

# ---- ICMP: the type stands where the source port would stand ----
$IPCHAINS -A input  -i $IF -s $ANY 0  -d $IP -p icmp -j ACCEPT	# echo reply
$IPCHAINS -A input  -i $IF -s $ANY 3  -d $IP -p icmp -j ACCEPT	# unreachable
$IPCHAINS -A input  -i $IF -s $ANY 4  -d $IP -p icmp -j ACCEPT	# source quench
$IPCHAINS -A input  -i $IF -s $ANY 11 -d $IP -p icmp -j ACCEPT	# time exceeded
$IPCHAINS -A input  -i $IF -s $ANY 12 -d $IP -p icmp -j ACCEPT	# parameter problem
$IPCHAINS -A input  -i $IF -s $OFFICE 8 -d $IP -p icmp -j ACCEPT
$IPCHAINS -A output -i $IF -s $IP 0 -d $OFFICE -p icmp -j ACCEPT
$IPCHAINS -A output -i $IF -s $IP 3 -d $ANY -p icmp -j ACCEPT
$IPCHAINS -A output -i $IF -s $IP 8 -d $ANY -p icmp -j ACCEPT

# noisy neighbours: refuse without a log entry
$IPCHAINS -A input -i $IF -p udp -d $ANY 67:68 -j DENY
$IPCHAINS -A input -i $IF -p udp -d $ANY 520 -j DENY

# everything else goes to the log, then to the policy
$IPCHAINS -A input  -l
$IPCHAINS -A output -l -j REJECT
