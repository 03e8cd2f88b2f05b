# An excerpt: more of the script stands around it.
case "$1" in
start)
  iptables -P INPUT DROP
  iptables -P FORWARD DROP
  iptables -A INPUT -p tcp --dport 22 -j ACCEPT
  ;;
stop)
  # Near miss: FORWARD gets its policy back.
  iptables -P FORWARD ACCEPT
  # expect: flush-keeps-policy
  iptables -F
  ;;
esac
