#!/bin/sh
# Refuse what is in /etc/firewall/blocked.hosts; fields:
#
#	address[/mask]   [protocol  port]   # remark

LIST=/etc/firewall/blocked.hosts
CHAIN=blocked

[ -f $LIST ] || { echo "no $LIST"; exit 0; }

if ipchains -N $CHAIN 2>/dev/null; then
    ipchains -I input 1 -j $CHAIN
else
    ipchains -F $CHAIN
fi

count=0
while read addr proto port remark; do
    case "$addr" in
    \#*|"") continue;;
    esac
    # a remark directly after the address?
    case "$proto" in \#*) proto="" port="";; esac
    case "$port" in \#*) port="";; esac

    if [ -n "$proto" ]; then
	ipchains -A $CHAIN -s $addr -d 0/0 ${port:-0:65535} -p $proto -j DENY -l
    else
	ipchains -A $CHAIN -s $addr -j DENY
    fi
    count=`expr $count + 1`
done < /etc/firewall/blocked.hosts

echo "$count lines"
[ $count -eq 0 ] && {
    ipchains -D input -j $CHAIN
    ipchains -X $CHAIN
}
exit 0
