#!/bin/sh
#
# rc.firewall-2.2   version 3.1
#
# A strict rule set for a home network on a cable or DSL line.  Written
# to be read: there are more comments than rules.
#
#   NOTE:  everything is forbidden in all three chains.  If something does
#   NOTE:  not work, look into /var/log/messages for "Packet log:".
#
# Changes
#   3.1   REJECT for ident, otherwise IRC takes a minute to connect
#   3.0   output chain is strict as well
#   2.4   DHCP

echo -e "\nLoading the STRICT rule set..\n"

# --------------------------------------------------------------- variables
# Where the programs are.
IPCHAINS=/sbin/ipchains
LSMOD=/sbin/lsmod
GREP=/bin/grep
AWK=/usr/bin/awk

# The outside.
EXTIF="eth0"
echo "  outside interface: $EXTIF"

# The address: with a fixed address put a # in front of the first line and
# take it away from the second.
EXTIP="`/sbin/ifconfig $EXTIF | $GREP 'inet addr' | $AWK '{print $2}' | sed -e 's/.*://'`"
#EXTIP="192.0.2.1"
echo "  outside address:   $EXTIP"
if [ -z "$EXTIP" ] ; then echo "no address, no rules."; exit 1 ; fi

# Interfaces that get their address by DHCP: "yes" or "no"
DHCP="yes"

# The inside.
INTIF="eth1"
INTIP="192.168.0.1/32"
INTNET="192.168.0.0/24"

# A host that may do more, or nothing.
SECUREHOST=${SECUREHOST:-}

UNIVERSE="0.0.0.0/0"
BROADCAST="255.255.255.255"
UNPRIVPORTS="1024:65535"
LOGGING="-l"			# empty this if the log gets too long
#LOGGING=

# ----------------------------------------------------------------- modules
echo "  modules:"
for m in ip_masq_ftp ip_masq_irc ip_masq_raudio
do
    if [ -z "` $LSMOD | $GREP $m | $AWK '{print $1}' `" ]; then
	echo -en "   $m,"
	/sbin/modprobe $m
    fi
done
echo " done."
#/sbin/modprobe ip_masq_cuseeme
#/sbin/modprobe ip_masq_vdolive
#/sbin/insmod ip_masq_pptp

