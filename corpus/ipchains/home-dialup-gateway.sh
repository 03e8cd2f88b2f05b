#!/bin/sh
#
# rc.masq -- share one modem line with the machines in the house
#
# Called from /etc/ppp/ip-up when the line is up.  There is nothing
# here for the time when the line is down, because then nobody can
# reach us anyway.

PATH=/sbin:/usr/sbin:/bin:/usr/bin
export PATH

LAN=192.168.1.0/24		# the house
LANIF=eth0
EXTIF=ppp0
ANY=0.0.0.0/0

# our address of today, cut out of what ifconfig says
EXTIP=`ifconfig $EXTIF | grep 'inet addr' | sed -e 's/.*addr:\([0-9.]*\).*/\1/'`
if [ "$EXTIP" = "" ]
then
	echo "$EXTIF has no address, giving up"
	exit 1
fi

# --- kernel switches ------------------------------------------------
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/ipv4/ip_always_defrag
echo 7 > /proc/sys/net/ipv4/ip_dynaddr
echo 0 > /proc/sys/net/ipv4/ip_masq_debug

modprobe ip_masq_ftp ports=21,2121
modprobe ip_masq_irc
modprobe ip_masq_raudio
#modprobe ip_masq_quake ports=26000,27000,27910
#modprobe ip_masq_cuseeme

# masquerading time-outs: 2 hours for tcp, 10 s after FIN, 160 s for udp
ipchains -M -S 7200 10 160

# --- start from nothing ---------------------------------------------
ipchains -F input
ipchains -F output
ipchains -F forward
ipchains -P input DENY
ipchains -P output ACCEPT
ipchains -P forward DENY

# --- input ----------------------------------------------------------
ipchains -A input -i lo -j ACCEPT
ipchains -A input -i $LANIF -s $LAN -j ACCEPT

# nobody out there has our inside addresses
ipchains -A input -i $EXTIF -s $LAN -d $ANY -l -j DENY
ipchains -A input -i $EXTIF -s 10.0.0.0/8 -j DENY
ipchains -A input -i $EXTIF -s 172.16.0.0/12 -j DENY

# answers only
ipchains -A input -i $EXTIF -p tcp ! -y -s $ANY -d $EXTIP 1024:65535 -j ACCEPT
ipchains -A input -i $EXTIF -p tcp ! -y -s $ANY -d $EXTIP 61000:65095 -j ACCEPT
ipchains -A input -i $EXTIF -p udp -s $ANY domain -d $EXTIP 1024: -j ACCEPT
ipchains -A input -i $EXTIF -p udp -s $ANY ntp -d $EXTIP -j ACCEPT

# active FTP from this box (the house has the helper)
ipchains -A input -i $EXTIF -p tcp -s $ANY ftp-data -d $EXTIP 1024:5999 -y -j ACCEPT

# the mail server of the provider asks who we are, and waits if nobody says
ipchains -A input -i $EXTIF -p tcp -s $ANY -d $EXTIP auth -j REJECT

ipchains -A input -i $EXTIF -p icmp -s $ANY echo-reply -d $EXTIP -j ACCEPT
ipchains -A input -i $EXTIF -p icmp -s $ANY destination-unreachable -d $EXTIP -j ACCEPT
ipchains -A input -i $EXTIF -p icmp -s $ANY time-exceeded -d $EXTIP -j ACCEPT
# ipchains -A input -i $EXTIF -p icmp -s $ANY echo-request -d $EXTIP -j ACCEPT

# see what is left over
ipchains -A input -i $EXTIF -s $ANY -d $ANY -l -j DENY

# --- forward --------------------------------------------------------
ipchains -A forward -i $EXTIF -s $LAN -d $ANY -j MASQ
ipchains -A forward -j DENY -l

# --- output: do not dial for Windows name queries ---------------------
ipchains -I output -i $EXTIF -p udp -s $ANY netbios-ns:netbios-dgm -d $ANY -j DENY
ipchains -I output -i $EXTIF -p tcp -s $ANY -d $ANY 137:139 -j REJECT

exit 0
