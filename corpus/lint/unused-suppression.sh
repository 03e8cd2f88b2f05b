#!/bin/sh
# What a comment silences is gone; a comment with nothing to silence is a finding.
iptables -F
iptables -t nat -F
iptables -P INPUT DROP
iptables -P FORWARD DROP
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT

# expect: unused-suppression
iptables -A INPUT -i lo -j ACCEPT  # iptlint: disable=old-negation -- was there once

# Near misses: each of these takes a finding away, the second through a continuation.
iptables -A INPUT -s ! 192.0.2.0/24 -j DROP  # iptlint: disable=old-negation -- the floppy has 1.3.8
iptables -A INPUT -s ! 192.0.2.0/24 \
  -p tcp --dport 22 -j DROP  # iptlint: disable=deprecated
# iptlint: disable-next-line=bare-masquerade -- the only way out
iptables -t nat -A POSTROUTING -j MASQUERADE

# A range, closed again.
# iptlint: disable=unknown-option -- a patched iptables
iptables -A INPUT -p tcp --patched 1 -j ACCEPT
iptables -A INPUT -p udp --patched 2 -j ACCEPT
# iptlint: enable=unknown-option
# expect: unknown-option
iptables -A INPUT -p tcp --patched 3 -j ACCEPT

# Rules in a here-document.
iptables-restore --noflush <<END
*filter
# iptlint: disable-next-line=unknown-option -- a patched iptables
-A INPUT -p tcp --patched 1 -j ACCEPT
# expect: unused-suppression
# iptlint: disable-next-line=unknown-option
-A INPUT -p tcp --dport 25 -j ACCEPT
COMMIT
END
# What another program reads is not ours.
cat > /etc/motd <<END
# iptlint: disable-next-line=unknown-option
END

# No suppression of ours: iptlint is only spoken of.
# expect: unused-suppression
iptables -A INPUT -j DROP  # iptlint: disable=all
