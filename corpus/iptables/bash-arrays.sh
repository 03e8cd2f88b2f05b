#!/bin/bash
#
# lxc-host: bridges, containers, and who may reach whom

set -euo pipefail
shopt -s nullglob

readonly UPLINK=eth0
readonly -a BRIDGES=(br-web br-db br-mail)
declare -A NET=(
	[br-web]=10.70.1.0/24
	[br-db]=10.70.2.0/24
	[br-mail]=10.70.3.0/24
)
# "from to proto port"
ALLOW=(
	"br-web br-db tcp 5432"
	"br-web br-mail tcp 25"
	"br-mail br-db tcp 5432"
)
# container port -> address:port
declare -A PUBLISH=([80]=10.70.1.2:80 [443]=10.70.1.2:443 [25]=10.70.3.2:25)

ipt() { command iptables -w "$@"; }

ipt -F; ipt -X; ipt -t nat -F
for chain in INPUT FORWARD; do ipt -P "$chain" DROP; done
ipt -P OUTPUT ACCEPT

base=(-m conntrack --ctstate)
ipt -A INPUT -i lo -j ACCEPT
ipt -A INPUT "${base[@]}" RELATED,ESTABLISHED -j ACCEPT
ipt -A FORWARD "${base[@]}" RELATED,ESTABLISHED -j ACCEPT
ipt -A INPUT -i "$UPLINK" -p tcp --dport 22 -s 192.0.2.0/24 -j ACCEPT
ipt -A INPUT -p icmp -j ACCEPT

for br in "${BRIDGES[@]}"; do
	ipt -A INPUT -i "$br" -s "${NET[$br]}" -p udp --dport 53 -j ACCEPT
	ipt -A FORWARD -i "$br" -o "$UPLINK" -s "${NET[$br]}" -j ACCEPT
	ipt -t nat -A POSTROUTING -s "${NET[$br]}" -o "$UPLINK" -j MASQUERADE
done

for entry in "${ALLOW[@]}"; do
	read -r from to proto port <<< "$entry"
	if [[ -n ${NET[$from]:-} && -n ${NET[$to]:-} ]]; then
		ipt -A FORWARD -i "$from" -o "$to" -p "$proto" --dport "$port" \
			"${base[@]}" NEW -j ACCEPT
	fi
done

for port in 25 80 443; do
	dest=${PUBLISH[$port]}
	ipt -t nat -A PREROUTING -i "$UPLINK" -p tcp --dport "$port" -j DNAT --to-destination "$dest"
	ipt -A FORWARD -i "$UPLINK" -p tcp -d "${dest%:*}" --dport "${dest#*:}" -j ACCEPT
done

(( ${#BRIDGES[@]} > 0 )) && ipt -A FORWARD -j REJECT --reject-with icmp-admin-prohibited
