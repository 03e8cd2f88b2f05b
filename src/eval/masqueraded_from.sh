# masqueraded_from [!] ADDRESS [[!] DEVICE]: prints the devices whose own address is within
# ADDRESS, or with ! is not, and whose name is DEVICE, or with ! is not; a + at its end stands
# for any end. A packet masqueraded on the way out of a device has that address, but no rule
# of iptables gets to see it: rules come before masquerading.
masqueraded_from() { (
    _mf_wanted=0
    [ "$1" != ! ] || { _mf_wanted=1; shift; }
    _mf_named=yes
    [ "$2" != ! ] || { _mf_named=no; set -- "$1" "$3"; }
    case $1,$_mf_wanted,$_mf_named in
    */0,0,yes | */0.0.0.0,0,yes) echo "${2:-+}"; exit ;; # any/0 is every address.
    esac
    case $1 in
    */0 | */0.0.0.0) set -- 0/0 "$2" ;;
    *[!0-9./]*) echo "masqueraded_from: no translation for the address $1" >&2; exit ;;
    esac
    case $1 in
    */*.*) _mf_mask=$(masqueraded_number "${1#*/}") ;;
    */*) _mf_mask=$((0xffffffff << (32 - ${1#*/}) & 0xffffffff)) ;;
    *) _mf_mask=$((0xffffffff)) ;;
    esac
    ip -4 -o addr show primary | while read -r _mf_index _mf_device _mf_family _mf_address _mf_rest; do
        # The first address of a device is the one that masquerading takes.
        case " $_mf_seen " in *" $_mf_device "*) continue ;; esac
        _mf_seen="$_mf_seen $_mf_device"
        _mf_own=$(masqueraded_number "${_mf_address%/*}")
        _mf_differs=$((((_mf_own ^ $(masqueraded_number "${1%/*}")) & _mf_mask) != 0))
        _mf_fits=no
        case $2 in
        # Not quoted, since bash 5.2 would then take a single + for no name at all.
        *+) case $_mf_device in ${2%+}*) _mf_fits=yes ;; esac ;;
        "" | "$_mf_device") _mf_fits=yes ;;
        esac
        [ "$_mf_differs" != "$_mf_wanted" ] || [ "$_mf_fits" != "$_mf_named" ] || echo "$_mf_device"
    done
) }

# Prints the number that an address in four parts is; parts that are left out are 0, as for iptables.
masqueraded_number() { (
    IFS=.
    # shellcheck disable=SC2086
    set -- $1 0 0 0
    echo $((($1 << 24) + ($2 << 16) + ($3 << 8) + $4))
) }
