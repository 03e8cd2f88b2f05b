#!/bin/sh
#
# bulwark	Packet filter of the server room, driven by a settings file
#
# chkconfig: 345 08 92
# description: Sets the packet filter up from /etc/bulwark/bulwark.conf. \
#              Speaks ipchains and iptables.
#
# Usage:  bulwark start|stop|restart|status|test
#
# All decisions are in the settings file.  Nobody should have to change
# a line in here; those who do will lose it at the next update.
#
# How the chains are built (names for ipchains; iptables has the same
# with capital letters):
#
#	input	--->  pub-in		from every PUBLIC interface
#		--->  int-in		from every INTERNAL interface
#	output	--->  pub-out		to every PUBLIC interface
#	forward	--->  masquerading, forwarded services, nothing else
#
# Settings that are empty switch the thing off that they are about.

CONFIG=${BULWARK_CONFIG:-/etc/bulwark/bulwark.conf}
SERVICES_DIR=/etc/bulwark/services.d
LOCKFILE=/var/lock/subsys/bulwark

PATH=/sbin:/usr/sbin:/bin:/usr/bin:$PATH
export PATH

ME=`basename $0 .sh`

# ---------------------------------------------------------------------
# 1. Defaults.  The settings file overrides them.
# ---------------------------------------------------------------------

DIALECT=auto
PUBLIC_IFACES="eth+ ppp+"
INTERNAL_IFACES=""
TRUSTED_IFACES="lo"
INTERNAL_NETS=""
MASQ_NETS=""
PUBLIC_ADDR=""
DNS_SERVERS="0.0.0.0/0"
NTP_SERVERS=""
ADMIN_HOSTS=""
TCP_PUBLIC_SERVICES=""
UDP_PUBLIC_SERVICES=""
TCP_INTERNAL_SERVICES=""
UDP_INTERNAL_SERVICES=""
TCP_ADMIN_SERVICES=""
FORWARDED_SERVICES=""
REJECT_METHOD="DENY"
LOG_FLAG=""
QUIET_TCP_PORTS=""
QUIET_UDP_PORTS=""
AUDIT_TCP_PORTS=""
AUDIT_UDP_PORTS=""
REJECT_TCP_PORTS=""
BLOCKED_TCP_PORTS=""
BLOCKED_UDP_PORTS=""
ICMP_ALLOWED=""
ICMP_ALLOWED_INTERNAL=""
ICMP_OUT_BLOCKED=""
MASQ_MODULES=""
MASQ_TIMEOUTS=""
ENABLE_DYNADDR=N
ENABLE_SRC_VERIFY=Y
ENABLE_SYNCOOKIES=Y
ALWAYS_DEFRAG=N
FORCE_PASV=N
USE_TOS=N

# ---------------------------------------------------------------------
# 2. Small helpers
# ---------------------------------------------------------------------

warn() {
	echo "$ME: $*" >&2
}

die() {
	warn "$@"
	exit 1
}

# is_yes VALUE
is_yes() {
	case "$1" in
	[Yy]|[Yy][Ee][Ss]|1)	return 0 ;;
	*)			return 1 ;;
	esac
}

# proc VALUE FILE: write to a switch of the kernel, if this kernel has it
proc() {
	if [ -w /proc/sys/net/ipv4/$2 ]; then
		echo $1 > /proc/sys/net/ipv4/$2
	fi
}

# ---------------------------------------------------------------------
# 3. Reading the settings
# ---------------------------------------------------------------------

