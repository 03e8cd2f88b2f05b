#!/bin/sh
# All or nothing: the whole set goes in with one call.
set -e

SSH_PORT=${SSH_PORT:-22}
WAN=${WAN:-eth0}

iptables-restore <<EOF
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
:services - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -i $WAN -j services
-A INPUT -p icmp -j ACCEPT
-A INPUT -m limit --limit 6/min -j LOG --log-prefix "dropped: "
-A services -p tcp -m tcp --dport $SSH_PORT -j ACCEPT
-A services -p tcp -m multiport --dports 80,443 -j ACCEPT
-A services -j RETURN
COMMIT
EOF

# the second table; quoted, so nothing is replaced
iptables-restore --noflush <<'EOF'
*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp --dport 21 -j CT --helper ftp
COMMIT
EOF
