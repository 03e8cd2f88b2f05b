# An excerpt: more of the script stands around it.
# expect: malformed-suppression
iptables -P INPUT DROP  # iptlint: ignore=wrong-table
# expect: malformed-suppression
iptables -A INPUT -i lo -j ACCEPT  # iptlint: disable=no-such-lint -- whatever

# Near misses: a good one, and prose about the program.
iptables -A INPUT -s ! 192.0.2.0/24 -j DROP  # iptlint: disable=old-negation -- see the ticket
# iptlint finds nothing here: it was asked
iptables -A INPUT -j DROP
