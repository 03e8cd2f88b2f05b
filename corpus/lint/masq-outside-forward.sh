#!/bin/sh
ipchains -P forward DENY
ipchains -P output DENY
# expect: masq-outside-forward
ipchains -A output -i ppp0 -s 192.168.1.0/24 -j MASQ
# Near miss: the chain for it.
ipchains -A forward -i ppp0 -s 192.168.1.0/24 -j MASQ