read_settings() {
	[ -f "$CONFIG" ] || die "no settings in $CONFIG"
	. $CONFIG

	case "$DIALECT" in
	ipchains|iptables)
		;;
	auto)
		if [ -e /proc/net/ip_fwchains ]; then
			DIALECT=ipchains
		else
			DIALECT=iptables
		fi
		;;
	*)
		die "DIALECT must be ipchains, iptables or auto, not \"$DIALECT\""
		;;
	esac

	# Both words for the same thing are understood.
	if [ "$DIALECT" = ipchains ]; then
		[ "$REJECT_METHOD" = DROP ] && REJECT_METHOD=DENY
	else
		[ "$REJECT_METHOD" = DENY ] && REJECT_METHOD=DROP
	fi
	case "$REJECT_METHOD" in
	DENY|DROP|REJECT) ;;
	*)	die "REJECT_METHOD=$REJECT_METHOD is not possible" ;;
	esac

	# REJECT may not be a policy with iptables.
	POLICY=$REJECT_METHOD
	if [ "$DIALECT" = iptables ] && [ "$POLICY" = REJECT ]; then
		POLICY=DROP
	fi

	if [ -z "$PUBLIC_ADDR" ]; then
		for i in $PUBLIC_IFACES; do
			case $i in *+) continue ;; esac
			PUBLIC_ADDR=`ifconfig $i 2>/dev/null | grep 'inet addr' |
				sed -e 's/^.*inet addr:\([0-9.]*\).*$/\1/'`
			[ -n "$PUBLIC_ADDR" ] && break
		done
	fi
	# Not known yet (a dial-up line that is down): everywhere.
	[ -z "$PUBLIC_ADDR" ] && PUBLIC_ADDR=0.0.0.0/0
	ANY=0.0.0.0/0
	UNPRIV=1024:65535
}

# ---------------------------------------------------------------------
# 4. ipchains
# ---------------------------------------------------------------------

IPCHAINS=/sbin/ipchains

chains_reset() {
	for chain in input output forward
	do
		${IPCHAINS} -P $chain ACCEPT
	done
	${IPCHAINS} -F
	${IPCHAINS} -X
	${IPCHAINS} -Z
}

chains_policies() {
	${IPCHAINS} -P input $POLICY
	${IPCHAINS} -P forward $POLICY
	${IPCHAINS} -P output ACCEPT
}

chains_trusted() {
	for i in $TRUSTED_IFACES; do
		${IPCHAINS} -A input -i $i -j ACCEPT
		${IPCHAINS} -A output -i $i -j ACCEPT
	done
	# 127.x from anywhere else is a lie
	${IPCHAINS} -A input -i ! lo -s 127.0.0.0/8 -j $REJECT_METHOD $LOG_FLAG
	${IPCHAINS} -A input -i ! lo -d 127.0.0.0/8 -j $REJECT_METHOD $LOG_FLAG
}

chains_structure() {
	${IPCHAINS} -N pub-in
	${IPCHAINS} -N pub-out
	${IPCHAINS} -N int-in
	for i in $PUBLIC_IFACES; do
		${IPCHAINS} -A input  -i $i -j pub-in
		${IPCHAINS} -A output -i $i -j pub-out
	done
	if [ -n "$INTERNAL_IFACES" ]; then
		for i in $INTERNAL_IFACES; do
			${IPCHAINS} -A input -i $i -j int-in
		done
	fi
}

chains_spoofing() {
	for net in $INTERNAL_NETS; do
		${IPCHAINS} -A pub-in -s $net -j $REJECT_METHOD $LOG_FLAG
	done
	if is_yes "$ENABLE_SRC_VERIFY"; then
		for net in 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 \
			   224.0.0.0/4 240.0.0.0/5
		do
			${IPCHAINS} -A pub-in -s $net -j $REJECT_METHOD $LOG_FLAG
		done
	fi
	if [ "$PUBLIC_ADDR" != 0.0.0.0/0 ]; then
		${IPCHAINS} -A pub-in -s $PUBLIC_ADDR -j $REJECT_METHOD $LOG_FLAG
	fi
}

chains_noise() {
	if [ -n "$QUIET_TCP_PORTS" ]; then
		for port in $QUIET_TCP_PORTS; do
			${IPCHAINS} -A pub-in -p tcp -s $ANY -d $ANY $port -j $REJECT_METHOD
		done
	fi
	if [ -n "$QUIET_UDP_PORTS" ]; then
		for port in $QUIET_UDP_PORTS; do
			${IPCHAINS} -A pub-in -p udp -s $ANY -d $ANY $port -j $REJECT_METHOD
		done
	fi
	for port in $REJECT_TCP_PORTS; do
		${IPCHAINS} -A pub-in -p tcp -s $ANY -d $ANY $port -j REJECT
	done
}

