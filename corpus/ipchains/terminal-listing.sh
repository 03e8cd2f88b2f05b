# What I typed last night, with the prompt, as I promised.
#
# (the # at the beginning is the prompt of root, not a comment)

# ipchains -F forward
# ipchains -P forward DENY
# ipchains -A forward -i ppp0 -s 192.168.1.0/24 -j MASQ
# ipchains -L forward -n
# Chain forward (policy DENY):
# target     prot opt     source                destination           ports
# MASQ       all  ------  192.168.1.0/24       0.0.0.0/0             n/a

# and this is what goes into rc.local, without the prompt:

ipchains -P forward DENY
ipchains -A forward -i ppp0 -s 192.168.1.0/24 -j MASQ

echo ipchains -A input -i ppp0 -j DENY		# only printed!
echo "masquerading: ipchains -L forward to see it"
: ipchains -P input DENY
