#!/bin/sh
case "$1" in
start)
  # expect: open-window
  echo 1 > /proc/sys/net/ipv4/ip_forward
  iptables -F
  iptables -P INPUT DROP
  iptables -P FORWARD DROP
  iptables -A INPUT -i lo -j ACCEPT
  iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  iptables -A FORWARD -i eth1 -j ACCEPT
  iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  ;;
safe)
  # Near misses: switched on at the end, after it was switched off, and another switch.
  echo 0 > /proc/sys/net/ipv4/ip_forward
  echo 1 > /proc/sys/net/ipv4/conf/all/rp_filter
  iptables -P FORWARD ACCEPT
  iptables -F
  iptables -P FORWARD DROP
  iptables -P INPUT ACCEPT
  iptables -A FORWARD -i eth1 -j ACCEPT
  iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
  echo 1 > /proc/sys/net/ipv4/ip_forward
  ;;
esac
