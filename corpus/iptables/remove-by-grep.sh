#!/bin/bash
# unban: take everything out that mentions an address, or a marked rule
#
#	unban 192.0.2.9		by address
#	unban			all that were banned today

LIST=/etc/firewall/banned
what="${1:-banned-today}"

if [[ $what == banned-today ]]; then
    iptables-save | grep -v -- "--comment banned-today" | iptables-restore
else
    iptables-save -t filter | grep -v " -s ${what}/32 " | iptables-restore -T filter
fi

# and put the permanent ones back at the top
iptables -N BANNED 2>/dev/null || iptables -F BANNED
iptables -C INPUT -j BANNED 2>/dev/null || iptables -I INPUT 1 -j BANNED
while IFS= read -r host; do
    [[ -z $host || $host == \#* ]] && continue
    iptables -A BANNED -s "$host" -m comment --comment "permanent: $host" -j DROP
done < "$LIST"

iptables -L BANNED -n --line-numbers | while read -r num target rest; do
    case $num in
	[0-9]*) : "$num is $target" ;;
    esac
done
exit 0