chains_audit() {
	for port in $AUDIT_TCP_PORTS; do
		# not if we offer it
		case " $TCP_PUBLIC_SERVICES " in
		*" $port "*)	continue ;;
		esac
		${IPCHAINS} -A pub-in -p tcp -y -s $ANY -d $ANY $port -l -j $REJECT_METHOD
	done
	for port in $AUDIT_UDP_PORTS; do
		case " $UDP_PUBLIC_SERVICES " in
		*" $port "*)	continue ;;
		esac
		${IPCHAINS} -A pub-in -p udp -s $ANY -d $ANY $port -l -j $REJECT_METHOD
	done
}

chains_public_services() {
	for service in $TCP_PUBLIC_SERVICES; do
		${IPCHAINS} -A pub-in -p tcp -s $ANY -d $PUBLIC_ADDR $service -j ACCEPT
	done
	for service in $UDP_PUBLIC_SERVICES; do
		${IPCHAINS} -A pub-in -p udp -s $ANY -d $PUBLIC_ADDR $service -j ACCEPT
	done
	for host in $ADMIN_HOSTS; do
		for service in $TCP_ADMIN_SERVICES; do
			${IPCHAINS} -A pub-in -p tcp -s $host $UNPRIV -d $PUBLIC_ADDR $service -j ACCEPT
		done
	done
}

chains_replies() {
	# ports that we want closed lie in the range of the replies
	for port in $BLOCKED_TCP_PORTS; do
		${IPCHAINS} -A pub-in -p tcp -y -s $ANY -d $ANY $port -j $REJECT_METHOD $LOG_FLAG
	done
	for port in $BLOCKED_UDP_PORTS; do
		${IPCHAINS} -A pub-in -p udp -s $ANY -d $ANY $port -j $REJECT_METHOD $LOG_FLAG
	done

	${IPCHAINS} -A pub-in -p tcp ! -y -s $ANY -d $PUBLIC_ADDR $UNPRIV -j ACCEPT
	if is_yes "$FORCE_PASV"; then
		:	# passive FTP needs nothing more
	else
		${IPCHAINS} -A pub-in -p tcp -s $ANY ftp-data -d $PUBLIC_ADDR $UNPRIV -j ACCEPT
	fi

	for server in $DNS_SERVERS; do
		${IPCHAINS} -A pub-in -p udp -s $server domain -d $PUBLIC_ADDR $UNPRIV -j ACCEPT
	done
	if [ -n "$NTP_SERVERS" ]; then
		for server in $NTP_SERVERS; do
			${IPCHAINS} -A pub-in -p udp -s $server ntp -d $PUBLIC_ADDR ntp -j ACCEPT
		done
	fi
	# replies for masqueraded machines come to these ports
	if [ -n "$MASQ_NETS" ]; then
		${IPCHAINS} -A pub-in -p udp -s $ANY -d $PUBLIC_ADDR 61000:65095 -j ACCEPT
	fi
}

chains_icmp() {
	for type in $ICMP_ALLOWED; do
		${IPCHAINS} -A pub-in -p icmp -s $ANY $type -d $ANY -j ACCEPT
	done
	if [ -n "$ICMP_ALLOWED_INTERNAL" ]; then
		for net in $INTERNAL_NETS; do
			for type in $ICMP_ALLOWED_INTERNAL; do
				${IPCHAINS} -A int-in -p icmp --icmp-type $type -s $net -j ACCEPT
			done
		done
	fi
	for type in $ICMP_OUT_BLOCKED; do
		${IPCHAINS} -A pub-out -p icmp -s $ANY $type -j $REJECT_METHOD $LOG_FLAG
	done
}

chains_internal() {
	[ -z "$INTERNAL_IFACES" ] && return
	for net in $INTERNAL_NETS; do
		for service in $TCP_INTERNAL_SERVICES; do
			${IPCHAINS} -A int-in -p tcp -s $net -d $ANY $service -j ACCEPT
		done
		for service in $UDP_INTERNAL_SERVICES; do
			${IPCHAINS} -A int-in -p udp -s $net -d $ANY $service -j ACCEPT
		done
		${IPCHAINS} -A int-in -p tcp ! -y -s $net -j ACCEPT
	done
	# DHCP asks from 0.0.0.0
	case " $UDP_INTERNAL_SERVICES " in
	*" bootps "*)
		${IPCHAINS} -A int-in -p udp -s 0.0.0.0 bootpc -d 255.255.255.255 bootps -j ACCEPT
		;;
	esac
	# what is masqueraded comes in here first
	for net in $MASQ_NETS; do
		${IPCHAINS} -A int-in -s $net -d ! 192.168.0.0/16 -j ACCEPT
	done
}

