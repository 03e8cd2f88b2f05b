#!/bin/bash
# Everything is said before it is done; with DRY set nothing is done.

do_it() {
    [ -n "$QUIET" ] || echo " - $1"
    [ -n "$DRY" ] || eval "$1"
}

IN=eth1 OUT=ppp0
OFFICE=172.20.0.0/16

do_it "ipchains -F input && ipchains -F forward"
do_it "ipchains -P forward DENY; ipchains -P input ACCEPT"
do_it 'ipchains -A forward -i $OUT -s $OFFICE -j MASQ'
do_it "ipchains -A input -i $OUT -p tcp -d 0/0 137:139 -j DENY"
do_it "ipchains -A input -i $OUT -s $OFFICE -l -j DENY"
for p in 2049 6000:6063; do
    do_it "ipchains -A input -i $OUT -p tcp -y -d 0/0 $p -j REJECT"
done
do_it "ipchains -A input -i $IN -s ! $OFFICE -j DENY 2>/dev/null || echo failed"
