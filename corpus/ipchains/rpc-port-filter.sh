#!/bin/bash
# Block RPC services on the ports where they happen to sit today.
# Run it after portmap, mountd and the other daemons have started.

IPCHAINS=/sbin/ipchains
OUTSIDE=eth0
CHAIN=rpc

$IPCHAINS -N $CHAIN 2> /dev/null || $IPCHAINS -F $CHAIN

# Friends may use everything.
$IPCHAINS -j RETURN -A $CHAIN -s 192.168.0.0/16
$IPCHAINS -j RETURN -A $CHAIN -s 127.0.0.0/8

# the portmapper itself
$IPCHAINS -l -A $CHAIN --dport 111 -p tcp -j DENY
$IPCHAINS -l -A $CHAIN --dport 111 -p udp -j DENY

#    program vers proto   port
#     100005    1   udp    635  mountd
rpcinfo -p 2>/dev/null | while read prog vers proto port name; do
    case "$proto" in
	tcp|udp) ;;
	*) continue ;;
    esac
    [ "$port" = 111 ] && continue
    $IPCHAINS -l -A $CHAIN --dport $port -p $proto -j DENY
done

# NFS never appears in the list on some machines
$IPCHAINS -j DENY --dport 2049 -p udp -l -A $CHAIN
$IPCHAINS -l -j DENY -d 0/0 2049 -p tcp -A $CHAIN

for dev in $OUTSIDE ippp0; do
    $IPCHAINS -D input -i $dev -j $CHAIN 2>/dev/null
    $IPCHAINS -I input -i $dev -j $CHAIN
done
