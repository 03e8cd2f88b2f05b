#!/bin/sh
# A walk through all the actions of ipchains.  Made for the course; run
# it on a machine that nobody else uses.

alias ipc=ipchains	# for those who type along
set -u

# -N  new chain, up to eight letters
ipchains -N students
ipchains -N teachers
ipchains --new-chain library_

# -A  append
ipchains -A students -p tcp -d 0.0.0.0/0 6667 -j DENY
ipchains -A students -p tcp -d 0.0.0.0/0 80 -j ACCEPT
ipchains --append students --protocol udp --destination 0.0.0.0/0 53 --jump ACCEPT
ipchains -A students -j RETURN
ipchains -A teachers -j ACCEPT
ipchains -A library_ -p tcp --dport 210 -j ACCEPT

# -I  insert: without a number it goes to the top
ipchains -I students -p icmp -j ACCEPT
ipchains -I students 3 -p tcp -d 0.0.0.0/0 443 -j ACCEPT
ipchains --insert teachers 1 --source ! 10.3.0.0/16 --jump REJECT --log

# -R  replace number 2
ipchains -R students 2 -p tcp -d 0.0.0.0/0 6660:6669 -j REJECT -l

# -D  delete by number, and by the text of the rule
ipchains -D students 1
ipchains -D students -p udp -d 0.0.0.0/0 53 -j ACCEPT
ipchains --delete library_ 1

# jump to them
ipchains -A input -s 10.1.0.0/16 -j students
ipchains -A input -s 10.3.0.0/16 -j teachers
ipchains -A input -s 10.4.0.0/16 -j library_ -v

# -C  what would happen to this packet?
ipchains -C input -p tcp -s 10.1.2.3 1025 -d 192.0.2.1 80 -i eth0
ipchains -C input -p tcp -y -s 10.1.2.3 1025 -d 192.0.2.1 6667 -i eth0
ipchains -C input -p icmp -s 10.3.2.3 8 -d 192.0.2.1 0 -i eth0

# -P  policies
ipchains -P input REJECT
ipchains -P forward MASQ
ipchains -P output ACCEPT

# -Z  counters to zero, -L list, both together
ipchains -Z input
ipchains -L -Z -n >/dev/null
ipchains -L students -n --line-numbers > /dev/null
ipchains -M -L -n >/dev/null

# -F and -X  empty, then remove; a chain in use cannot go
ipchains -F students
ipchains -F teachers
ipchains -X students || echo "of course: input still jumps to it"
ipchains -F input
ipchains -X students
ipchains -X		# all that are left

for p in input output; do ipchains -P $p ACCEPT; done
ipchains -P forward DENY