chains_extra_services() {
	[ -d $SERVICES_DIR ] || return 0
	for file in $SERVICES_DIR/*; do
		[ -f "$file" ] || continue
		while read proto port who rest; do
			case "$proto" in ""|"#"*) continue ;; esac
			[ "$port" = "-" ] && port=""
			case "$who" in
			public)
				${IPCHAINS} -A pub-in -p $proto -s $ANY -d $PUBLIC_ADDR $port -j ACCEPT ;;
			internal)
				for net in $INTERNAL_NETS; do
					${IPCHAINS} -A int-in -p $proto -s $net -d $ANY $port -j ACCEPT
				done ;;
			admin)
				for host in $ADMIN_HOSTS; do
					${IPCHAINS} -A pub-in -p $proto -s $host -d $PUBLIC_ADDR $port -j ACCEPT
				done ;;
			*)
				warn "$file: \"$who\" should be public, internal or admin" ;;
			esac
		done < $file
	done
}

chains_masquerading() {
	[ -z "$MASQ_NETS" ] && return
	for module in $MASQ_MODULES; do
		case $module in
		ftp)	/sbin/modprobe ip_masq_ftp ports=21 ;;
		*)	/sbin/modprobe ip_masq_$module ;;
		esac
	done
	for net in $MASQ_NETS; do
		for i in $PUBLIC_IFACES; do
			${IPCHAINS} -A forward -i $i -s $net -j MASQ
		done
	done
	if [ -n "$MASQ_TIMEOUTS" ]; then
		${IPCHAINS} -M -S $MASQ_TIMEOUTS
	fi
	proc 1 ip_forward
	is_yes "$ENABLE_DYNADDR" && proc 7 ip_dynaddr
	is_yes "$ALWAYS_DEFRAG" && proc 1 ip_always_defrag
	proc 0 ip_masq_debug
}

chains_forwarded() {
	[ -z "$FORWARDED_SERVICES" ] && return
	/usr/sbin/ipmasqadm portfw -f
	for entry in $FORWARDED_SERVICES; do
		# proto:port:host:port
		proto=`echo $entry | cut -d: -f1`
		port=`echo $entry | cut -d: -f2`
		host=`echo $entry | cut -d: -f3`
		rport=${entry##*:}
		${IPCHAINS} -A pub-in -p $proto -s $ANY -d $PUBLIC_ADDR $port -j ACCEPT
		/usr/sbin/ipmasqadm portfw -a -P $proto -L $PUBLIC_ADDR $port -R $host $rport
	done
}

chains_tos() {
	is_yes "$USE_TOS" || return 0
	for port in ssh telnet www ftp; do
		${IPCHAINS} -A pub-out -p tcp -s $ANY -d $ANY $port -t 0x01 0x10
	done
	${IPCHAINS} -A pub-out -p tcp -s $ANY -d $ANY ftp-data -t 0x01 0x08
	${IPCHAINS} -A pub-out -p tcp -s $ANY -d $ANY smtp -t 0x01 0x02
}

chains_last() {
	${IPCHAINS} -A pub-in -j $REJECT_METHOD $LOG_FLAG
	${IPCHAINS} -A int-in -j $REJECT_METHOD $LOG_FLAG
	# private addresses have no business outside
	for net in $INTERNAL_NETS; do
		${IPCHAINS} -A pub-out -d $net -j REJECT $LOG_FLAG
	done
	${IPCHAINS} -A pub-out -j ACCEPT
	${IPCHAINS} -A input -j $REJECT_METHOD $LOG_FLAG
	${IPCHAINS} -A forward -j $REJECT_METHOD $LOG_FLAG
}

start_ipchains() {
	[ -x ${IPCHAINS} ] || warn "no ${IPCHAINS}, trying anyway"
	chains_reset
	chains_policies
	chains_trusted
	chains_structure
	chains_spoofing
	chains_noise
	chains_audit
	chains_public_services
	chains_extra_services
	chains_forwarded
	chains_replies
	chains_icmp
	chains_internal
	chains_masquerading
	chains_tos
	chains_last
}

stop_ipchains() {
	proc 0 ip_forward
	chains_reset
	${IPCHAINS} -P forward $REJECT_METHOD
}

# ---------------------------------------------------------------------
# 5. iptables: the same in the other language
# ---------------------------------------------------------------------

IPTABLES=/sbin/iptables

# The log flag is a rule of its own here.
tables_refuse() {
	if [ -n "$LOG_FLAG" ]; then
		${IPTABLES} -A "$@" -m limit --limit 20/minute -j LOG --log-prefix "bulwark "
	fi
	${IPTABLES} -A "$@" -j $REJECT_METHOD
}

tables_reset() {
	for chain in INPUT OUTPUT FORWARD; do
		${IPTABLES} -P $chain ACCEPT
	done
	for table in filter nat mangle; do
		${IPTABLES} -t $table -F
		${IPTABLES} -t $table -X
	done
}

start_iptables() {
	/sbin/modprobe ip_conntrack 2>/dev/null
	for module in $MASQ_MODULES; do
		/sbin/modprobe ip_conntrack_$module 2>/dev/null
		/sbin/modprobe ip_nat_$module 2>/dev/null
	done
	tables_reset
	${IPTABLES} -P INPUT $POLICY
	${IPTABLES} -P FORWARD $POLICY
	${IPTABLES} -P OUTPUT ACCEPT

	for i in $TRUSTED_IFACES; do
		${IPTABLES} -A INPUT -i $i -j ACCEPT
	done
	${IPTABLES} -A INPUT -m state --state ESTABLISHED,RELATED -j ACCEPT
	${IPTABLES} -A FORWARD -m state --state ESTABLISHED,RELATED -j ACCEPT

	${IPTABLES} -N PUB_IN
	${IPTABLES} -N INT_IN
	for i in $PUBLIC_IFACES; do
		${IPTABLES} -A INPUT -i $i -j PUB_IN
	done
	for i in $INTERNAL_IFACES; do
		${IPTABLES} -A INPUT -i $i -j INT_IN
	done

	for net in $INTERNAL_NETS; do
		tables_refuse PUB_IN -s $net
	done
	for port in $QUIET_TCP_PORTS; do
		${IPTABLES} -A PUB_IN -p tcp --dport $port -j $REJECT_METHOD
	done
	for port in $QUIET_UDP_PORTS; do
		${IPTABLES} -A PUB_IN -p udp --dport $port -j $REJECT_METHOD
	done
	for port in $REJECT_TCP_PORTS; do
		${IPTABLES} -A PUB_IN -p tcp --dport $port -j REJECT --reject-with tcp-reset
	done
	for port in $AUDIT_TCP_PORTS; do
		tables_refuse PUB_IN -p tcp --syn --dport $port
	done
	for port in $AUDIT_UDP_PORTS; do
		tables_refuse PUB_IN -p udp --dport $port
	done
	for service in $TCP_PUBLIC_SERVICES; do
		${IPTABLES} -A PUB_IN -p tcp -d $PUBLIC_ADDR --dport $service -j ACCEPT
	done
	for service in $UDP_PUBLIC_SERVICES; do
		${IPTABLES} -A PUB_IN -p udp -d $PUBLIC_ADDR --dport $service -j ACCEPT
	done
	for host in $ADMIN_HOSTS; do
		for service in $TCP_ADMIN_SERVICES; do
			${IPTABLES} -A PUB_IN -p tcp -s $host --dport $service -j ACCEPT
		done
	done
	for type in $ICMP_ALLOWED; do
		${IPTABLES} -A PUB_IN -p icmp --icmp-type $type -j ACCEPT
	done
	tables_refuse PUB_IN

	for net in $INTERNAL_NETS; do
		for service in $TCP_INTERNAL_SERVICES; do
			${IPTABLES} -A INT_IN -p tcp -s $net --dport $service -j ACCEPT
		done
		for service in $UDP_INTERNAL_SERVICES; do
			${IPTABLES} -A INT_IN -p udp -s $net --dport $service -j ACCEPT
		done
		for type in $ICMP_ALLOWED_INTERNAL; do
			${IPTABLES} -A INT_IN -p icmp --icmp-type $type -s $net -j ACCEPT
		done
	done
	tables_refuse INT_IN

	for net in $MASQ_NETS; do
		for i in $PUBLIC_IFACES; do
			${IPTABLES} -A FORWARD -s $net -o $i -j ACCEPT
			${IPTABLES} -t nat -A POSTROUTING -s $net -o $i -j MASQUERADE
		done
	done
	for entry in $FORWARDED_SERVICES; do
		set -- `echo $entry | tr : ' '`
		${IPTABLES} -t nat -A PREROUTING -d $PUBLIC_ADDR -p $1 --dport $2 -j DNAT --to-destination $3:$4
		${IPTABLES} -A FORWARD -d $3 -p $1 --dport $4 -j ACCEPT
	done
	[ -n "$MASQ_NETS$FORWARDED_SERVICES" ] && proc 1 ip_forward
	tables_refuse FORWARD
}

stop_iptables() {
	proc 0 ip_forward
	tables_reset
}

# ---------------------------------------------------------------------
# 6. What the kernel can do by itself
# ---------------------------------------------------------------------

kernel_switches() {
	if is_yes "$ENABLE_SRC_VERIFY"; then
		for f in /proc/sys/net/ipv4/conf/*/rp_filter; do
			[ -w $f ] && echo 1 > $f
		done
	fi
	for f in /proc/sys/net/ipv4/conf/*/accept_source_route \
		 /proc/sys/net/ipv4/conf/*/accept_redirects; do
		[ -w $f ] && echo 0 > $f
	done
	is_yes "$ENABLE_SYNCOOKIES" && proc 1 tcp_syncookies
	proc 1 icmp_echo_ignore_broadcasts
	proc 1 icmp_ignore_bogus_error_responses
}