# ------------------------------------------------------------------ kernel
echo "1" > /proc/sys/net/ipv4/ip_forward
echo "1" > /proc/sys/net/ipv4/ip_always_defrag
if [ "$DHCP" = "yes" ] ; then echo "1" > /proc/sys/net/ipv4/ip_dynaddr ; fi
echo "1" > /proc/sys/net/ipv4/tcp_syncookies
for interface in /proc/sys/net/ipv4/conf/*/rp_filter ; do
    /bin/echo "1" > ${interface}
done

# ------------------------------------------------------------------ timers
$IPCHAINS -M -S 7200 60 360

#############################################################################
# INPUT
#############################################################################
echo "  input.."
$IPCHAINS -P input REJECT
$IPCHAINS -F input

# Loopback: everything.
$IPCHAINS -A input -j ACCEPT -i lo -s $UNIVERSE -d $UNIVERSE

# From the inside, with a good address: everything.
$IPCHAINS -A input -j ACCEPT -i $INTIF -s $INTNET -d $UNIVERSE

# From the outside, with an inside address: somebody lies.
$IPCHAINS -A input -j REJECT -i $EXTIF -s $INTNET -d $UNIVERSE $LOGGING

# DHCP, before the interface has an address.
if [ "$DHCP" = "yes" ]; then
    $IPCHAINS -A input -j ACCEPT -i $EXTIF -p udp -s $UNIVERSE bootps -d $BROADCAST/0 bootpc
    $IPCHAINS -A input -j ACCEPT -i $EXTIF -p tcp -s $UNIVERSE 67 -d $BROADCAST/0 68
fi

# The secure host
if [ -n "$SECUREHOST" ]; then
    $IPCHAINS -A input -j ACCEPT -i $EXTIF -p tcp -s $SECUREHOST -d $EXTIP ssh
fi

# Services that we want to see in the log, even when refused:
#   NFS, Open Windows, X11, back doors
$IPCHAINS -A input -j REJECT -i $EXTIF -p udp -s $UNIVERSE -d $EXTIP 2049 $LOGGING
$IPCHAINS -A input -j REJECT -i $EXTIF -p tcp -s $UNIVERSE -d $EXTIP 2000 $LOGGING
$IPCHAINS -A input -j REJECT -i $EXTIF -p tcp -s $UNIVERSE -d $EXTIP 6000:6010 $LOGGING
$IPCHAINS -A input -j REJECT -i $EXTIF -p tcp -s $UNIVERSE -d $EXTIP 12345:12346 $LOGGING
$IPCHAINS -A input -j REJECT -i $EXTIF -p udp -s $UNIVERSE -d $EXTIP 31337 $LOGGING

# ident, without the log
$IPCHAINS -A input -j REJECT -i $EXTIF -p tcp -s $UNIVERSE -d $EXTIP 113

# Windows noise, without the log and without an answer
$IPCHAINS -A input -j DENY -i $EXTIF -p udp -s $UNIVERSE 137:138 -d $UNIVERSE 137:138
$IPCHAINS -A input -j DENY -i $EXTIF -p tcp -s $UNIVERSE -d $EXTIP 139

# Answers to connections that were made from here.
$IPCHAINS -A input -j ACCEPT -i $EXTIF -p tcp ! -y -s $UNIVERSE -d $EXTIP $UNPRIVPORTS
$IPCHAINS -A input -j ACCEPT -i $EXTIF -p udp -s $UNIVERSE domain -d $EXTIP $UNPRIVPORTS
$IPCHAINS -A input -j ACCEPT -i $EXTIF -p udp -s $UNIVERSE -d $EXTIP 61000:65095
$IPCHAINS -A input -j ACCEPT -i $EXTIF -p tcp -s $UNIVERSE ftp-data -d $EXTIP $UNPRIVPORTS

# ICMP without redirects (5) and without router advertisements (9)
$IPCHAINS -A input -j REJECT -i $EXTIF -p icmp -s $UNIVERSE 5 -d $EXTIP $LOGGING
$IPCHAINS -A input -j REJECT -i $EXTIF -p icmp -s $UNIVERSE 9 -d $EXTIP $LOGGING
$IPCHAINS -A input -j ACCEPT -i $EXTIF -p icmp -s $UNIVERSE -d $EXTIP

# Catch all: this rule is the same as the policy, but it writes to the log.
$IPCHAINS -A input -j REJECT -s $UNIVERSE -d $UNIVERSE $LOGGING

#############################################################################
# OUTPUT
#############################################################################
echo "  output.."
$IPCHAINS -P output REJECT
$IPCHAINS -F output

$IPCHAINS -A output -j ACCEPT -i lo -s $UNIVERSE -d $UNIVERSE

# To the inside
$IPCHAINS -A output -j ACCEPT -i $INTIF -s $EXTIP -d $INTNET
$IPCHAINS -A output -j ACCEPT -i $INTIF -s $INTIP -d $INTNET
$IPCHAINS -A output -j ACCEPT -i $INTIF ! -p tcp -s $UNIVERSE -d $INTNET
$IPCHAINS -A output -j ACCEPT -i $INTIF -p tcp ! -y -s $UNIVERSE -d $INTNET

# Inside addresses may not be seen outside
$IPCHAINS -A output -j REJECT -i $EXTIF -s $UNIVERSE -d $INTNET $LOGGING
$IPCHAINS -A output -j REJECT -i $EXTIF -s $INTNET -d $UNIVERSE $LOGGING

if [ "$DHCP" = "yes" ]; then
    $IPCHAINS -A output -j ACCEPT -i $EXTIF -p udp -s $UNIVERSE bootpc -d $UNIVERSE bootps
fi

# Everything else that has our address
$IPCHAINS -A output -j ACCEPT -i $EXTIF -s $EXTIP -d $UNIVERSE
$IPCHAINS -A output -j REJECT -s $UNIVERSE -d $UNIVERSE $LOGGING

#############################################################################
# FORWARD
#############################################################################
echo "  forward.."
$IPCHAINS -P forward DENY
$IPCHAINS -F forward

# A web server inside?  Needs ipmasqadm, which does not come with ipchains.
#PORTFWIP="192.168.0.20"
#/usr/sbin/ipmasqadm portfw -f
#/usr/sbin/ipmasqadm portfw -a -P tcp -L $EXTIP 80 -R $PORTFWIP 80

$IPCHAINS -A forward -j ACCEPT -i $INTIF -s $INTNET -d $INTNET
$IPCHAINS -A forward -j MASQ -i $EXTIF -s $INTNET -d $UNIVERSE
$IPCHAINS -A forward -j REJECT -s $UNIVERSE -d $UNIVERSE $LOGGING

echo -e "\nDone.\n"
