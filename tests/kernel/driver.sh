#!/bin/sh
# Runs a firewall script in namespaces of its own, and writes down what the kernel then holds.
#
# Usage: unshare -n -m -p -f --mount-proc sh driver.sh BACKEND SHELL SCRIPT [ARGUMENT...]
#
# BACKEND is nft or legacy. The current directory holds `etc`, which takes the place of most
# of /etc, and `programs.sh`, which stands in for the programs that scripts call. SCRIPT is
# run by SHELL, or loaded by `iptables-restore` or `ip6tables-restore` if that is SHELL.
# Results: `out`, `err` and `status` of the script, `save` and `save6` with the rules, `again`
# and `again6` with those after a second run, unless the variable ONCE is set. Where IPTLINT is
# the path of iptlint, `listed` is what it says that the script would load.

set -e
backend=$1 shell=$2 script=$3
shift 3

mount --make-rprivate /
mkdir work
mount -t tmpfs tmpfs work
mkdir work/etc
for name in alternatives services protocols passwd group hosts nsswitch.conf ld.so.cache; do
    [ ! -e "/etc/$name" ] || cp -a "/etc/$name" work/etc/
done
cp -R etc/. work/etc/
mkdir -p work/real/usr/sbin work/bin/usr/sbin work/real/sbin work/bin/sbin

programs='iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore
ipchains ipchains-save ipchains-restore ipmasqadm ipfwadm ifconfig route rpcinfo uname hostname sudo
modprobe insmod depmod rmmod lsmod sysctl logger service chkconfig killall mail'

# A directory of system programs is replaced by one of links to them, with ours among them.
# This shell's own directory stays in reach whatever is mounted over it.
replace() {
    mount --bind "$1" "work/real$1"
    ln -s "/proc/1/cwd/work/real$1"/* "work/bin$1/"
    for program in $programs; do
        ln -sf /proc/1/cwd/programs.sh "work/bin$1/$program"
    done
    mount --bind "work/bin$1" "$1"
}
replace /usr/sbin
[ -L /sbin ] || replace /sbin
for program in $programs; do
    for directory in /bin /usr/bin; do
        [ ! -e "$directory/$program" ] || mount --bind programs.sh "$directory/$program"
    done
done

# The settings of the network belong to the namespace; others stay as they are.
for kind in /proc/sys/kernel /proc/sys/fs /proc/sys/vm; do
    mount --bind "$kind" "$kind"
    mount -o remount,bind,ro "$kind"
done
mount --bind work/etc /etc

# What the script would load is asked where it finds the same files, but before the directories vanish
# that the program itself may lie in.
list() (
    for argument in "$@"; do
        shift
        set -- "$@" --arg "$argument"
    done
    "$IPTLINT" rules --follow "$@" "$script"
)
[ -z "$IPTLINT" ] || list "$@" >listed 2>/dev/null || [ $? -eq 1 ]

for directory in /run /tmp /var /root; do
    mount -t tmpfs tmpfs "$directory"
done
mkdir -p /var/lock/subsys /var/tmp /var/log /var/lib /var/run

export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C BACKEND="$backend"
run() (
    case $shell in
    *-restore) "$shell" <"$script" ;;
    *) "$shell" "./$script" "$@" ;;
    esac
)
set +e
run "$@" </dev/null >out 2>err
echo "$?" >status
iptables-save >save
ip6tables-save >save6
[ -z "$ONCE" ] || exit 0
run "$@" </dev/null >/dev/null 2>&1
iptables-save >again
ip6tables-save >again6
exit 0
