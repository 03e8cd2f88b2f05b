#!/bin/sh
# Stands in for the programs that firewall scripts call, under the name of each.
#
# iptables and its relatives are the real ones of $BACKEND. The others answer what a machine of
# the time of the scripts would say. Where RECORD is set, calls of ipchains and its relatives
# succeed, and are written down as lines of a script.

record() {
    printf %s "$name"
    for word in "$@"; do
        printf " '%s'" "$(printf %s "$word" | sed "s/'/'\\\\''/g")"
    done
    case $name in
    ipchains-restore)
        echo " <<'END OF RECORD'"
        cat
        printf 'END OF RECORD'
        ;;
    esac
    echo
}

name=${0##*/}
case $name in
iptables* | ip6tables*)
    backend=${name%%-*}-$BACKEND
    [ "$name" = "${name#*-}" ] || backend=$backend-${name#*-}
    exec "/usr/sbin/$backend" "$@"
    ;;
ipchains* | ipmasqadm | ipfwadm)
    [ -z "$RECORD" ] || { record "$@" >>/proc/1/cwd/recorded && exit 0; }
    echo "$name: called with $*" >&2
    exit 1
    ;;
ifconfig)
    cat <<END
${1:-eth0}      Link encap:Ethernet  HWaddr 00:50:DA:12:34:56
          inet addr:192.0.2.77  Bcast:192.0.2.255  Mask:255.255.255.0
          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1

END
    ;;
route)
    cat <<'END'
Kernel IP routing table
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
192.0.2.0       0.0.0.0         255.255.255.0   U     0      0        0 eth0
0.0.0.0         192.0.2.1       0.0.0.0         UG    0      0        0 eth0
END
    ;;
rpcinfo)
    cat <<'END'
   program vers proto   port
    100000    2   tcp    111  portmapper
    100000    2   udp    111  portmapper
    100003    2   udp   2049  nfs
    100005    1   tcp    635  mountd
END
    ;;
uname)
    case $1 in
    -r) echo "${RELEASE:-2.4.18}" ;;
    *) echo Linux ;;
    esac
    ;;
hostname)
    case $1 in
    -i) echo 192.0.2.77 ;;
    *) echo gate.example.org ;;
    esac
    ;;
sudo)
    while :; do
        case $1 in
        -u | -g | -p) shift 2 ;;
        --) shift && break ;;
        -*) shift ;;
        *=*) export "$1" && shift ;;
        *) break ;;
        esac
    done
    exec "$@"
    ;;
esac
exit 0
