#!@SHELL@
# @PACKAGE@ firewall, made from firewall.sh.in by configure
# Do not edit firewall.sh, edit firewall.sh.in.

prefix=@prefix@
IPCHAINS=@IPCHAINS@
EXTIF="@EXTIF@"
INTIF=@INTIF@

if test -x "$IPCHAINS"; then :; else
    echo "$0: $IPCHAINS not found, is this a 2.2 kernel?" >&2
fi

@IPCHAINS@ -F input
@IPCHAINS@ -P input DENY
@IPCHAINS@ -A input -i lo -j ACCEPT
@IPCHAINS@ -A input -i @INTIF@ -s @INTNET@ -j ACCEPT

$IPCHAINS -A input -i $EXTIF -p tcp -d @EXTIP@ 22 -j ACCEPT
$IPCHAINS -A input -i $EXTIF -p tcp -d @EXTIP@ @WEBPORT@ -j ACCEPT
$IPCHAINS -A input -i $EXTIF -p tcp ! -y -j ACCEPT
$IPCHAINS -A input -i $EXTIF -p udp -s @NAMESERVER@ 53 -j ACCEPT
%MASQ_RULES%
$IPCHAINS -A input -j DENY @LOGFLAG@
