#!/bin/sh
# Two chains for every interface: NAME-i for what comes in, NAME-o for
# what goes out.  The built-in chains only distribute.

# name  device  network           (the name: at most six letters)
LEGS='
inet   eth0    0.0.0.0/0
lab    eth1    10.11.0.0/16
staff  eth2    10.12.0.0/16
'

for chain in input forward output
do
    ipchains -F $chain
    ipchains -P $chain ACCEPT
done
ipchains -X

echo "$LEGS" | while read name dev net
do
    [ -z "$name" ] && continue
    ipchains -N $name"-i"
    ipchains -N "$name"-o
    ipchains -A input  -i $dev -j $name"-i"
    ipchains -A output -i $dev -j ${name}-o
    # everybody gets the spoof check
    if [ $net != 0.0.0.0/0 ]; then
	ipchains -A $name"-i" -s ! $net -l -j DENY
	ipchains -A "${name}-o" -d ! $net -l -j DENY
    fi
done

# --- inet
for net in 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 127.0.0.0/8; do
    ipchains -A inet-i -s $net -j DENY
done
ipchains -A inet-i -p tcp ! -y -j ACCEPT
ipchains -A inet-i -p tcp -d 192.0.2.1 ssh -j ACCEPT
ipchains -A inet-i -p udp -s 0/0 domain -j ACCEPT
ipchains -A inet-i -p icmp -j ACCEPT
ipchains -A inet-i -j DENY
ipchains -A inet-o -j ACCEPT

# --- lab: no mail, no news, no games
for port in smtp nntp 6660:6670 27910; do
    ipchains -A lab-i -p tcp -d ! 10.0.0.0/8 $port -j REJECT
done
ipchains -A lab-i -p udp -d 0/0 26000:28000 -j REJECT
ipchains -A lab-i -j ACCEPT

# --- staff
ipchains -A staff-i -j ACCEPT
ipchains -A staff-o -p tcp -y -s 10.11.0.0/16 -j REJECT -l

for c in lab staff; do ipchains -A $c"-o" -j ACCEPT; done

ipchains -A forward -i eth0 -s 10.11.0.0/16 -j MASQ
ipchains -A forward -i eth0 -s 10.12.0.0/16 -j MASQ
for chain in input output; do
    ipchains -P $chain DENY
    ipchains -A $chain -i lo -j ACCEPT
done
ipchains -P forward DENY
