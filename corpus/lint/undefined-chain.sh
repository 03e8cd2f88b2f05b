#!/bin/sh
# Chains that are there, and chains that are not.
iptables -F mail 2>/dev/null
iptables -X mail 2>/dev/null
iptables -P INPUT DROP
# expect: undefined-chain
iptables -A INPUT -p tcp --dport 25 -j mail
iptables -N mail
iptables -A mail -s 10.0.0.0/8 -j ACCEPT
iptables -A INPUT -p tcp --dport 25 -j mail
# expect: undefined-chain
iptables -A mial -j DROP
# expect: undefined-chain
iptables -t nat -A PREROUTING -j mail
# expect: undefined-chain
iptables -A INPUT -j ACCEPTT

# The chain is there in the second round only; the target always is.
for chain in mirror probes; do
	iptables -N $chain
	# expect: undefined-chain
	iptables -A probes -j DROP
done

# Near misses: what a run before, or another script, may have left is taken away.
iptables -F leftover
iptables -D INPUT -j leftover
iptables -X leftover
# expect: undefined-chain
iptables -X mial
# Near miss: the rules are for a chain that the script has asked for.
if iptables -n -L guests >/dev/null 2>&1; then
    iptables -A guests -j DROP
    iptables -I FORWARD -j guests
fi

# Near miss: the run before has made the chain. Both in one run is something else.
case "$1" in
start) iptables -N blocked ;;
add) iptables -A blocked -s 192.0.2.1 -j DROP ;;
again)
	# expect: undefined-chain
	iptables -A doubled -j DROP
	iptables -N doubled
	;;
esac

# It depends on the run.
if [ "$1" = web ]; then iptables -N web; fi
iptables -A INPUT -p tcp --dport 80 -j web
iptables -N $2
iptables -A $2 -j ACCEPT
# A target of an extension that nobody here knows.
# expect: unknown-extension
iptables -A INPUT -p tcp --dport 23 -j TARPIT
# Near miss: the script asks whether the chain is there.
iptables -L elsewhere -n >/dev/null 2>&1 && iptables -F elsewhere 2>/dev/null
