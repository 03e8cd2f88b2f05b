#!/bin/sh
# Runs every night from cron, after the firewall is up: one more rule for each
# network on the list, and nothing else is touched.

LIST=/var/lib/blocklist/today
IPT=/sbin/iptables

while read net comment
do
	case "$net" in ''|'#'*) continue ;; esac
	$IPT -A INPUT -s "$net" -j DROP
	$IPT -A FORWARD -s "$net" -j DROP
done < $LIST

# these two never change
$IPT -A INPUT -s 203.0.113.0/24 -m limit --limit 1/minute -j LOG --log-prefix "blocked: "
$IPT -A INPUT -s 203.0.113.0/24 -j DROP
