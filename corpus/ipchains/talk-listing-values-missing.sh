#!/bin/sh
# From the slides "A firewall in an evening", page 14.
#
# Fill in the values for your own machine before you try this!  It will
# not work as printed, and that is on purpose.
#
# The picture from page 9 once more:
#
#      your PCs ----- eth0 [ Linux ] eth1 ----- provider
#                  INTIP         EXTIP
#
# What we want:
#   * everybody inside may go out
#   * nobody outside may come in, except to the web server
#   * we want to SEE what was refused  (that is the -l)

EXTIP=a.b.c.d
INTNET=w.x.y.0/24
# EXTIF=...                   what does "ifconfig" say on your machine?

# Step 1 -- throw away old rules
ipchains -F

# Step 2 -- the safe way round: forbid all, then allow some
ipchains -P input DENY
ipchains -P forward DENY
ipchains -P output ACCEPT

# Step 3 -- talk to yourself
ipchains -A input -i lo -j ACCEPT

# Step 4 -- trust the inside
ipchains -A input -i $INTIF -s $INTNET -j ACCEPT

# Step 5 -- the web server.  Question from the audience: why 1024:65535?
# Because that is where a client's port is, see page 11.
ipchains -A input -i $EXTIF -p tcp -s 0/0 1024:65535 -d $EXTIP www -j ACCEPT

# Step 6 -- answers.  "! -y" is everything but the first packet.
ipchains -A input -i $EXTIF -p tcp ! -y -d $EXTIP 1024:65535 -j ACCEPT
ipchains -A input -i $EXTIF -p udp -s $NAMESERVER domain -d $EXTIP -j ACCEPT

# Step 7 -- masquerading
echo 1 > /proc/sys/net/ipv4/ip_forward
ipchains -A forward -i $EXTIF -s $INTNET -j MASQ

# Step 8 -- the rest
ipchains -A input -j DENY -l

# Homework: which rule is missing for FTP?  And which one for ping?
