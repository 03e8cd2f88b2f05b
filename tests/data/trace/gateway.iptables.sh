iptables -P FORWARD DROP
iptables -t nat -A PREROUTING -i ppp0 -p tcp --dport 80 -j DNAT --to-destination 10.0.0.5:8080
iptables -t nat -A POSTROUTING -o ppp0 -j MASQUERADE
iptables -t mangle -A PREROUTING -i ppp0 -j MARK --set-mark 7
iptables -N tcp_in
iptables -A FORWARD -m limit --limit 3/min -j LOG
iptables -A FORWARD -p tcp -j tcp_in
iptables -A tcp_in -m mark --mark 7 -d 10.0.0.5 -p tcp --dport 8080 -m conntrack --ctstate DNAT -j ACCEPT
if [ -f /etc/open ]; then iptables -A FORWARD -j ACCEPT; fi
