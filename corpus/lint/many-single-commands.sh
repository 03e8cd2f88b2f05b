# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
iptables -P OUTPUT ACCEPT
# Only in some runs, and few of them.
if [ "$1" = office ]; then
  iptables -A INPUT -s 192.0.2.0/24 -p tcp --dport 22 -j ACCEPT
fi
# One program loads these.
ip6tables-restore << END
*filter
:INPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p ipv6-icmp -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
COMMIT
END

for a in 1 2 3 4 5 6 7 8; do
  for b in 1 2 3 4 5 6 7 8; do
  # expect: many-single-commands
    iptables -A INPUT -s 198.51.$a.$b -p tcp --dport 22 -j ACCEPT
  done
done