# ---------------------------------------------------------------------
# 7. Is everything there that the settings name?
# ---------------------------------------------------------------------

check_settings() {
	errors=0
	for i in $INTERNAL_IFACES; do
		for p in $PUBLIC_IFACES; do
			if [ "$i" = "$p" ]; then
				warn "$i is public and internal"
				errors=`expr $errors + 1`
			fi
		done
	done
	if [ -n "$MASQ_NETS" -a -z "$INTERNAL_IFACES" ]; then
		warn "MASQ_NETS without INTERNAL_IFACES"
		errors=$(($errors + 1))
	fi
	for entry in $FORWARDED_SERVICES; do
		case $entry in
		tcp:*:*:*|udp:*:*:*) ;;
		*)	warn "FORWARDED_SERVICES: $entry?"
			errors=$((errors+1)) ;;
		esac
	done
	return $errors
}

# ---------------------------------------------------------------------
# 8. Start here
# ---------------------------------------------------------------------

do_start() {
	check_settings || warn "starting nevertheless"
	echo -n "Raising the bulwark ($DIALECT): "
	kernel_switches
	start_$DIALECT
	[ -d /var/lock/subsys ] && touch $LOCKFILE
	echo "done."
}

do_stop() {
	echo -n "Lowering the bulwark: "
	stop_$DIALECT
	rm -f $LOCKFILE
	echo "done."
}

case "$1" in
start)
	read_settings
	do_start
	;;
stop)
	read_settings
	do_stop
	;;
restart|reload|force-reload)
	read_settings
	do_stop
	do_start
	;;
status)
	read_settings
	case $DIALECT in
	ipchains) ${IPCHAINS} -L -n -v ;;
	iptables) ${IPTABLES} -L -n -v; ${IPTABLES} -t nat -L -n -v ;;
	esac
	;;
test)
	read_settings
	check_settings && echo "settings are fine"
	;;
*)
	echo "Usage: $ME {start|stop|restart|status|test}"
	exit 2
	;;
esac
exit 0
