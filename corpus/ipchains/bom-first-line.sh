# reglas del cortafuegos — guardado con el Bloc de notas
# cortafuegos: una máquina, un módem

IPCHAINS=/sbin/ipchains
FUERA=ppp+

$IPCHAINS -F input
$IPCHAINS -P input DENY
$IPCHAINS -A input -i lo -j ACCEPT
$IPCHAINS -A input -i $FUERA -p tcp ! -y -j ACCEPT
$IPCHAINS -A input -i $FUERA -p udp -s 0/0 53 -d 0/0 1024: -j ACCEPT
$IPCHAINS -A input -i $FUERA -p icmp -j ACCEPT
$IPCHAINS -A input -i $FUERA -p tcp -d 0/0 113 -j REJECT   # «ident»
$IPCHAINS -A input -i $FUERA -j DENY -l
