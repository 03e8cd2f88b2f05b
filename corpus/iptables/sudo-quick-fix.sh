#!/bin/sh
# run as yourself: open the development server to the team for today
sudo iptables -I INPUT 1 -p tcp -s 198.51.100.0/24 --dport 8000:8010 -m comment --comment "dev server, remove me" -j ACCEPT
sudo iptables -I INPUT 2 -p tcp --dport 8000:8010 -j REJECT
sudo /sbin/iptables -D INPUT -p tcp --dport 3000 -j ACCEPT 2>/dev/null || :
sudo -n sysctl -w net.ipv4.ip_forward=1 >/dev/null 2>&1
sudo sh -c 'iptables-save > /dev/null'
sudo iptables -t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-port 8000
