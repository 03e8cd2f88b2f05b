# An excerpt: more of the script stands around it.
# The other family is only spoken of: ip6tables -P INPUT DROP
echo 1 > /proc/sys/net/ipv4/tcp_syncookies
# An open chain is no claim to keep anybody out.
iptables -P OUTPUT ACCEPT
iptables -P FORWARD DROP
# expect: ipv6-unfiltered
iptables -P INPUT DROP
iptables -A INPUT -i lo -j ACCEPT
