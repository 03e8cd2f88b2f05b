iptables -A -NAME -6
