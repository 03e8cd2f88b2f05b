#!/bin/sh
# Rules for the firewall of another script, which makes the chains.
ipchains -F guests
ipchains -A guests -s 192.168.7.0/24 -j ACCEPT
ipchains -A input -p tcp -y -j newconns
# No script can make these.
# expect: undefined-chain
ipchains -A input -s 192.168.8.0/24 -j accept
# expect: undefined-chain
ipchains -A input -j DROP
