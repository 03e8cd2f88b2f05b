# Read by the main script of this machine, once for each interface $IF:
#
#	for IF in $PUBLIC_IFS; do . /etc/firewall.d/web-limits-part.sh; done
#
# The chains LOGDROP and SLOW are made there.

$IPTABLES -N web-$IF
$IPTABLES -A web-$IF -m hashlimit --hashlimit-above $WEB_RATE --hashlimit-mode srcip --hashlimit-name web-$IF -j SLOW
$IPTABLES -A web-$IF -m connlimit --connlimit-above $WEB_MOST -j LOGDROP
$IPTABLES -A web-$IF -j ACCEPT

for port in $WEB_PORTS
do
	$IPTABLES -A INPUT -i $IF -p tcp --dport $port --syn -j web-$IF
done

# nobody here speaks this
$IPTABLES -A INPUT -i $IF -p tcp --dport 113 -j LOGDROP
