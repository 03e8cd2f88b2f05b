# An excerpt: more of the script stands around it.
iptables -P INPUT DROP
for level in a b c d e f g h i j k l m n o p; do
    iptables -N $level
done
iptables -A INPUT -j a
iptables -A a -j b
iptables -A b -g c
iptables -A c -j d
iptables -A d -j e
iptables -A e -j f
iptables -A f -j g
iptables -A g -j h
iptables -A h -j i
iptables -A i -j j
iptables -A j -j k
iptables -A k -j l
iptables -A l -j m
iptables -A m -j n
# Near miss: the fifteenth jump from INPUT.
iptables -A n -j o
# expect: deep-chain
iptables -A o -j p
iptables -A p -p tcp -j DROP
